// What a person does in the grid: move, select, label, confirm, undo, turn. GridView says what of it is seen.
import { count } from "../elements.ts";
import { helpSheet, type Parts } from "./frame.ts";
import { moved } from "./keys.ts";
import { type Page, SIZES } from "./page.ts";
import { titleOf } from "./sides.ts";
import type { GridState } from "./state.ts";
import type { By, Rows } from "./wire.ts";

type Detail = string | number | undefined;

export abstract class Actions {
  abstract readonly state: GridState;
  abstract readonly parts: Parts;
  abstract readonly page: Page;
  group = -1;
  number = 0;
  at = 0;
  anchor = 0;
  selected = new Set<number>();
  isWhole = false; // a class on one long page

  abstract draw(): void;
  abstract rows(group?: number, number?: number): Rows;
  abstract pages(group?: number): number;
  abstract go(group: number, number: number, at?: number): void;
  abstract firstOpen(): [group: number, number: number] | undefined;
  abstract closeSheet(): void;
  abstract search(): void;
  abstract say(words: string): void;

  act(name: string, detail?: Detail): void {
    if (!this.state.isReady || (this.state.groups.length === 0 && name !== "help")) return;
    this.state.acts++;
    const inRail = this.parts.rail.contains(document.activeElement);
    if (name === "move" && inRail) return this.moveInRail(String(detail));
    const actions: Record<string, () => void> = {
      move: () => this.moveTo(this.beside(String(detail))),
      stretch: () => this.stretch(this.beside(String(detail))),
      toggle: () => this.toggle(this.at),
      all: () => this.select(Array.from({ length: this.page.rows.length }, (_, i) => i)),
      letGo: () => this.select([]),
      label: () => this.label(Number(detail)),
      second: () => this.takeSecond(),
      accept: () => this.accept(),
      undo: () => this.back(this.state.undo(), "Undone", "Nothing to undo"),
      redo: () => this.back(this.state.redo(), "Done again", "Nothing to do again"),
      search: () => this.search(),
      sort: () => this.sort(String(detail) as By),
      pin: () => this.pin(),
      whole: () => this.toggleWhole(),
      turn: () => this.turn(Number(detail)),
      open: () => this.go(Number(detail), 0),
      size: () => this.resize(Number(detail)),
      scores: () => this.toggleScores(),
      help: () => helpSheet(this.parts.sheet, () => this.closeSheet()),
      closer: () => this.state.send({ type: "closer", row: this.page.rows[this.at] }),
    };
    actions[name]?.();
  }

  moveInRail(where: string): void {
    const along: Record<string, string> = { left: "up", right: "down" };
    const to = moved(this.group, along[where] ?? where, this.state.groups.length, 1);
    this.go(to, 0);
    (this.parts.rail.children[to] as HTMLElement).focus();
  }

  beside(where: string): number {
    return moved(this.at, where, this.page.rows.length, this.page.columns);
  }

  moveTo(at: number, isTop = false): void {
    Object.assign(this, { at, anchor: at });
    this.page.mark(this.selected, at);
    this.page.focus(at, isTop);
  }

  /** Select from where the selection began, which is here where there is none yet. */
  stretch(at: number): void {
    if (this.selected.size === 0) this.anchor = this.at;
    this.stretchTo(at);
  }

  stretchTo(at: number): void {
    this.at = at;
    const from = Math.min(this.anchor, at);
    const to = Math.max(this.anchor, at);
    this.select(Array.from({ length: to - from + 1 }, (_, i) => from + i));
    this.page.focus(at);
  }

  select(indices: Iterable<number>): void {
    this.selected = new Set(indices);
    this.draw();
    this.say(this.selected.size ? `${this.selected.size} selected` : "Nothing selected");
  }

  toggle(at: number): void {
    const next = new Set(this.selected);
    if (!next.delete(at)) next.add(at);
    this.anchor = at;
    this.select(next);
  }

  pick(event: MouseEvent): void {
    this.state.acts++;
    const at = Number((event.currentTarget as HTMLElement).dataset.i);
    if (event.shiftKey) return this.stretchTo(at);
    this.at = at;
    this.toggle(at);
    this.page.focus(at);
  }

  label(label: number): void {
    this.give((rows) => this.state.label(rows, label), `labelled ${this.state.classes[label]!.title}`);
  }

  /** The selected pictures, else this one, become what the model would have said next. */
  takeSecond(): void {
    this.give((all) => {
      const rows = all.filter((row) => this.state.second[row]! >= 0);
      if (rows.length) this.state.takeSecond(rows);
    }, "labelled with the second guess");
  }

