// One page of pictures: cells only for the lines in sight, so that a page may hold a hundred thousand.
import { make, swatch } from "../elements.ts";
import { type GridState, NONE } from "./state.ts";
import type { Rows } from "./wire.ts";
import type { Class } from "../wire.ts";

type Kind = "open" | "confirmed" | "corrected";
type Listeners = Record<`on${string}`, (event: MouseEvent) => void>;

export const SIZES = [64, 92, 132, 200] as const;
const GAP = 8;
const GROW = 3; // a picture is never drawn at more than this times its own pixels
const SPARE = 3; // lines kept above and below those in sight
const MOSTLY = 0.6; // of a line's height in sight: then its pictures count as seen

export class Page {
  readonly state: GridState;
  readonly grid: HTMLElement;
  readonly scroll: HTMLElement;
  readonly listeners: Listeners;
  rows: Rows = new Int32Array();
  seen = new Uint8Array(); // by place on the page
  readonly cells = new Map<number, HTMLElement>(); // by place on the page
  readonly lines = new Map<number, HTMLElement>();
  selected = new Set<number>();
  at = 0;
  columns = 1;
  side = 0;
  size: number = SIZES[1];

  constructor(state: GridState, grid: HTMLElement, scroll: HTMLElement, listeners: Listeners) {
    this.state = state;
    this.grid = grid;
    this.scroll = scroll;
    this.listeners = listeners;
  }

  get pitch(): number {
    return this.side + GAP;
  }

  /** Show these rows from the top; what their cells show comes from the state. */
  fill(rows: Rows): void {
    this.rows = rows;
    this.seen = new Uint8Array(rows.length);
    this.lay();
    this.scroll.scrollTop = 0;
    this.show();
  }

  /** As many columns as fit at `size`, grown to fill the width; a bar that appears takes some of it. */
  lay(): void {
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.cells.clear();
    const width = this.divide();
    if (this.grid.clientWidth < width) this.divide();
    this.grid.style.setProperty("--im-side", `${this.side}px`);
    this.grid.style.setProperty("--im-columns", String(this.columns));
    this.grid.setAttribute("aria-rowcount", String(this.count));
    this.grid.setAttribute("aria-colcount", String(this.columns));
  }

  divide(): number {
    const width = this.grid.clientWidth;
    const wide = (width || 600) + GAP;
    this.columns = Math.max(1, Math.floor(wide / (this.size + GAP)));
    this.side = Math.floor(wide / this.columns) - GAP;
    this.grid.style.height = `${Math.max(0, this.count * this.pitch - GAP)}px`;
    return width;
  }

  get count(): number {
    return Math.ceil(this.rows.length / this.columns);
  }

  /** The lines in sight: the first, and the one after the last. */
  sight(part = 0): [from: number, to: number] {
    const { scrollTop, clientHeight } = this.scroll;
    const from = Math.floor((scrollTop + part * this.side) / this.pitch);
    const to = Math.ceil((scrollTop + clientHeight - part * this.side) / this.pitch);
    return [Math.max(0, from), Math.min(this.count, to)];
  }

  /** The places in sight, and the one after the last. */
  places(part = 0): [from: number, to: number] {
    const [from, to] = this.sight(part);
    return [from * this.columns, Math.min(this.rows.length, to * this.columns)];
  }

  /** Make the cells that came into sight, take away those that left; the one with the keyboard stays. */
  show(): void {
    const [first, last] = this.sight();
    const [from, to] = [Math.max(0, first - SPARE), Math.min(this.count, last + SPARE)];
    const focused = Math.floor(this.at / this.columns);
    const wanted = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
    if (focused < from && focused >= 0 && this.rows.length) wanted.unshift(focused);
    else if (focused >= to && focused < this.count) wanted.push(focused);
    const keep = new Set(wanted);
    for (const line of [...this.lines.keys()]) if (!keep.has(line)) this.drop(line);
    let next = this.grid.firstElementChild;
    for (const line of wanted) {
      const here = this.lines.get(line);
      if (here) next = here.nextElementSibling;
      else this.grid.insertBefore(this.line(line), next);
    }
    const [seen, unseen] = this.places(1 - MOSTLY);
    this.seen.fill(1, seen, Math.max(seen, unseen));
  }

  drop(line: number): void {
    this.lines.get(line)!.remove();
    this.lines.delete(line);
    for (let i = line * this.columns; i < (line + 1) * this.columns; i++) this.cells.delete(i);
  }

