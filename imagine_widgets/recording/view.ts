// One view of a recording: what is selected, and what a person does by key or button. Sound and film say the rest.
import type { XY } from "../drawing/shapes.ts";
import type { Size, View } from "../drawing/view.ts";
import { count, showFailures } from "../elements.ts";
import { type Desk, type Ground, Hand, type Mode } from "../labeler/hand.ts";
import type { Drawn, RegionState } from "../labeler/wire.ts";
import type { Shape } from "../drawing/shapes.ts";
import { frame, helpSheet, type Parts, type Tool } from "./frame.ts";
import { type Action, actionOf, type Table } from "./keys.ts";
import { drawHead, drawLabels, drawRegions, offered } from "./sides.ts";
import type { News, RecordingState } from "./state.ts";
import { type Bar, Strip } from "./strip.ts";
import type { Labelled } from "./wire.ts";

type Detail = string | number | undefined;

/** What sound or film adds: its title, its buttons, its keys, what they are said to do. */
export interface Trade {
  title: string;
  tools: Tool[];
  keys: Table;
  help: [string, string][];
}

export abstract class RecordingView implements Desk {
  readonly state: RecordingState;
  readonly parts: Parts;
  readonly stage: Ground;
  readonly hand: Hand;
  readonly strip: Strip;
  label = 0;
  selectedId: string | undefined;
  private readonly trade: Trade;
  private readonly unlisten: () => void;
  private readonly resized: ResizeObserver;
  private readonly themed: MutationObserver;
  private frameRequest = 0;

  constructor(state: RecordingState, element: HTMLElement, trade: Trade) {
    this.state = state;
    this.trade = trade;
    this.parts = frame(trade.title, trade.tools, (name, detail) => this.ask(name, detail));
    element.append(this.parts.root);
    const view = (): View => this.view;
    this.stage = {
      element: this.parts.stage,
      get view() {
        return view();
      },
      at: ({ clientX, clientY }) => {
        const { left, top } = this.parts.stage.getBoundingClientRect();
        const { left: x, top: y, scale } = this.view;
        return [(clientX - left) / scale + x, (clientY - top) / scale + y];
      },
    };
    this.hand = new Hand(this);
    this.hand.use("select");
    this.strip = new Strip(this.parts.strip, () => this.seconds, (time) => state.guard(() => this.seek(time)));
    this.hear();
    this.resized = new ResizeObserver(() => this.redraw());
    this.themed = new MutationObserver(() => this.redraw());
    this.themed.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    this.resized.observe(this.parts.stage);
    this.unlisten = state.listen((what) => this.news(what));
  }

  /** What of the recording the stage shows, in pixels of its picture. */
  abstract get view(): View;
  abstract get picture(): Size;
  abstract get seconds(): number;
  abstract get time(): number;
  abstract seek(time: number): void;
  /** A region's shape as it is drawn now; undefined where it is not in sight. */
  abstract flat(one: Labelled): Shape | undefined;
  abstract begin(one: Labelled): number;
  abstract describe(one: Labelled): string;
  abstract reveal(one: Labelled, near: boolean): void;
  abstract made(shape: Shape): void;
  abstract became(shape: Shape): void;
  abstract bars(): Bar[];
  abstract paint(): void;
  abstract opened(): void;
  abstract own(name: string, detail: Detail): void;

  get page(): Size {
    return { width: this.parts.stage.clientWidth, height: this.parts.stage.clientHeight };
  }

  get mode(): Mode {
    return this.hand.mode;
  }

  /** Regions in the order of time, without what was rejected. */
  listed(): Labelled[] {
    const shown = [...this.state.regions.values()].filter(({ state }) => state !== "rejected");
    return shown.sort((a, b) => this.begin(a) - this.begin(b));
  }

  chosen(): Labelled | undefined {
    return this.selectedId === undefined ? undefined : this.state.regions.get(this.selectedId);
  }