  /** A finger held on a picture selects from where the selection began to here. */
  hold(event: MouseEvent): void {
    if ((event as PointerEvent).pointerType !== "touch") return;
    event.preventDefault();
    this.state.acts++;
    this.stretchTo(Number((event.currentTarget as HTMLElement).dataset.i));
  }

  give(labelling: (rows: number[]) => void, said: string): void {
    const single = this.selected.size === 0;
    const picked = single ? [this.at] : [...this.selected].sort((a, b) => a - b);
    this.selected.clear();
    labelling(picked.map((i) => this.page.rows[i]!));
    const open = this.nextOpen(this.at + 1);
    if (single && open >= 0) this.moveTo(open);
    else if (this.parts.root.contains(document.activeElement)) this.page.focus(this.at);
    this.say(`${picked.length} ${said}`);
  }

  /** The first open picture of this page from a place on, or -1. */
  nextOpen(from: number): number {
    const { rows } = this.page;
    for (let i = from; i < rows.length; i++) if (this.state.shown[rows[i]!]! < 0) return i;
    return -1;
  }

  /** What Enter confirms: what is open, has a prediction and was in sight. Nobody confirms what she never saw. */
  ready(): number[] {
    const { rows, seen } = this.page;
    const ready = [];
    for (let i = 0; i < rows.length; i++) if (seen[i] && this.state.predicted[rows[i]!]! >= 0) ready.push(rows[i]!);
    return this.state.open(ready);
  }

  accept(): void {
    const ready = this.ready();
    if (ready.length) this.state.accept(ready);
    const said = `${ready.length} confirmed.`;
    const unseen = this.page.seen.findIndex((seen, i) => !seen && this.state.shown[this.page.rows[i]!]! < 0);
    if (unseen >= 0) {
      this.moveTo(unseen, true);
      return this.say(`${said} More of this page`);
    }
    const next = this.firstOpen();
    if (next) this.go(...next);
    else if (this.number + 1 < this.pages()) this.go(this.group, this.number + 1);
    this.say(`${said} ${next ? titleOf(this.state, this.group) : "Everything is decided."}`);
  }

  /** A step was undone or done again: show where. */
  back(rows: number[], said: string, nothing: string): void {
    if (rows.length === 0) return this.say(nothing);
    const [group, place] = this.state.arrangement.place(rows[0]!);
    const length = this.isWhole ? Infinity : this.state.page;
    const number = Math.floor(place / length);
    const at = place - (number ? number * length : 0);
    if (group !== this.group || number !== this.number) this.go(group, number, at);
    else this.moveTo(at);
    this.say(`${said} for ${count(rows.length)}`);
  }

  sort(by: By): void {
    const { arrangement } = this.state;
    if (by === "likeness" && arrangement.pinned === undefined) return this.pin();
    if (this.state.sort(by)) return;
    arrangement.by = by;
    this.draw();
    this.say("The pictures are being compared");
  }

  /** Pin the picture where the keyboard is; the pinned one is let go of. */
  pin(): void {
    const row = this.page.rows[this.at]!;
    const isPinned = this.state.arrangement.pinned === row;
    this.state.pin(isPinned ? undefined : row);
    if (isPinned && this.state.arrangement.by === "likeness") this.state.sort("doubt");
    this.draw();
    this.say(isPinned ? "No longer pinned" : "Pinned: those like it come first");
  }

  toggleScores(): void {
    this.state.toggleScores();
    this.say(this.state.isScored ? "Scores are shown" : "Scores are hidden");
  }

  toggleWhole(): void {
    const place = this.at + (this.isWhole ? 0 : this.number * this.state.page);
    this.isWhole = !this.isWhole;
    const length = this.isWhole ? Infinity : this.state.page;
    const number = Math.floor(place / length);
    this.go(this.group, number, number ? place - number * length : this.isWhole ? place : place % length);
    this.page.focus(this.at, true);
    this.say(this.isWhole ? "The whole class on one page" : `Pages of ${this.state.page}`);
  }

  turn(step: number): void {
    if (this.isWhole) return this.turnScreen(step);
    const to = this.number + step;
    if (to >= 0 && to < this.pages()) this.go(this.group, to);
    else this.say(step > 0 ? "This is the last page of the class" : "This is the first page of the class");
  }

  /** On a long page: as many lines further as are in sight. */
  turnScreen(step: number): void {
    const [from, to] = this.page.places(0.4);
    const at = this.at + step * Math.max(this.page.columns, to - from);
    this.moveTo(Math.max(0, Math.min(this.page.rows.length - 1, at)), true);
  }

  resize(step: number): void {
    const to = SIZES[SIZES.findIndex((one) => one === this.page.size) + step];
    if (to) this.page.resize(to);
  }
}
