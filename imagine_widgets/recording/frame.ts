// The parts of a recording's page that stay: head, tools, stage with its strip, labels, regions.
import { button, fill, make } from "../elements.ts";
import { HELP } from "./keys.ts";

export type Act = (name: string, detail?: string | number) => void;
export type Parts = ReturnType<typeof frame>;
export type Tool = [label: string, key: string, action: string, detail?: string | number];

/** Every part by name; `act(name, detail)` is called for what the mouse asks. A tool with the action "mode" stays pressed. */
export function frame(title: string, tools: Tool[], act: Act) {
  const marks = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  marks.classList.add("im-marks");
  marks.setAttribute("aria-hidden", "true");
  const parts = {
    name: make("bdi", { class: "im-name", dir: "auto" }),
    saved: make("span", { class: "im-saved" }),
    stage: make("div", { class: "im-stage", role: "application", tabindex: 0, "aria-label": `${title} with regions` }),
    ground: make("canvas", { class: "im-regions", "aria-hidden": "true" }),
    marks,
    why: make("p", { class: "im-why", role: "alert", hidden: true }),
    place: make("span", { class: "im-muted im-place" }),
    strip: make("canvas", { class: "im-strip", role: "slider", tabindex: 0, "aria-label": "Time" }),
    clock: make("span", { class: "im-clock" }),
    looks: make("div", { class: "im-looks" }),
    search: make("input", { type: "search", class: "im-search", placeholder: "Search labels", "aria-label": "Search labels" }),
    labels: make("div", { class: "im-labels", role: "listbox", "aria-label": "Labels" }),
    count: make("span", { class: "im-muted" }),
    regions: make("div", { class: "im-list", role: "listbox", "aria-label": "Regions", tabindex: 0 }),
    live: make("div", { class: "im-unseen", role: "status", "aria-live": "polite" }),
    failures: make("div", { class: "im-failures", role: "alert" }),
    sheet: make("div", { class: "im-sheet", role: "dialog", "aria-modal": "true", tabindex: -1, hidden: true }),
  };
  const buttons = tools.map(([label, key, action, detail]) => {
    const isMode = action === "mode";
    const more = { class: "im-mode", "data-action": action, "data-mode": isMode ? detail : null, ...(isMode && { "aria-pressed": "false" }) };
    return button(label, key, () => act(action, detail), more);
  });
  const foot = make("div", { class: "im-foot" }, parts.clock, parts.strip);
  const side = make(
    "div",
    { class: "im-side" },
    parts.search,
    parts.labels,
    make("div", { class: "im-list-head" }, make("span", { text: "Regions" }), parts.count),
    parts.regions,
    parts.looks,
  );
  parts.stage.append(parts.ground, marks);
  const picture = make("div", {}, make("div", { class: "im-picture" }, parts.stage, parts.why, parts.place), foot);
  const root = make(
    "div",
    { class: "im-grid im-labeler im-recording", tabindex: -1, role: "group", "aria-label": title, "data-lm-suppress-shortcuts": "true" },
    make("div", { class: "im-head" }, make("strong", { text: title }), parts.name, parts.saved),
    make("div", { class: "im-tools", role: "toolbar", "aria-label": "Tools" }, ...buttons),
    make("div", { class: "im-work" }, picture, side),
    parts.live,
    parts.failures,
    parts.sheet,
  );
  return { ...parts, buttons, root };
}

export function helpSheet(sheet: HTMLElement, own: [string, string][], close: () => void): void {
  const rows = [...own, ...HELP].map(([keys, what]) =>
    make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: keys })), make("td", { text: what })),
  );
  fill(sheet, "Keys", close, make("table", {}, make("tbody", {}, ...rows)));
}

/** A slider with its name; `moved` hears every move. */
export function slider(name: string, range: [number, number, number], value: number, moved: (value: number) => void): HTMLElement {
  const [min, max, step] = range;
  const input = make("input", { type: "range", min, max, step, value, "aria-label": name });
  input.addEventListener("input", () => moved(Number(input.value)));
  return make("label", { class: "im-slider" }, make("span", { text: name }), input);
}