  selected(): Drawn | undefined {
    const one = this.chosen();
    return one && this.drawn(one);
  }

  /** A region as the layer and the hand know it. */
  drawn(one: Labelled): Drawn | undefined {
    const shape = this.flat(one);
    return shape && { id: one.id, label: one.label, shape, state: one.state, score: one.score };
  }

  visible(): Drawn[] {
    return this.listed().flatMap((one) => this.drawn(one) ?? []);
  }

  near(_at: XY, _reach: number): Drawn[] {
    return this.visible(); // a recording has few at a time
  }

  select(id: string | undefined): void {
    if (id === this.selectedId) return;
    this.selectedId = id;
    drawRegions(this);
    this.redraw();
    const one = this.chosen();
    if (one) this.say(`${this.title(one.label)}, ${this.describe(one)}`);
  }

  /** Select from the list or by key: the view goes there. */
  choose(id: string | undefined): void {
    this.select(id);
    const one = this.chosen();
    if (one) this.reveal(one, false);
  }

  ask(name: string, detail?: Detail): void {
    this.state.guard(() => this.act(name, detail));
  }

  act(name: string, detail?: Detail): void {
    this.state.acts++;
    const actions: Record<string, () => void> = {
      mode: () => this.use(detail as Mode),
      label: () => this.setLabel(Number(detail)),
      search: () => this.parts.search.focus(),
      remove: () => this.remove(),
      step: () => this.step(Number(detail)),
      accept: () => this.decide("accepted"),
      reject: () => this.decide("rejected"),
      acceptAll: () => this.acceptAll(),
      undo: () => this.say(this.state.undo() ? "Undone" : "Nothing to undo"),
      redo: () => this.say(this.state.redo() ? "Done again" : "Nothing to do again"),
      near: () => void (this.chosen() && this.reveal(this.chosen()!, true)),
      letGo: () => void (this.hand.letGo() || this.letGo()),
      help: () => helpSheet(this.parts.sheet, this.trade.help, () => this.closeSheet()),
      nothing: () => undefined,
    };
    const known = actions[name];
    if (known) known();
    else this.own(name, detail);
  }

  /** Draw all anew with the next frame. */
  redraw(): void {
    if (this.frameRequest) return;
    this.frameRequest = requestAnimationFrame(() => {
      this.frameRequest = 0;
      if (this.state.isReady && this.page.width) this.state.guard(() => this.paint());
    });
  }

  draw(): void {
    drawHead(this);
    drawLabels(this);
    drawRegions(this);
    this.redraw();
  }

  say(words: string): void {
    this.parts.live.textContent = words;
  }

  title(label: number): string {
    return this.state.classes[label]?.title ?? "";
  }

  /** A region with another shape, and what the model's becomes by it. */
  reshaped(one: Labelled, shape: Labelled["shape"]): Labelled {
    return { ...one, shape, state: one.state === "" ? "" : "corrected" };
  }

