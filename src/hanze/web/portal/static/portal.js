// Everything works without this file; it only saves loading a page anew, and starts the large map.
export const swap = async (address, push = true) => {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, fresh] = [document, page].map((one) => one.getElementById("results"));
  if (!old || !fresh || page.querySelector("h1")?.textContent !== document.querySelector("h1")?.textContent)
    return location.assign(address);
  const inside = old.contains(document.activeElement);
  old.replaceWith(fresh);
  // Who chose something within the results goes on there, not at the top of the page.
  if (inside) fresh.querySelector("#found[tabindex]")?.focus();
  document.title = page.title;
  if (push) history.pushState({}, "", answer.url);
  ready();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("#results a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  swap(link.href).catch(() => location.assign(link.href));
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-swap]")) return;
  event.preventDefault();
  const address = `${event.target.action}?${new URLSearchParams(new FormData(event.target))}`;
  swap(address).catch(() => location.assign(address));
});
addEventListener("popstate", () => document.getElementById("results") && swap(location.href, false));

const ready = () => {
  for (const button of document.querySelectorAll("button[data-map]")) {
    const open = () => import("/static/map.js").then((module) => module.start(button));
    button.hidden = false;
    button.addEventListener("click", open, { once: true });
    if (location.hash.startsWith("#map=")) open();
  }
  if (document.querySelector("[data-chart], [data-sets]")) import("/static/history.js").then((module) => module.start());
  if (document.querySelector("[data-live-switch]")) import("/static/live.js").then((module) => module.follow());
};
ready();
