// What all widgets' pages are made of: elements, buttons, a sheet above the rest, failures below. Text is text, never HTML.
import type { Class, Failure } from "./wire.ts";

export type Value = string | number | boolean | null | undefined | ((event: never) => unknown);

/** An element: attributes by name, `text` as text, "on…" as listeners, children after. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Value> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = String(value);
    else if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (name.startsWith("aria-")) element.setAttribute(name, String(value));
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

export const count = (number: number): string => number.toLocaleString("en");

export function swatch(one?: Pick<Class, "background">): HTMLElement {
  return make("span", { class: "im-swatch", style: `background:${one?.background ?? "transparent"}`, "aria-hidden": "true" });
}

export function button(label: string, hint: string, onclick: () => void, more: Record<string, Value> = {}): HTMLButtonElement {
  const key = hint ? [make("kbd", { text: hint, "aria-hidden": "true" })] : [];
  return make("button", { type: "button", tabindex: 0, onclick, ...more }, make("span", { text: label }), ...key);
}

/** Show a sheet with a title; `close` is called by its cross. */
export function fill(sheet: HTMLElement, title: string, close: () => void, content: HTMLElement): void {
  const shut = make("button", { type: "button", "aria-label": "Close", class: "im-small", text: "×", onclick: close });
  sheet.replaceChildren(
    make("div", { class: "im-card" }, make("div", { class: "im-card-head" }, make("strong", { text: title, dir: "auto" }), shut), content),
  );
  sheet.setAttribute("aria-label", title);
  sheet.hidden = false;
  sheet.focus({ preventScroll: true });
}

/** Bring a row into sight in its own list: the notebook around stays where it is. */
export function bring(list: HTMLElement, row: Element | null | undefined): void {
  if (!row) return;
  const [outer, inner] = [list.getBoundingClientRect(), row.getBoundingClientRect()];
  list.scrollTop += Math.min(0, inner.top - outer.top) || Math.max(0, inner.bottom - outer.bottom);
}

const SCROLLED: Record<string, number> = { ArrowUp: -40, ArrowDown: 40, PageUp: -400, PageDown: 400, " ": 400, Home: -1e6, End: 1e6 };

/** What a browser or the notebook does by itself: keys scroll, and undo what was typed in a cell; Shift and a press select cells. */
export function keepHands(root: HTMLElement): void {
  const keep = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey } = event;
    const target = event.target as Element;
    const card = target.closest(".im-sheet")?.firstElementChild;
    const isScrolled = card && key in SCROLLED && !target.matches("input, button");
    if (isScrolled) card.scrollTop += SCROLLED[key]!;
    if (isScrolled || key.startsWith("Page") || ((ctrlKey || metaKey) && /^[zy]$/i.test(key))) event.preventDefault();
  };
  root.addEventListener("keydown", keep, { capture: true });
  root.addEventListener("mousedown", (event) => event.shiftKey && event.stopPropagation());
}

/** A click may take away or disable what has the keyboard: `home` has it then, and no key goes astray to the notebook. */
export function keepKeyboard(root: HTMLElement, home: HTMLElement): void {
  keepHands(root);
  root.addEventListener("click", () => {
    const at = document.activeElement;
    if (!at || at === document.body || at.matches(":disabled")) home.focus({ preventScroll: true });
  });
}

export function showFailures(box: HTMLElement, failures: Failure[]): void {
  box.replaceChildren(
    ...failures.map(({ sentence, detail }) =>
      make(
        "details",
        {},
        make("summary", { text: sentence }),
        make("pre", { text: detail || "No more is known." }),
      ),
    ),
  );
}