  begun(): void {
    if (this.state.isReady) this.news("state");
    this.news("failure");
    this.draw();
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest);
    this.resized.disconnect();
    this.themed.disconnect();
    this.unlisten();
    for (const canvas of [this.parts.ground, this.parts.strip]) canvas.width = canvas.height = 0; // gives the memory back
    this.parts.root.remove();
  }

  private use(mode: Mode): void {
    this.hand.use(mode);
    this.draw();
    this.say(`Tool: ${mode}`);
  }

  private setLabel(label: number): void {
    const found = this.state.classes[label];
    if (!found) return;
    this.label = label;
    const one = this.chosen();
    const state: RegionState = !one || one.state === "" ? "" : label === one.label ? "accepted" : "corrected";
    if (one) this.state.edit([{ ...one, label, state }]);
    this.draw();
    this.say(one ? `Labelled ${found.title}` : `Next: ${found.title}`);
  }

  private remove(): void {
    const one = this.chosen();
    if (this.hand.back() || !one) return;
    this.choose(undefined);
    if (one.state === "") this.state.edit([], [one.id]);
    else this.state.edit([{ ...one, state: "rejected" }]);
    this.say(`${this.title(one.label)} deleted`);
  }

  /** Say of the model's region what it is, and go on to the next that nobody decided on. */
  private decide(decision: "accepted" | "rejected"): void {
    const one = this.chosen();
    if (!one || one.state === "") return this.choose(this.nextOpen("")?.id);
    const to = this.nextOpen(one.id);
    this.state.edit([{ ...one, state: decision }]);
    this.choose(to?.id);
    this.say(`${this.title(one.label)} ${decision}${to ? "" : ". Everything is decided here."}`);
  }

  private acceptAll(): void {
    const open = this.listed().filter(({ state }) => state === "predicted");
    if (open.length) this.state.edit(open.map((one) => ({ ...one, state: "accepted" })));
    this.say(`${count(open.length)} accepted`);
  }

  private step(way: number): void {
    const all = this.listed();
    if (all.length === 0) return this.say("No regions here");
    const at = all.findIndex(({ id }) => id === this.selectedId);
    this.choose(all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]!.id);
  }

  private nextOpen(id: string): Labelled | undefined {
    const all = this.listed();
    const at = all.findIndex((one) => one.id === id);
    return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find(({ state }) => state === "predicted");
  }

  private letGo(): void {
    this.choose(undefined);
    if (this.mode !== "select") this.use("select");
  }

  private closeSheet(): void {
    this.parts.sheet.hidden = true;
    this.parts.sheet.replaceChildren();
    this.parts.stage.focus({ preventScroll: true });
  }

  private news(what: News): void {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "surveyed") this.parts.clock.textContent = `Finding the frames: ${Math.round(this.state.surveyed * 100)} %`;
    if (what === "state") this.opened();
    if (what === "saving") drawHead(this);
    else this.draw();
  }

  private hear(): void {
    const { root, search, stage, regions } = this.parts;
    root.addEventListener("keydown", (event) => this.state.guard(() => this.press(event)));
    for (const kind of ["keyup", "keypress"]) root.addEventListener(kind, (event) => event.stopPropagation());
    search.addEventListener("input", () => drawLabels(this));
    regions.addEventListener("focus", this.state.look);
    stage.addEventListener("pointerdown", () => {
      this.state.acts++;
      stage.focus({ preventScroll: true });
    }, { capture: true });
  }

  private press(event: KeyboardEvent): void {
    event.stopPropagation();
    if (!this.parts.sheet.hidden) return this.pressInSheet(event);
    if (event.target === this.parts.search) return this.pressInSearch(event);
    const target = event.target as Element;
    const isInput = target instanceof HTMLInputElement && event.key.startsWith("Arrow");
    const isButton = target instanceof HTMLButtonElement && ["Enter", " "].includes(event.key);
    const action = isInput || isButton ? null : (this.inList(event) ?? actionOf(event, this.trade.keys));
    if (!action) return;
    event.preventDefault();
    this.act(...action);
  }

  /** In the list, arrows go through the regions. */
  private inList(event: KeyboardEvent): Action | null {
    if (event.target !== this.parts.regions || event.altKey) return null;
    if (event.key === "ArrowDown") return ["step", 1];
    return event.key === "ArrowUp" ? ["step", -1] : null;
  }

  private pressInSearch(event: KeyboardEvent): void {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const [first] = offered(this);
    if (event.key === "Enter" && first !== undefined) this.act("label", first);
    event.preventDefault();
    this.parts.search.value = "";
    drawLabels(this);
    this.parts.stage.focus({ preventScroll: true });
  }

  private pressInSheet(event: KeyboardEvent): void {
    const shuts = event.key === "Escape" || event.key === "?";
    if (event.key === "Tab" || shuts) event.preventDefault();
    if (shuts) this.closeSheet();
  }
}
