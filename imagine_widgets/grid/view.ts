// One view of the grid: where a person is in it, what is selected, and what keys and mouse do.
import { Actions } from "./actions.ts";
import { keepHands, showFailures } from "../elements.ts";
import { closerSheet, frame, type Parts } from "./frame.ts";
import { type Action, actionOf } from "./keys.ts";
import { Page } from "./page.ts";
import { SearchSheet } from "./search_sheet.ts";
import { drawAccept, drawChoices, drawHead, drawRail, orderWords, titleOf } from "./sides.ts";
import type { GridState, News } from "./state.ts";
import type { Look, Rows } from "./wire.ts";

const AHEAD = 2; // pages whose pictures are asked for before they are needed

export class GridView extends Actions {
  readonly state: GridState;
  readonly parts: Parts;
  readonly page: Page;
  readonly finder: SearchSheet;
  readonly widths: ResizeObserver;
  readonly unlisten: () => void;
  leaving = false;
  seen = 0;
  frame = 0;
  readonly told = { at: -1, open: new Int32Array() }; // what the classes show

  constructor(state: GridState, element: HTMLElement) {
    super();
    this.state = state;
    this.parts = frame((name, detail) => this.state.guard(() => this.act(name, detail)));
    this.page = new Page(state, this.parts.cells, this.parts.scroll, {
      onclick: (event) => this.state.guard(() => this.pick(event)),
      oncontextmenu: (event) => this.state.guard(() => this.hold(event)),
      ondblclick: () => this.act("closer"),
    });
    this.finder = new SearchSheet(state, this.parts.sheet, {
      label: (label) => this.act("label", label),
      close: () => this.closeSheet(),
      say: (words) => this.say(words),
    });
    this.parts.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
    keepHands(this.parts.root);
    this.parts.root.addEventListener("keydown", (event) => this.state.guard(() => this.press(event)));
    for (const kind of ["keyup", "keypress"]) this.parts.root.addEventListener(kind, (event) => event.stopPropagation());
    this.parts.root.addEventListener("focusin", (event) => this.state.guard(() => this.comeBack(event.target)));
    element.append(this.parts.root);
    this.widths = new ResizeObserver(() => this.page.rows.length && this.page.resize());
    this.widths.observe(this.parts.scroll);
    this.unlisten = state.listen((what, detail) => this.hear(what, detail));
    this.hear("state");
    this.hear("failure");
  }

  dispose(): void {
    this.unlisten();
    this.widths.disconnect();
    cancelAnimationFrame(this.frame);
    this.state.thumbs.leave(this);
    this.parts.root.remove();
  }

  hear(what: News, detail?: number[] | Look): void {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "closer") return this.showCloser(detail as Look);
    drawHead(this);
    if (!this.state.isReady || what === "saving") return;
    if (what === "thumbs") return this.pictures(new Set(detail as number[]));
    if (what === "state") {
      this.parts.rail.replaceChildren();
      const [group, number] = this.firstOpen() ?? [0, 0];
      this.go(group, number, 0, { quiet: true });
    }
    if (what === "order") this.go(this.group, 0, 0, { quiet: true });
    this.draw();
    if (what === "order") this.say(orderWords(this.state.arrangement.by, this.state.isOrdered));
  }

  pictures(rows: Set<number>): void {
    for (const i of this.page.cells.keys()) if (rows.has(this.page.rows[i]!)) this.page.picture(i);
  }

  /** The pictures moved: make those that came into sight, ask for those that come next; once for a frame. */
  scrolled(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() =>
      this.state.guard(() => {
        this.page.show();
        this.state.thumbs.want(this, this.needed());
        drawAccept(this);
      }),
    );
  }

  override draw(): void {
    drawHead(this);
    drawRail(this);
    drawChoices(this);
    this.page.mark(this.selected, this.at);
  }

  override rows(group = this.group, number = this.number): Rows {
    const { groups, page } = this.state;
    const rows = groups[group]?.rows ?? new Int32Array();
    if (this.isWhole) return rows;
    return rows.subarray(number * page, (number + 1) * page);
  }

  override pages(group = this.group): number {
    if (this.isWhole) return 1;
    return Math.max(1, Math.ceil((this.state.groups[group]?.rows.length ?? 0) / this.state.page));
  }

  /** Open a page of a class and stand on one of its pictures. */
  override go(group: number, number: number, at = 0, { quiet = false } = {}): void {
    const hadFocus = this.parts.cells.contains(document.activeElement);
    Object.assign(this, { group, number, at, anchor: at });
    this.selected.clear();
    this.page.mark(this.selected, at);
    this.page.fill(this.rows());
    this.state.thumbs.want(this, this.needed());
    this.draw();
    if (hadFocus) this.page.focus(at);
    if (!quiet) this.say(`${titleOf(this.state, group)}, page ${number + 1} of ${this.pages()}`);
  }

  /** Rows in the order of need: in sight, after that on this page, the next pages, the page's start. */
  needed(): number[] {
    const [from, to] = this.page.places();
    const { page } = this.state;
    const rows = Array.from(this.page.rows.length > page ? this.page.rows.slice(from, to + AHEAD * page) : this.page.rows.slice(from));
    for (let n = 1; n <= AHEAD && !this.isWhole; n++) rows.push(...this.rows(this.group, this.number + n));
    if (rows.length < (1 + AHEAD) * page) rows.push(...this.rows(this.group + 1, 0).slice(0, page));
    return [...rows, ...this.page.rows.slice(Math.max(0, from - page), from)];
  }

  /** The next page with something open: after this one, then from the start. */
  override firstOpen(): [group: number, number: number] | undefined {
    const { groups } = this.state;
    for (let turn = 0; turn <= groups.length; turn++) {
      const g = (Math.max(0, this.group) + turn) % groups.length;
      if (!groups[g]?.open) continue;
      const numbers = Array.from({ length: this.pages(g) }, (_, n) => n);
      const isHere = g === this.group;
      const asked = !isHere ? numbers : turn === 0 ? numbers.slice(this.number + 1) : numbers.slice(0, this.number + 1);
      const open = asked.find((n) => this.state.open(this.rows(g, n)).length);
      if (open !== undefined) return [g, open];
    }
  }

  press(event: KeyboardEvent): void {
    event.stopPropagation();
    if (this.finder.isOpen) return this.finder.press(event);
    if (!this.parts.sheet.hidden) return this.pressInSheet(event);
    const action = this.state.isReady ? actionOf(event, this.state.classes, this.state.favourites) : null;
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
    if (message.row === this.page.rows[this.at]) closerSheet(this.parts.sheet, () => this.closeSheet(), message, this.state.isScored);
  }

  override search(): void {
    const { size } = this.selected;
    this.finder.open(size ? `Label ${size} selected as` : "Label this one as");
  }

  override closeSheet(): void {
    this.parts.sheet.hidden = true;
    this.parts.sheet.replaceChildren();
    this.page.focus(this.at);
  }

  /** The keyboard came to a picture by other ways than ours; and labels may have come from elsewhere meanwhile. */
  comeBack(target: EventTarget | null): void {
    const at = Number((target as HTMLElement).dataset.i ?? -1);
    if (at >= 0 && at !== this.at) this.page.mark(this.selected, (this.at = at));
    if (Date.now() - this.seen > 2000) this.state.look();
    this.seen = Date.now();
  }

  override say(words: string): void {
    this.parts.live.textContent = words;
  }
}