  line(line: number): HTMLElement {
    const from = line * this.columns;
    const places = Array.from({ length: Math.min(this.columns, this.rows.length - from) }, (_, i) => from + i);
    const cells = places.map((i) => this.cell(i));
    const style = `transform:translateY(${line * this.pitch}px)`;
    const row = make("div", { role: "row", class: "im-row", "aria-rowindex": line + 1, style }, ...cells);
    this.lines.set(line, row);
    for (const i of places) this.picture(i);
    return row;
  }

  cell(i: number): HTMLElement {
    const cell = make(
      "div",
      { class: "im-cell", role: "gridcell", tabindex: -1, "data-i": i, "aria-colindex": (i % this.columns) + 1, ...this.listeners },
      make("div", { class: "im-ground" }),
      make("div", { class: "im-caption" }),
      make("span", { class: "im-second", dir: "auto", "aria-hidden": "true" }),
    );
    this.cells.set(i, cell);
    return cell;
  }

  /** The picture of cell `i`, if it has come; small ones grow, but not into a blur. */
  picture(i: number): void {
    const cell = this.cells.get(i);
    if (!cell) return;
    const kept = this.state.thumbs.get(this.rows[i]!);
    const ground = cell.firstElementChild!;
    ground.classList.toggle("im-coming", !kept);
    if (kept) cell.title = kept.why || kept.name;
    const second = this.state.classes[this.state.second[this.rows[i]!]!];
    cell.lastElementChild!.textContent = second ? `G ${second.title}` : "";
    this.markCell(cell, i, true);
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

  /** The width or the size of the pictures changed; what was at the top stays there. */
  resize(size = this.size): void {
    const hadFocus = this.grid.contains(document.activeElement);
    const [top] = this.places();
    this.size = size;
    this.lay();
    this.scroll.scrollTop = Math.floor(top / this.columns) * this.pitch;
    this.show();
    if (hadFocus) this.focus(this.at);
  }

  /** What was decided, what is selected, where the focus is. */
  mark(selected: Set<number>, focused: number): void {
    Object.assign(this, { selected, at: focused });
    for (const [i, cell] of this.cells) this.markCell(cell, i);
  }

  markCell(cell: HTMLElement, i: number, isNew = false): void {
    const row = this.rows[i]!;
    const shown = this.state.shown[row]!;
    const kind: Kind = shown === NONE ? "open" : shown === this.state.predicted[row] ? "confirmed" : "corrected";
    cell.tabIndex = i === this.at ? 0 : -1;
    cell.setAttribute("aria-selected", String(this.selected.has(i)));
    cell.classList.toggle("im-pinned", row === this.state.arrangement.pinned);
    const score = this.state.score(row);
    if (!isNew && cell.dataset.kind === kind && cell.dataset.shown === String(shown) && cell.dataset.score === score) return;
    Object.assign(cell.dataset, { kind, shown, score });
    cell.setAttribute("aria-label", this.words(row, kind));
    cell.children[1]!.replaceChildren(...this.caption(kind, this.state.classes[shown]));
  }

  caption(kind: Kind, one: Class | undefined): Node[] {
    if (kind === "open" || !one) return [];
    const tick = kind === "confirmed" ? [make("span", { class: "im-tick", text: "✓", "aria-hidden": "true" })] : [swatch(one)];
    return [...tick, make("bdi", { text: one.title, dir: "auto" })];
  }

  words(row: number, kind: Kind): string {
    const { thumbs, classes, predicted, shown } = this.state;
    const guess = classes[predicted[row]!]?.title ?? "nothing";
    const decided = { open: "open", confirmed: "confirmed", corrected: `labelled ${classes[shown[row]!]?.title}` }[kind];
    const score = this.state.score(row);
    return `${thumbs.kept.get(row)?.name ?? "picture"}, predicted ${guess}${score && ` ${score}`}, ${decided}`;
  }

  /** Bring a picture into sight, at the top if asked for, and the keyboard to it. */
  focus(i: number, isTop = false): void {
    this.at = i;
    const top = Math.floor(i / this.columns) * this.pitch;
    const { scrollTop, clientHeight } = this.scroll;
    if (isTop || top < scrollTop) this.scroll.scrollTop = top;
    else if (top + this.pitch > scrollTop + clientHeight) this.scroll.scrollTop = top + this.pitch - clientHeight;
    this.show();
    const cell = this.cells.get(i);
    if (!cell) return;
    this.mark(this.selected, i);
    cell.focus({ preventScroll: true });
  }
}
