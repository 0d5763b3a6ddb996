// What a person does in the grid: move, select, label, confirm, undo, turn. GridView says what of it is seen.
import { count } from "../elements.ts";
import { helpSheet, type Parts } from "./frame.ts";
import { moved } from "./keys.ts";
import { type Page, SIZES } from "./page.ts";
import { titleOf } from "./sides.ts";
import type { GridState } from "./state.ts";

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

  abstract draw(): void;
  abstract rows(group?: number, number?: number): number[];
  abstract pages(group?: number): number;
  abstract go(group: number, number: number, at?: number): void;
  abstract firstOpen(): [group: number, number: number] | undefined;
  abstract closeSheet(): void;
  abstract say(words: string): void;

  act(name: string, detail?: Detail): void {
    if (!this.state.ready || (this.state.groups.length === 0 && name !== "help")) return;
    this.state.acts++;
    const inRail = this.parts.rail.contains(document.activeElement);
    if (name === "move" && inRail) return this.moveInRail(String(detail));
    const actions: Record<string, () => void> = {
      move: () => this.moveTo(this.beside(String(detail))),
      stretch: () => this.stretch(this.beside(String(detail))),
      toggle: () => this.toggle(this.at),
      all: () => this.select(this.page.rows.keys()),
      letGo: () => this.select([]),
      label: () => this.label(Number(detail)),
      accept: () => this.accept(),
      undo: () => this.undo(),
      turn: () => this.turn(Number(detail)),
      open: () => this.go(Number(detail), 0),
      size: () => this.resize(Number(detail)),
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

  moveTo(at: number): void {
    Object.assign(this, { at, anchor: at });
    this.page.mark(this.selected, at);
    this.page.focus(at);
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
    const single = this.selected.size === 0;
    const picked = single ? [this.at] : [...this.selected].sort((a, b) => a - b);
    this.selected.clear();
    this.state.label(picked.map((i) => this.page.rows[i]!), label);
    const { title } = this.state.classes[label]!;
    const open = this.page.rows.findIndex((row, i) => i > this.at && this.state.open([row]).length);
    if (single && open >= 0) this.moveTo(open);
    else if (this.parts.root.contains(document.activeElement)) this.page.focus(this.at);
    this.say(`${picked.length} labelled ${title}`);
  }

  accept(): void {
    const open = this.state.open(this.page.rows).filter((row) => this.state.predicted[row]! >= 0);
    if (open.length) this.state.accept(open);
    const next = this.firstOpen();
    if (next) this.go(...next);
    else if (this.number + 1 < this.pages()) this.go(this.group, this.number + 1);
    this.say(`${open.length} confirmed. ${next ? titleOf(this.state, this.group) : "Everything is decided."}`);
  }

  undo(): void {
    const rows = this.state.undo();
    if (rows.length === 0) return this.say("Nothing to undo");
    const [first] = rows as [number, ...number[]];
    const group = this.state.groups.findIndex((one) => one.rows.includes(first));
    const place = this.state.groups[group]!.rows.indexOf(first);
    const number = Math.floor(place / this.state.page);
    if (group !== this.group || number !== this.number) this.go(group, number, place % this.state.page);
    else this.moveTo(place % this.state.page);
    this.say(`Undone for ${count(rows.length)}`);
  }

  turn(step: number): void {
    const to = this.number + step;
    if (to >= 0 && to < this.pages()) this.go(this.group, to);
    else this.say(step > 0 ? "This is the last page of the class" : "This is the first page of the class");
  }

  resize(step: number): void {
    const to = SIZES[SIZES.findIndex((one) => one === this.page.size) + step];
    if (to) this.page.resize(to);
  }
}
