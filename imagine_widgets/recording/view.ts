// One view of a recording: what of it is in sight, what is drawn where, which keys belong to it. Sound and film say the rest.
import type { Shape, XY } from "../drawing/shapes.ts";
import type { Size, View } from "../drawing/view.ts";
import { showFailures } from "../elements.ts";
import { type Desk, type Ground, Hand, type Mode } from "../labeler/hand.ts";
import type { Drawn } from "../labeler/wire.ts";
import { Deeds, type Trade } from "./deeds.ts";
import { frame, type Parts } from "./frame.ts";
import { type Action, actionOf } from "./keys.ts";
import { drawHead, drawLabels, drawRegions, offered } from "./sides.ts";
import type { News, RecordingState } from "./state.ts";
import { type Bar, Strip } from "./strip.ts";
import type { Labelled } from "./wire.ts";

export abstract class RecordingView extends Deeds implements Desk {
  readonly state: RecordingState;
  readonly parts: Parts;
  readonly stage: Ground;
  readonly hand: Hand;
  readonly strip: Strip;
  private readonly unlisten: () => void;
  private readonly resized: ResizeObserver;
  private readonly themed: MutationObserver;
  private frameRequest = 0;

  constructor(state: RecordingState, element: HTMLElement, trade: Trade) {
    super(trade);
    this.state = state;
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
  abstract describe(one: Labelled): string;
  abstract made(shape: Shape): void;
  abstract became(shape: Shape): void;
  abstract bars(): Bar[];
  abstract paint(): void;
  abstract opened(): void;

  get page(): Size {
    return { width: this.parts.stage.clientWidth, height: this.parts.stage.clientHeight };
  }

  get mode(): Mode {
    return this.hand.mode;
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

  closeSheet(): void {
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
