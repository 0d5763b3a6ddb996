// One page of pictures: a cell for each row, its picture when it is there, and what was decided about it.
import { make, swatch } from "./grid_frame.js";
import { NONE } from "./grid_state.js";

export const SIZES = [64, 92, 132, 200];
const GAP = 8;
const GROW = 3; // a picture is never drawn at more than this times its own pixels

export class Page {
  constructor(state, grid, listeners) {
    this.state = state;
    this.grid = grid;
    this.listeners = listeners;
    this.cells = [];
    this.columns = 1;
    this.size = SIZES[1];
  }

  /** Show these rows; the cells are new, what they show comes from the state. */
  fill(rows) {
    this.rows = rows;
    this.cells = rows.map((row, i) => this.cell(row, i));
    this.lay();
    this.cells.forEach((_, i) => this.picture(i));
  }

  cell(row, i) {
    return make(
      "div",
      { class: "im-cell", role: "gridcell", tabindex: -1, "data-i": i, title: this.state.names[row], ...this.listeners },
      make("div", { class: "im-ground" }),
      make("div", { class: "im-caption" }),
    );
  }

  /** As many columns as fit at `size`, grown to fill the width; cells stand in rows because readers of grids need rows. */
  lay() {
    const width = (this.grid.clientWidth || 600) + GAP;
    this.columns = Math.max(1, Math.floor(width / (this.size + GAP)));
    this.side = Math.floor(width / this.columns) - GAP;
    this.grid.style.setProperty("--im-side", `${this.side}px`);
    this.grid.style.setProperty("--im-columns", this.columns);
    const rows = [];
    for (let i = 0; i < this.cells.length; i += this.columns) {
      rows.push(make("div", { role: "row", class: "im-row" }, ...this.cells.slice(i, i + this.columns)));
    }
    this.grid.replaceChildren(...rows);
  }

  /** The picture of cell `i`, if it has come; small ones grow, but not into a blur. */
  picture(i) {
    const kept = this.state.thumbs.get(this.rows[i]);
    const ground = this.cells[i].firstChild;
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

  fit(image) {
    const longest = Math.max(image.naturalWidth, image.naturalHeight);
    const scale = Math.min(GROW, this.side / longest);
    image.style.width = `${Math.max(1, Math.round(image.naturalWidth * scale))}px`;
  }

  /** The width or the size of the pictures changed. */
  resize(size = this.size) {
    this.size = size;
    const focused = this.cells.indexOf(document.activeElement);
    this.lay();
    for (const cell of this.cells) {
      const image = cell.querySelector("img");
      if (image?.naturalWidth) this.fit(image);
    }
    if (focused >= 0) this.focus(focused);
  }

  /** What was decided, what is selected, where the focus is. */
  mark(selected, focused) {
    this.cells.forEach((cell, i) => {
      const row = this.rows[i];
      const shown = this.state.shown[row];
      const kind = shown === NONE ? "open" : shown === this.state.predicted[row] ? "confirmed" : "corrected";
      cell.tabIndex = i === focused ? 0 : -1;
      cell.setAttribute("aria-selected", selected.has(i));
      if (cell.dataset.kind === kind && cell.dataset.shown === String(shown)) return;
      cell.dataset.kind = kind;
      cell.dataset.shown = shown;
      cell.setAttribute("aria-label", this.words(row, kind));
      cell.lastChild.replaceChildren(...this.caption(kind, this.state.classes[shown]));
    });
  }

  caption(kind, one) {
    if (kind === "open") return [];
    const tick = kind === "confirmed" ? [make("span", { class: "im-tick", text: "✓", "aria-hidden": "true" })] : [swatch(one)];
    return [...tick, make("bdi", { text: one.title, dir: "auto" })];
  }

  words(row, kind) {
    const { names, classes, predicted, shown } = this.state;
    const guess = classes[predicted[row]]?.title ?? "nothing";
    const decided = { open: "open", confirmed: "confirmed", corrected: `labelled ${classes[shown[row]]?.title}` }[kind];
    return `${names[row]}, predicted ${guess}, ${decided}`;
  }

  focus(i) {
    const cell = this.cells[i];
    if (!cell) return;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
