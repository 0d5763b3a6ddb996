// One view of the grid: where a person is in it, what is selected, and what keys and mouse do.
import { Actions } from "./grid_actions.js";
import { closerSheet, frame, showFailures } from "./grid_frame.js";
import { actionOf } from "./grid_keys.js";
import { Page } from "./grid_page.js";
import { drawChoices, drawHead, drawRail, titleOf } from "./grid_sides.js";

const AHEAD = 2; // pages whose pictures are asked for before they are needed

export class GridView extends Actions {
  constructor(state, element) {
    super();
    this.state = state;
    this.parts = frame((name, detail) => this.state.guard(() => this.act(name, detail)));
    this.page = new Page(state, this.parts.cells, {
      onclick: (event) => this.state.guard(() => this.pick(event)),
      ondblclick: () => this.act("closer"),
    });
    Object.assign(this, { group: -1, number: 0, at: 0, anchor: 0, selected: new Set(), leaving: false, seen: 0 });
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

  dispose() {
    this.unlisten();
    this.widths.disconnect();
    this.state.thumbs.leave(this);
    this.parts.root.remove();
  }

  hear(what, detail) {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "closer") return this.showCloser(detail);
    drawHead(this);
    if (!this.state.ready || what === "saving") return;
    if (what === "thumbs") return this.page.rows?.forEach((row, i) => detail.includes(row) && this.page.picture(i));
    if (what === "state") this.go(...(this.firstOpen() ?? [0, 0]), 0, { quiet: true });
    this.draw();
  }

  draw() {
    drawHead(this);
    drawRail(this);
    drawChoices(this);
    this.page.mark(this.selected, this.at);
  }

  rows(group = this.group, number = this.number) {
    const { groups, page } = this.state;
    return groups[group]?.rows.slice(number * page, (number + 1) * page) ?? [];
  }

  pages(group = this.group) {
    return Math.max(1, Math.ceil((this.state.groups[group]?.rows.length ?? 0) / this.state.page));
  }

  /** Open a page of a class and stand on one of its pictures. */
  go(group, number, at = 0, { quiet = false } = {}) {
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

  needed() {
    const ahead = [];
    for (let n = 1; n <= AHEAD; n++) ahead.push(...this.rows(this.group, this.number + n));
    const next = ahead.length < this.state.page ? this.rows(this.group + 1, 0) : [];
    return [...this.page.rows, ...ahead, ...next];
  }

  /** The next page with something open: after this one, then from the start. */
  firstOpen() {
    const all = this.state.groups.flatMap((_, g) => Array.from({ length: this.pages(g) }, (_, n) => [g, n]));
    const here = all.findIndex(([g, n]) => g === this.group && n === this.number);
    return [...all.slice(here + 1), ...all.slice(0, here + 1)].find(([g, n]) => this.state.open(this.rows(g, n)).length);
  }

  press(event) {
    event.stopPropagation();
    if (!this.parts.sheet.hidden) return this.pressInSheet(event);
    const action = this.state.ready ? actionOf(event, this.state.classes) : null;
    const inCells = this.parts.cells.contains(event.target);
    if (!action || (!inCells && this.belongsToButton(event, action))) return;
    if (action[0] === "class" && (!inCells || !this.turnClass(action[1]))) return;
    event.preventDefault();
    this.leaving = action[0] === "letGo";
    this.parts.root.scrollIntoView({ block: "nearest" });
    if (action[0] !== "class") this.act(...action);
  }

  belongsToButton(event, [name]) {
    if (name === "move" && this.parts.rail.contains(event.target)) return false;
    return event.target.closest("button") !== null && ["toggle", "accept", "move", "stretch"].includes(name) && event.key !== "a";
  }

  pressInSheet(event) {
    const shuts = ["Escape", "?", "z", "Z"].includes(event.key);
    if (event.key === "Tab" || shuts) event.preventDefault();
    if (shuts) this.closeSheet();
  }

  /** Tab goes through the classes and then out of the grid: nobody is caught in it. */
  turnClass(step) {
    const to = this.group + step;
    if (this.leaving || to < 0 || to >= this.state.groups.length) return false;
    this.go(to, 0);
    return true;
  }

  showCloser(message) {
    if (message.row === this.page.rows?.[this.at]) closerSheet(this.parts.sheet, () => this.closeSheet(), message);
  }

  closeSheet() {
    this.parts.sheet.hidden = true;
    this.parts.sheet.replaceChildren();
    this.page.focus(this.at);
  }

  /** The keyboard came to a picture by other ways than ours; and labels may have come from elsewhere meanwhile. */
  comeBack(target) {
    const at = this.page.cells.indexOf(target);
    if (at >= 0 && at !== this.at) this.page.mark(this.selected, (this.at = at));
    if (Date.now() - this.seen > 2000) this.state.look();
    this.seen = Date.now();
  }

  say(words) {
    this.parts.live.textContent = words;
  }
}
