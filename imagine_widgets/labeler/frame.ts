// The parts of the labeler's page that stay: head, tools, picture, labels, regions, look, foot.
import { button, fill, make } from "../elements.ts";
import { HELP, MODES } from "./keys.ts";

export type Act = (name: string, detail?: string | number) => void;
export type Parts = ReturnType<typeof frame>;

/** Every part by name; `act(name, detail)` is called for what the mouse asks. */
export function frame(act: Act) {
  const parts = {
    name: make("bdi", { class: "im-name", dir: "auto" }),
    where: make("span", { class: "im-where" }),
    saved: make("span", { class: "im-saved" }),
    stage: make("div", { class: "im-stage", role: "application", tabindex: 0, "aria-label": "Picture with regions" }),
    why: make("p", { class: "im-why", role: "alert", hidden: true }),
    search: make("input", { type: "search", class: "im-search", placeholder: "Search labels", "aria-label": "Search labels" }),
    labels: make("div", { class: "im-labels", role: "listbox", "aria-label": "Labels" }),
    count: make("span", { class: "im-muted" }),
    regions: make("div", { class: "im-list", role: "listbox", "aria-label": "Regions", tabindex: 0 }),
    looks: make("div", { class: "im-looks" }),
    place: make("span", { class: "im-muted im-place" }),
    undo: button("Undo", "U", () => act("undo")),
    live: make("div", { class: "im-unseen", role: "status", "aria-live": "polite" }),
    failures: make("div", { class: "im-failures", role: "alert" }),
    sheet: make("div", { class: "im-sheet", role: "dialog", "aria-modal": "true", tabindex: -1, hidden: true }),
  };
  const modes = MODES.map(([mode, key, title]) =>
    button(title, key.toUpperCase(), () => act("mode", mode), { class: "im-mode", "data-mode": mode, "aria-pressed": "false" }),
  );
  const small = (label: string, words: string, name: string, detail?: number): HTMLElement =>
    button(label, "", () => act(name, detail), { "aria-label": words, title: words, class: "im-small" });
  const turning = [small("‹", "Picture before", "turn", -1), parts.where, small("›", "Next picture", "turn", 1)];
  const zooming = [small("−", "Farther", "zoom", 1 / 1.5), small("+", "Closer", "zoom", 1.5), small("⤢", "Whole picture", "whole")];
  const head = make("div", { class: "im-head" }, make("strong", { text: "Label" }), parts.name, ...turning, parts.saved);
  const tools = make("div", { class: "im-tools", role: "toolbar", "aria-label": "Tools" }, ...modes, parts.undo, ...zooming);
  tools.append(button("Keys", "?", () => act("help"), { class: "im-small" }));
  const side = make(
    "div",
    { class: "im-side" },
    parts.search,
    parts.labels,
    make("div", { class: "im-list-head" }, make("span", { text: "Regions" }), parts.count),
    parts.regions,
    parts.looks,
  );
  const picture = make("div", { class: "im-picture" }, parts.stage, parts.why, parts.place);
  const root = make(
    "div",
    { class: "im-grid im-labeler", tabindex: -1, role: "group", "aria-label": "Labeler", "data-lm-suppress-shortcuts": "true" },
    head,
    tools,
    make("div", { class: "im-work" }, picture, side),
    parts.live,
    parts.failures,
    parts.sheet,
  );
  return { ...parts, modes, root };
}

export function helpSheet(sheet: HTMLElement, close: () => void): void {
  const rows = HELP.map(([keys, what]) =>
    make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: keys })), make("td", { text: what })),
  );
  fill(sheet, "Keys", close, make("table", {}, make("tbody", {}, ...rows)));
}

type Range = [from: number, to: number, step: number];

/** A slider with its name; `moved` hears every move. */
export function slider(name: string, range: Range, value: number, moved: (value: number) => void): HTMLElement {
  const [min, max, step] = range;
  const input = make("input", { type: "range", min, max, step, value, "aria-label": name });
  input.addEventListener("input", () => moved(Number(input.value)));
  return make("label", { class: "im-slider" }, make("span", { text: name }), input);
}
