// One view of the grid: where a person is in it, what is selected, and what keys and mouse do.
import { Actions } from "./actions.ts";
import { showFailures } from "../elements.ts";
import { closerSheet, frame, type Parts } from "./frame.ts";
import { type Action, actionOf } from "./keys.ts";
import { Page } from "./page.ts";
import { drawChoices, drawHead, drawRail, titleOf } from "./sides.ts";
import type { GridState, News } from "./state.ts";
import type { Look } from "./wire.ts";

const AHEAD = 2; // pages whose pictures are asked for before they are needed

export class GridView extends Actions {
  readonly state: GridState;
  readonly parts: Parts;
  readonly page: Page;
  readonly widths: ResizeObserver;
  readonly unlisten: () => void;
  leaving = false;
  seen = 0;

  constructor(state: GridState, element: HTMLElement) {
    super();
    this.state = state;
    this.parts = frame((name, detail) => this.state.guard(() => this.act(name, detail)));
    this.page = new Page(state, this.parts.cells, {
      onclick: (event) => this.state.guard(() => this.pick(event)),
      ondblclick: () => this.act("closer"),
    });
    this.parts.root.addEventListener("keydown", (event) => this.state.guard(() => this.press(event)));
    for (const kind of ["keyup", "keypress"]) this.parts.root.addEventListener(kind, (event) => event.stopPropagation());
    this.parts.root.addEventListener("focusin", (event) => this.state.guard(() => this.comeBack(event.target)));
    element.append(this.parts.root);
    this.widths = new ResizeObserver(() => this.page.cells.length && this.page.resize());
    this.widths.observe(this.parts.scroll);
    this.unlisten = state.listen((what, detail) => this.hear(what, detail));
    this.hear("state");
    this.hear("failure");
  }

  dispose(): void {
    this.unlisten();
    this.widths.disconnect();
    this.state.thumbs.leave(this);
    this.parts.root.remove();
  }

  hear(what: News, detail?: number[] | Look): void {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "closer") return this.showCloser(detail as Look);
    drawHead(this);
    if (!this.state.ready || what === "saving") return;
    if (what === "thumbs") return this.page.rows.forEach((row, i) => (detail as number[]).includes(row) && this.page.picture(i));
    if (what === "state") {
      const [group, number] = this.firstOpen() ?? [0, 0];
      this.go(group, number, 0, { quiet: true });
    }
    this.draw();
  }

  override draw(): void {
    drawHead(this);
    drawRail(this);
    drawChoices(this);
    this.page.mark(this.selected, this.at);
  }

  override rows(group = this.group, number = this.number): number[] {
    const { groups, page } = this.state;
    return groups[group]?.rows.slice(number * page, (number + 1) * page) ?? [];
  }

  override pages(group = this.group): number {
    return Math.max(1, Math.ceil((this.state.groups[group]?.rows.length ?? 0) / this.state.page));
  }

  /** Open a page of a class and stand on one of its pictures. */
  override go(group: number, number: number, at = 0, { quiet = false } = {}): void {
    const hadFocus = this.parts.cells.contains(document.activeElement);
    Object.assign(this, { group, number, at, anchor: at });
    this.selected.clear();
    this.page.fill(this.rows());
    this.parts.scroll.scrollTop = 0;
    this.state.thumbs.want(this, this.needed());
    this.draw();
    if (hadFocus) this.page.focus(at);
    if (!quiet) this.say(`${titleOf(this.state, group)}, page ${number + 1} of ${this.pages()}`);
  }

  needed(): number[] {
    const ahead: number[] = [];
    for (let n = 1; n <= AHEAD; n++) ahead.push(...this.rows(this.group, this.number + n));
    const next = ahead.length < this.state.page ? this.rows(this.group + 1, 0) : [];
    return [...this.page.rows, ...ahead, ...next];
  }

  /** The next page with something open: after this one, then from the start. */
  override firstOpen(): [group: number, number: number] | undefined {
    const all = this.state.groups.flatMap((_, g) => Array.from({ length: this.pages(g) }, (_, n): [number, number] => [g, n]));
    const here = all.findIndex(([g, n]) => g === this.group && n === this.number);
    return [...all.slice(here + 1), ...all.slice(0, here + 1)].find(([g, n]) => this.state.open(this.rows(g, n)).length);
  }

  press(event: KeyboardEvent): void {
    event.stopPropagation();
    if (!this.parts.sheet.hidden) return this.pressInSheet(event);
    const action = this.state.ready ? actionOf(event, this.state.classes) : null;
    const inCells = this.parts.cells.contains(event.target as Node);
    if (!action || (!inCells && this.belongsToButton(event, action))) return;
    if (action[0] === "class" && (!inCells || !this.turnClass(Number(action[1])))) return;
    event.preventDefault();
    this.leaving = action[0] === "letGo";
    this.parts.root.scrollIntoView({ block: "nearest" });
    if (action[0] !== "class") this.act(...action);
  }

  belongsToButton(event: KeyboardEvent, [name]: Action): boolean {
    const target = event.target as Element;
    if (name === "move" && this.parts.rail.contains(target)) return false;
    return target.closest("button") !== null && ["toggle", "accept", "move", "stretch"].includes(name) && event.key !== "a";
  }

  pressInSheet(event: KeyboardEvent): void {
    const shuts = ["Escape", "?", "z", "Z"].includes(event.key);
    if (event.key === "Tab" || shuts) event.preventDefault();
    if (shuts) this.closeSheet();
  }

  /** Tab goes through the classes and then out of the grid: nobody is caught in it. */
  turnClass(step: number): boolean {
    const to = this.group + step;
    if (this.leaving || to < 0 || to >= this.state.groups.length) return false;
    this.go(to, 0);
    return true;
  }

  showCloser(message: Look): void {
    if (message.row === this.page.rows[this.at]) closerSheet(this.parts.sheet, () => this.closeSheet(), message);
  }

  override closeSheet(): void {
    this.parts.sheet.hidden = true;
    this.parts.sheet.replaceChildren();
    this.page.focus(this.at);
  }

  /** The keyboard came to a picture by other ways than ours; and labels may have come from elsewhere meanwhile. */
  comeBack(target: EventTarget | null): void {
    const at = this.page.cells.indexOf(target as HTMLElement);
    if (at >= 0 && at !== this.at) this.page.mark(this.selected, (this.at = at));
    if (Date.now() - this.seen > 2000) this.state.look();
    this.seen = Date.now();
  }

  override say(words: string): void {
    this.parts.live.textContent = words;
  }
}
