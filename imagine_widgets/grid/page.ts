// One page of pictures: a cell for each row, its picture when it is there, and what was decided about it.
import { make, swatch } from "../elements.ts";
import { type GridState, NONE } from "./state.ts";
import type { Class } from "../wire.ts";

type Kind = "open" | "confirmed" | "corrected";
type Listeners = Record<`on${string}`, (event: MouseEvent) => void>;

export const SIZES = [64, 92, 132, 200] as const;
const GAP = 8;
const GROW = 3; // a picture is never drawn at more than this times its own pixels

export class Page {
  readonly state: GridState;
  readonly grid: HTMLElement;
  readonly listeners: Listeners;
  rows: number[] = [];
  cells: HTMLElement[] = [];
  columns = 1;
  side = 0;
  size: number = SIZES[1];

  constructor(state: GridState, grid: HTMLElement, listeners: Listeners) {
    this.state = state;
    this.grid = grid;
    this.listeners = listeners;
  }

  /** Show these rows; the cells are new, what they show comes from the state. */
  fill(rows: number[]): void {
    this.rows = rows;
    this.cells = rows.map((row, i) => this.cell(row, i));
    this.lay();
    this.cells.forEach((_, i) => this.picture(i));
  }

  cell(row: number, i: number): HTMLElement {
    return make(
      "div",
      { class: "im-cell", role: "gridcell", tabindex: -1, "data-i": i, title: this.state.names[row], ...this.listeners },
      make("div", { class: "im-ground" }),
      make("div", { class: "im-caption" }),
    );
  }

  /** As many columns as fit at `size`, grown to fill the width; cells stand in rows because readers of grids need rows. */
  lay(): void {
    const width = (this.grid.clientWidth || 600) + GAP;
    this.columns = Math.max(1, Math.floor(width / (this.size + GAP)));
    this.side = Math.floor(width / this.columns) - GAP;
    this.grid.style.setProperty("--im-side", `${this.side}px`);
    this.grid.style.setProperty("--im-columns", String(this.columns));
    const rows = [];
    for (let i = 0; i < this.cells.length; i += this.columns) {
      rows.push(make("div", { role: "row", class: "im-row" }, ...this.cells.slice(i, i + this.columns)));
    }
    this.grid.replaceChildren(...rows);
  }

  /** The picture of cell `i`, if it has come; small ones grow, but not into a blur. */
  picture(i: number): void {
    const kept = this.state.thumbs.get(this.rows[i]!);
    const ground = this.cells[i]!.firstElementChild!;
    ground.classList.toggle("im-coming", !kept);
    if (!kept) return;
    if (kept.why) {
      ground.replaceChildren(make("span", { class: "im-broken", text: kept.why, dir: "auto" }));
      return;
    }
    const image = make("img", { alt: "", draggable: "false" });
    image.onload = () => this.fit(image);
    image.src = kept.url;
    ground.replaceChildren(image);
  }

  fit(image: HTMLImageElement): void {
    const longest = Math.max(image.naturalWidth, image.naturalHeight);
    const scale = Math.min(GROW, this.side / longest);
    image.style.width = `${Math.max(1, Math.round(image.naturalWidth * scale))}px`;
  }

  /** The width or the size of the pictures changed. */
  resize(size = this.size): void {
    this.size = size;
    const focused = this.cells.indexOf(document.activeElement as HTMLElement);
    this.lay();
    for (const cell of this.cells) {
      const image = cell.querySelector("img");
      if (image?.naturalWidth) this.fit(image);
    }
    if (focused >= 0) this.focus(focused);
  }

  /** What was decided, what is selected, where the focus is. */
  mark(selected: Set<number>, focused: number): void {
    this.cells.forEach((cell, i) => {
      const row = this.rows[i]!;
      const shown = this.state.shown[row]!;
      const kind: Kind = shown === NONE ? "open" : shown === this.state.predicted[row] ? "confirmed" : "corrected";
      cell.tabIndex = i === focused ? 0 : -1;
      cell.setAttribute("aria-selected", String(selected.has(i)));
      if (cell.dataset.kind === kind && cell.dataset.shown === String(shown)) return;
      cell.dataset.kind = kind;
      cell.dataset.shown = String(shown);
      cell.setAttribute("aria-label", this.words(row, kind));
      cell.lastElementChild!.replaceChildren(...this.caption(kind, this.state.classes[shown]));
    });
  }

  caption(kind: Kind, one: Class | undefined): Node[] {
    if (kind === "open" || !one) return [];
    const tick = kind === "confirmed" ? [make("span", { class: "im-tick", text: "✓", "aria-hidden": "true" })] : [swatch(one)];
    return [...tick, make("bdi", { text: one.title, dir: "auto" })];
  }

  words(row: number, kind: Kind): string {
    const { names, classes, predicted, shown } = this.state;
    const guess = classes[predicted[row]!]?.title ?? "nothing";
    const decided = { open: "open", confirmed: "confirmed", corrected: `labelled ${classes[shown[row]!]?.title}` }[kind];
    return `${names[row]}, predicted ${guess}, ${decided}`;
  }

  focus(i: number): void {
    const cell = this.cells[i];
    if (!cell) return;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
