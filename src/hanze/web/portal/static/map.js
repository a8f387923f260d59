// The interactive map, on demand: MapLibre over the node's own data, nothing from elsewhere.
import * as maplibre from "/static/vendor/maplibre-gl.mjs";

maplibre.setWorkerUrl("/static/vendor/maplibre-gl-worker.mjs");
const THEMES = ["traffic", "parking", "light", "air", "water", "green", "place", "other"];

// Colours live in the style sheet; a probe reads them as they are now, light or dark.
const colour = (name) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.className = `probe ${name}`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

const layersOf = () => {
  const filter = (name) => ["==", ["get", "layer"], name];
  const fill = (name) => ({ id: name, type: "fill", source: "base", filter: filter(name), paint: { "fill-color": colour(name === "city" ? "map-land" : `map-${name}`) } });
  const themed = ["match", ["get", "theme"], ...THEMES.flatMap((name) => [name, colour(`theme-${name}`)]), colour("theme-other")];
  const clustered = ["has", "point_count"];
  const edge = colour("map-edge");
  return [
    { id: "sea", type: "background", paint: { "background-color": colour("map-sea") } },
    { ...fill("land"), maxzoom: 9 },
    ...["city", "district", "green", "water"].map(fill),
    { id: "borders", type: "line", source: "base", filter: filter("district"), paint: { "line-color": edge } },
    { id: "road", type: "line", source: "base", filter: filter("road"), paint: { "line-color": colour("map-road"), "line-width": 2 } },
    { id: "lines", type: "line", source: "shapes", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": themed, "line-width": 3 } },
    { id: "areas", type: "fill", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": themed, "fill-opacity": 0.35 } },
    { id: "clusters", type: "circle", source: "places", filter: clustered, paint: { "circle-color": colour("theme-mixed"), "circle-radius": ["step", ["get", "point_count"], 12, 50, 18, 500, 26], "circle-opacity": 0.85 } },
    { id: "points", type: "circle", source: "places", filter: ["all", ["!", clustered], ["==", ["geometry-type"], "Point"]], paint: { "circle-color": themed, "circle-radius": 6, "circle-stroke-color": edge, "circle-stroke-width": 1.5 } },
  ];
};

const boundsOf = (features) => {
  const bounds = new maplibre.LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? bounds.extend(part.slice(0, 2)) : part.forEach(walk));
  features.forEach((feature) => walk(feature.geometry.coordinates));
  return bounds;
};

const title = (feature) => {
  const link = document.createElement("a");
  link.href = feature.properties.href;
  link.textContent = feature.properties.title;
  return link;
};

const stylesheet = (href) =>
  new Promise((done) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
    document.head.prepend(link);
  });

export const start = async (button) => {
  const [zoomIn, zoomOut, north, name] = button.dataset.zoom.split("|");
  const places = await (await fetch(button.dataset.map)).json();
  const frame = button.closest("figure").querySelector(".frame");
  const still = [...frame.children];
  await stylesheet("/static/vendor/maplibre-gl.css");
  frame.classList.add("live");
  const style = {
    version: 8,
    sources: {
      base: { type: "geojson", data: button.dataset.base },
      places: { type: "geojson", data: places, cluster: true, clusterRadius: 44, clusterMaxZoom: 15 },
      shapes: { type: "geojson", data: places },
    },
    layers: layersOf(),
  };
  const map = new maplibre.Map({
    container: frame,
    style,
    hash: "map",
    bounds: places.features.length ? boundsOf(places.features) : undefined,
    fitBoundsOptions: { padding: 40, maxZoom: 16 },
    attributionControl: false,
    locale: { "NavigationControl.ZoomIn": zoomIn, "NavigationControl.ZoomOut": zoomOut, "NavigationControl.ResetBearing": north, "Map.Title": name },
  });
  still.forEach((part) => part.remove());
  button.closest(".controls").remove();
  map.addControl(new maplibre.NavigationControl(), "top-right");
  map.on("click", "clusters", (event) => map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 }));
  for (const layer of ["points", "lines", "areas"])
    map.on("click", layer, (event) => new maplibre.Popup().setLngLat(event.lngLat).setDOMContent(title(event.features[0])).addTo(map));
  for (const layer of ["points", "lines", "areas", "clusters"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.setStyle({ ...style, layers: layersOf() }));
};
