// The parts that stay on the page of every widget that draws regions: stage, labels, list of regions, help, failures.
import { fill, keepKeyboard, make } from "../elements.ts";
import { newId } from "../outbox.ts";
import { HELP, type Help } from "./keys.ts";

export type Parts = ReturnType<typeof partsOf>;

export function partsOf(stage: string) {
  const list = `im-${newId()}`;
  const sought = { role: "combobox", "aria-expanded": "true", "aria-autocomplete": "list", "aria-controls": list, autocomplete: "off", spellcheck: "false" };
  return {
    name: make("bdi", { class: "im-name", dir: "auto" }),
    speed: make("span", { class: "im-muted im-speed" }),
    saved: make("span", { class: "im-saved" }),
    stage: make("div", { class: "im-stage", role: "application", tabindex: 0, "aria-label": stage }),
    why: make("p", { class: "im-why", role: "alert", hidden: true }),
    place: make("span", { class: "im-muted im-place" }),
    looks: make("div", { class: "im-looks" }),
    search: make("input", { type: "search", class: "im-search", placeholder: "Search labels", "aria-label": "Search labels", dir: "auto", ...sought }),
    labels: make("div", { class: "im-labels", id: list, role: "listbox", "aria-label": "Labels" }),
    count: make("span", { class: "im-muted" }),
    regions: make("div", { class: "im-list", role: "listbox", "aria-label": "Regions", tabindex: 0 }),
    live: make("div", { class: "im-unseen", role: "status", "aria-live": "polite" }),
    failures: make("div", { class: "im-failures", role: "alert" }),
    sheet: make("div", { class: "im-sheet", role: "dialog", "aria-modal": "true", tabindex: -1, hidden: true }),
  };
}

/** What stands beside the picture. */
export function sideOf({ search, labels, count, regions, looks }: Parts): HTMLElement {
  const head = make("div", { class: "im-list-head" }, make("span", { text: "Regions" }), count);
  return make("div", { class: "im-side" }, search, labels, head, regions, looks);
}

/** The whole widget: head, tools, work, and what lies below and above it. */
export function rootOf({ stage, live, failures, sheet }: Parts, title: string, more: string, ...content: HTMLElement[]): HTMLElement {
  const attributes = { tabindex: -1, role: "group", "aria-label": title, "data-lm-suppress-shortcuts": "true" };
  const root = make("div", { class: `im-grid im-labeler ${more}`.trim(), ...attributes }, ...content, live, failures, sheet);
  keepKeyboard(root, stage);
  return root;
}

export function helpSheet(sheet: HTMLElement, own: Help, close: () => void): void {
  const rows = [...own, ...HELP].map(([keys, what]) =>
    make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: keys })), make("td", { text: what })),
  );
  fill(sheet, "Keys", close, make("table", {}, make("tbody", {}, ...rows)));
}

/** A slider with its name; `moved` hears every move. */
export function slider(name: string, range: [from: number, to: number, step: number], value: number, moved: (value: number) => void): HTMLElement {
  const [min, max, step] = range;
  const input = make("input", { type: "range", min, max, step, value, "aria-label": name });
  input.addEventListener("input", () => moved(Number(input.value)));
  return make("label", { class: "im-slider" }, make("span", { text: name }), input);
}
