// Values as they come. The page says which entities it shows; what changed is put in its place.
const PAUSED = "hanze-live";
const RETRY_MS = 30_000;
let source = null;
let later = 0;

const paused = () => sessionStorage.getItem(PAUSED) === "paused";

const show = (state) => {
  for (const box of document.querySelectorAll("[data-live-switch]")) {
    const [said, button] = box.children;
    box.hidden = false;
    box.dataset.state = state;
    said.textContent = said.dataset[state];
    button.textContent = paused() ? button.dataset.resume : button.dataset.pause;
  }
};

const put = (place, html) => {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const changed = fresh.content.textContent.trim() !== place.textContent.trim();
  // Who stands on something in it stays there.
  if (place.contains(document.activeElement) || fresh.innerHTML.trim() === place.innerHTML.trim()) return;
  place.replaceChildren(fresh.content);
  if (!changed || place.dataset.part === "moment" || place.dataset.part.startsWith("time/")) return;
  place.classList.remove("changed");
  void place.offsetWidth; // Without this the browser would not begin the highlight anew.
  place.classList.add("changed");
};

const take = (event) => {
  const { entity, parts } = JSON.parse(event.data);
  for (const box of document.querySelectorAll(`[data-live-entity="${CSS.escape(entity)}"]`))
    for (const place of box.querySelectorAll("[data-part]"))
      if (place.dataset.part in parts) put(place, parts[place.dataset.part]);
  document.dispatchEvent(new CustomEvent("hanze:changed", { detail: entity }));
};

const stop = () => {
  clearTimeout(later);
  source?.close();
  source = null;
};

const start = () => {
  stop();
  const boxes = [...document.querySelectorAll("[data-live-entity]")];
  if (!boxes.length) return;
  const asked = new URLSearchParams([...new Set(boxes.map((box) => box.dataset.liveEntity))].map((id) => ["entity", id]));
  asked.set("show", boxes[0].dataset.liveShow ?? "row");
  source = new EventSource(`/${document.documentElement.lang}/live?${asked}`);
  source.onopen = () => show("live");
  source.onmessage = take;
  source.onerror = () => {
    show("lost");
    // Refused, not only interrupted: the browser does not try again by itself.
    if (source?.readyState === EventSource.CLOSED) later = setTimeout(start, RETRY_MS * (1 + Math.random()));
  };
};

const choose = () => {
  if (paused() || document.hidden) {
    stop();
    show("paused");
  } else start();
};

export const follow = () => {
  for (const box of document.querySelectorAll("[data-live-switch]"))
    box.querySelector("button").onclick = () => {
      sessionStorage.setItem(PAUSED, paused() ? "" : "paused");
      choose();
    };
  choose();
};
// A page that nobody looks at asks for nothing.
document.addEventListener("visibilitychange", choose);
