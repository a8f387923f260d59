// Charts that can be zoomed, over the drawn ones. The address always says what is shown.
import { swap } from "/static/portal.js";

const HEIGHT = 280;
const REFRESH_MS = 15_000;
const DASHES = [[], [8, 4], [2, 3], [12, 4, 2, 4], [5, 5], [1, 4], [14, 3], [6, 2, 2, 2]];

const loaded = (tag, attributes) =>
  new Promise((done, failed) => {
    const element = Object.assign(document.createElement(tag), attributes, { onload: done, onerror: failed });
    tag === "link" ? document.head.prepend(element) : document.head.append(element);
  });
let library = null;
const load = () =>
  (library ??= Promise.all([loaded("script", { src: "/static/vendor/uplot.js" }), loaded("link", { rel: "stylesheet", href: "/static/vendor/uplot.css" })]));

// Colours live in the style sheet; a probe reads them as they are now, light or dark.
const colour = (name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.className = `probe ${name}`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};
const faint = (text, part = ".16") => text.replace(/^rgb\((.*)\)$/, `rgb($1 / ${part})`).replaceAll(",", " ");

const MINUTE = 60, HOUR = 3600, DAY = 86_400;
const formatter = (zone, options) => {
  const format = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { timeZone: zone, ...options });
  return (seconds) => format.format(seconds * 1000);
};
const clocks = (zone) => ({
  full: formatter(zone, { dateStyle: "medium", timeStyle: "short" }),
  time: formatter(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  day: formatter(zone, { day: "numeric", month: "short" }),
  month: formatter(zone, { month: "short", year: "numeric" }),
});
const labels = (clock) => (_, splits, __, ___, step) =>
  splits.map((at) => {
    if (step >= 28 * DAY) return clock.month(at);
    const time = clock.time(at);
    return step >= DAY || time === "00:00" ? clock.day(at) : time;
  });

const lookAt = (from, to) => {
  const address = new URL(location.href);
  for (const name of ["range", "page"]) address.searchParams.delete(name);
  const text = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19) + "Z";
  address.searchParams.set("from", text(from));
  address.searchParams.set("to", text(to));
  swap(address).catch(() => location.assign(address));
};

const seriesOf = (line, index, chart, said) => {
  const stroke = colour(`s${index + 1}`);
  const number = (_, value) => (value == null ? "–" : `${said.format(value)} ${chart.unit}`);
  const shown = { label: line.label, stroke, width: 2, value: number, dash: chart.lines.length > 1 ? DASHES[index] : [], points: { show: line.values.length <= 80 ? true : undefined } };
  return chart.bars ? { ...shown, fill: faint(stroke, ".7"), paths: uPlot.paths.bars({ size: [0.8, 240] }), points: { show: false } } : shown;
};

const dataOf = (chart) => {
  const tables = chart.lines.map((line) => [line.times, line.values]);
  // Between values of another line there is no gap, only nothing of this one.
  const joined = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const [only] = chart.lines;
  return chart.lines.length === 1 && only.low ? [...joined, only.low, only.high] : joined;
};

const optionsOf = (box, points, chart) => {
  const clock = clocks(points.zone);
  const said = new Intl.NumberFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { maximumSignificantDigits: 6 });
  const data = dataOf(chart);
  const series = chart.lines.map((line, index) => seriesOf(line, index, chart, said));
  const banded = data.length > series.length + 1;
  const edge = (label) => ({ label, stroke: "transparent", width: 0, points: { show: false }, value: (_, value) => (value == null ? "–" : said.format(value)) });
  const line = colour("chart-line");
  const axis = { stroke: colour("chart-text"), grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "13px system-ui, sans-serif" };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), points.zone),
    series: [{ value: (_, at) => (at == null ? "–" : clock.full(at)), label: points.words.time }, ...series, ...(banded ? [edge(points.words.low), edge(points.words.high)] : [])],
    bands: banded ? [{ series: [3, 2], fill: faint(series[0].stroke) }] : [],
    scales: { x: { min: points.start, max: points.end }, y: { range: [chart.low, chart.high] } },
    axes: [
      { ...axis, values: labels(clock), space: 72 },
      { ...axis, values: (_, splits) => splits.map((value) => said.format(value)), size: (_, values) => 14 + 8 * Math.max(2, ...(values ?? []).map((value) => value.length)) },
    ],
    cursor: { drag: { x: true, y: false, setScale: false } },
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width > 4) lookAt(plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x"));
        },
      ],
    },
  };
};

const draw = (box, points) => {
  const chart = points.charts[box.dataset.drawn];
  if (!chart) return;
  const still = box.querySelector("svg.plot");
  // What the drawn chart says in words goes on saying it.
  const words = still?.querySelector("desc")?.textContent ?? "";
  const name = still?.querySelector("title")?.textContent ?? "";
  still?.setAttribute("hidden", "");
  // The chart brings a legend of its own, with the values under the pointer.
  box.closest("figure").querySelector(".legend")?.setAttribute("hidden", "");
  box.querySelector(".uplot")?.remove();
  const plot = new uPlot(optionsOf(box, points, chart), dataOf(chart), box);
  plot.root.setAttribute("role", "img");
  plot.root.setAttribute("aria-label", `${name}. ${words.replaceAll(/\s+/g, " ").trim()}`);
  box.closest("figure").querySelector(".zoomhint")?.removeAttribute("hidden");
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
};

const drawAll = async () => {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  if (!boxes.length) return;
  boxes.forEach((box, index) => (box.dataset.drawn = index));
  const [answer] = await Promise.all([fetch(boxes[0].dataset.points), load()]);
  const points = await answer.json();
  for (const box of boxes) if (box.isConnected) draw(box, points);
};

let last = 0;
const refresh = () => {
  const results = document.querySelector("#results[data-relative]");
  if (!results?.dataset.relative || Date.now() - last < REFRESH_MS || results.contains(document.activeElement) || getSelection().toString()) return;
  last = Date.now();
  swap(location.href, false).catch(() => {});
};

export const start = () => {
  last = Date.now();
  for (const field of document.querySelectorAll("[data-sets]"))
    field.oninput = () => (document.getElementById(field.dataset.sets).value = "");
  return drawAll().catch(() => {});
};
document.addEventListener("hanze:changed", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll().catch(() => {}));
