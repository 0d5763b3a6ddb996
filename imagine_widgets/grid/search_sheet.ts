// The sheet in which a person types a few letters of a class: Enter labels with it, Shift + 1 to 9 lays it on that key.
import { bring, fill, make, swatch } from "../elements.ts";
import { Search } from "./search.ts";
import { keyOf } from "./sides.ts";
import type { GridState } from "./state.ts";

const MOST = 12;

/** What the grid does with a class that was found. */
interface Asked {
  label(label: number): void;
  close(): void;
  say(words: string): void;
}

export class SearchSheet {
  readonly state: GridState;
  readonly sheet: HTMLElement;
  readonly asked: Asked;
  readonly input: HTMLInputElement;
  readonly list = make("div", { class: "im-found", role: "listbox", id: `im-${Math.random().toString(36).slice(2)}`, "aria-label": "Classes" });
  readonly often = new Map<number, number>();
  search = new Search([]);
  found: number[] = [];
  at = 0;

  constructor(state: GridState, sheet: HTMLElement, asked: Asked) {
    this.state = state;
    this.sheet = sheet;
    this.asked = asked;
    this.input = make("input", {
      type: "text",
      class: "im-input",
      role: "combobox",
      placeholder: "a few letters: cafi finds Calanus finmarchicus",
      dir: "auto",
      spellcheck: "false",
      autocomplete: "off",
      "aria-label": "Find a class",
      "aria-expanded": "true",
      "aria-controls": this.list.id,
      "aria-autocomplete": "list",
      oninput: () => this.state.guard(() => this.typed()),
    });
  }

  get isOpen(): boolean {
    return this.sheet.contains(this.input);
  }

  open(what: string): void {
    this.search = new Search(this.state.classes);
    this.often.clear();
    const { shown, predicted } = this.state;
    for (let row = 0; row < shown.length; row++) {
      const label = shown[row]! < 0 ? predicted[row]! : shown[row]!;
      this.often.set(label, (this.often.get(label) ?? 0) + 1);
    }
    const hint = make("p", { class: "im-muted", text: "Enter labels · ↑ ↓ choose · Shift + 1…9 lays it on a key · Esc closes" });
    this.input.value = "";
    fill(this.sheet, what, () => this.asked.close(), make("div", { class: "im-search" }, this.input, this.list, hint));
    this.look();
    this.input.focus({ preventScroll: true });
  }

  typed(): void {
    this.state.acts++;
    this.look();
  }

  /** What matches; before anything is typed, what was used last and what there is most of. */
  look(): void {
    const often = (label: number): number => this.often.get(label) ?? 0;
    const used = (label: number): number => this.state.used.get(label) ?? 0;
    const known = [...new Set([...this.state.used.keys(), ...this.often.keys()])].filter((label) => label >= 0);
    known.sort((a, b) => used(b) - used(a) || often(b) - often(a));
    this.found = this.input.value.trim() ? this.search.find(this.input.value, often, MOST) : known.slice(0, MOST);
    this.at = 0;
    this.draw();
  }

  draw(): void {
    const rows = this.found.map((label, i) => this.option(label, i));
    const nothing = make("p", { class: "im-muted", text: "No class is called so" });
    this.list.replaceChildren(...(rows.length ? rows : [nothing]));
    const here = rows[this.at];
    this.input.setAttribute("aria-activedescendant", here?.id ?? "");
    bring(this.list, here);
  }

  option(label: number, i: number): HTMLElement {
    const one = this.state.classes[label]!;
    const key = keyOf(this.state, label);
    const above = (one.parents ?? []).slice(0, 3).map((parent) => make("bdi", { text: parent, dir: "auto" }));
    const choose = (): void => this.state.guard(() => this.choose(label));
    return make(
      "div",
      { role: "option", class: "im-option", id: `${this.list.id}-${i}`, "aria-selected": i === this.at, onclick: choose },
      swatch(one),
      make("bdi", { class: "im-tab-title", text: one.title, dir: "auto" }),
      make("span", { class: "im-above im-muted" }, ...above.flatMap((name, n) => (n ? [" › ", name] : [name]))),
      ...(key ? [make("kbd", { text: key.toUpperCase() })] : []),
    );
  }

  choose(label: number): void {
    this.asked.close();
    this.asked.label(label);
  }

  press(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const label = this.found[this.at];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
    if (event.key === "Escape") this.asked.close();
    else if (event.key === "Enter" && label !== undefined) this.choose(label);
    else if (step && this.found.length && ++this.state.acts) this.at = (this.at + step + this.found.length) % this.found.length;
    else if (event.shiftKey && digit && label !== undefined) this.lay(digit, label);
    else if (event.key !== "Enter" && event.key !== "Tab") return;
    event.preventDefault();
    if (this.isOpen) this.draw();
  }

  lay(key: string, label: number): void {
    this.state.send({ type: "favourite", key, label });
    const others = Object.entries(this.state.favourites).filter(([, place]) => place !== label);
    this.state.applyFavourites({ ...Object.fromEntries(others), [key]: label });
    this.asked.say(`${this.state.classes[label]!.title} lies on ${key}`);
  }
}
