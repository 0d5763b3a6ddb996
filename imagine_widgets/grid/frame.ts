// The parts of the grid's page that stay: head, classes, pictures, choices, help.
import { button, fill, make, swatch } from "../elements.ts";
import { HELP } from "./keys.ts";
import type { Look } from "./wire.ts";

export type Act = (name: string, detail?: string | number) => void;
export type Parts = ReturnType<typeof frame>;

/** Every part by name; `act(name, detail)` is called for what the mouse asks. */
export function frame(act: Act) {
  const lasting = {
    counts: make("span", { class: "im-counts" }),
    speed: make("span", { class: "im-muted" }),
    saved: make("span", { class: "im-saved" }),
    bar: make("div", { class: "im-bar-done" }),
    rail: make("div", { class: "im-rail", role: "tablist", "aria-orientation": "vertical", "aria-label": "Predicted classes" }),
    title: make("div", { class: "im-title" }),
    where: make("span", { class: "im-where" }),
    cells: make("div", { class: "im-cells", role: "grid", "aria-label": "Pictures", "aria-multiselectable": "true" }),
    choices: make("div", { class: "im-choices", role: "group" }),
    accept: button("", "Enter", () => act("accept"), { class: "im-main-button" }),
    undo: button("Undo", "U", () => act("undo")),
    redo: button("Redo", "R", () => act("redo")),
    orders: make("div", { class: "im-orders", role: "radiogroup", "aria-label": "Order within the class" }),
    live: make("div", { class: "im-unseen", role: "status", "aria-live": "polite" }),
    failures: make("div", { class: "im-failures", role: "alert" }),
    sheet: make("div", { class: "im-sheet", role: "dialog", "aria-modal": "true", tabindex: -1, hidden: true }),
  };
  const scroll = make("div", { class: "im-scroll" }, lasting.cells);
  const parts = { ...lasting, scroll };
  const head = make(
    "div",
    { class: "im-head" },
    make("strong", { text: "Review" }),
    parts.counts,
    make("div", { class: "im-bar", "aria-hidden": "true" }, parts.bar),
    parts.speed,
    parts.saved,
  );
  const small = (label: string, words: string, name: string, detail: number) =>
    button(label, "", () => act(name, detail), { "aria-label": words, title: words, class: "im-small" });
  const sizes = [small("−", "Smaller pictures", "size", -1), small("+", "Larger pictures", "size", 1)];
  const whole = button("Whole class", "W", () => act("whole"), { class: "im-small im-whole", "aria-pressed": "false" });
  const help = button("Keys", "?", () => act("help"), { class: "im-small" });
  const turning = [small("‹", "Page before", "turn", -1), parts.where, small("›", "Next page", "turn", 1)];
  const panel = make(
    "div",
    { class: "im-panel", role: "tabpanel" },
    make("div", { class: "im-top" }, parts.title, parts.orders, make("div", { class: "im-turning" }, ...sizes, whole, help)),
    parts.scroll,
    parts.choices,
    make("div", { class: "im-actions" }, parts.accept, parts.undo, parts.redo, make("div", { class: "im-turning im-end" }, ...turning)),
  );
  const root = make(
    "div",
    { class: "im-grid", tabindex: -1, role: "group", "aria-label": "Review grid", "data-lm-suppress-shortcuts": "true" },
    head,
    make("div", { class: "im-body" }, parts.rail, panel),
    parts.live,
    parts.failures,
    parts.sheet,
  );
  return { ...parts, root };
}

export function helpSheet(sheet: HTMLElement, close: () => void): void {
  const rows = HELP.map(([keys, what]) =>
    make("tr", {}, make("th", { scope: "row" }, make("kbd", { text: keys })), make("td", { text: what })),
  );
  fill(sheet, "Keys", close, make("table", {}, make("tbody", {}, ...rows)));
}

export function closerSheet(sheet: HTMLElement, close: () => void, message: Look, isScored: boolean): void {
  const url = message.why ? "" : URL.createObjectURL(new Blob([message.picture]));
  const image = make("img", { alt: message.name, draggable: "false" });
  image.onload = () => {
    const grown = Math.min(6, 420 / Math.max(image.naturalWidth, image.naturalHeight));
    image.style.width = `${Math.round(image.naturalWidth * grown)}px`;
    URL.revokeObjectURL(url);
  };
  if (url) image.src = url;
  const guesses = message.scores.map(([title, score, background]) =>
    make(
      "tr",
      {},
      make("td", {}, swatch({ background })),
      make("th", { scope: "row", text: title, dir: "auto" }),
      make("td", { text: isScored ? `${Math.round(score * 100)} %` : "" }),
    ),
  );
  const facts = make("div", { class: "im-facts" }, make("p", { text: message.facts }));
  if (guesses.length) facts.append(make("p", { text: "The model's guesses" }), make("table", {}, make("tbody", {}, ...guesses)));
  const picture = make("div", { class: "im-ground" }, message.why ? make("p", { text: message.why }) : image);
  fill(sheet, message.name, close, make("div", { class: "im-closer" }, picture, facts));
}
