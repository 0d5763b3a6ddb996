// One view of a recording: what of it is in sight, what is drawn where, which keys belong to it. Sound and film say the rest.
import type { Shape, XY } from "../drawing/shapes.ts";
import type { Size, View } from "../drawing/view.ts";
import { showFailures } from "../elements.ts";
import { type Desk, type Ground, Hand } from "../labeler/hand.ts";
import type { Drawn } from "../labeler/wire.ts";
import type { News } from "../link.ts";
import { press } from "../regions/pressing.ts";
import { drawLabels } from "../regions/labels.ts";
import { drawRegions, drawTools } from "../regions/sides.ts";
import { Deeds, type Trade } from "./deeds.ts";
import { frame, type Parts } from "./frame.ts";
import type { RecordingState } from "./state.ts";
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
    this.strip = new Strip(this.parts.strip, () => this.seconds, (time) => state.guard(() => this.seek(time)), () => this.redraw());
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
  abstract made(shape: Shape): void;
  abstract became(shape: Shape): void;
  abstract bars(): Bar[];
  abstract paint(): void;
  abstract opened(): void;

  get page(): Size {
    return { width: this.parts.stage.clientWidth, height: this.parts.stage.clientHeight };
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
    drawLabels(this);
    drawRegions(this);
    this.redraw();
    const one = this.picked();
    if (one) this.say(`${this.title(one.label)}, ${this.words(one)}`);
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
    this.drawHead();
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

  private news(what: News<"regions" | "labels" | "surveyed">): void {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "surveyed") {
      this.opened();
      return this.redraw();
    }
    if (what === "state") this.opened();
    if (what === "saving") this.drawHead();
    else this.draw();
  }

  private hear(): void {
    const { root, search, stage, regions } = this.parts;
    root.addEventListener("keydown", (event) => this.state.guard(() => press(this, event, { " ": ["play"], ...this.trade.keys })));
    for (const kind of ["keyup", "keypress"]) root.addEventListener(kind, (event) => event.stopPropagation());
    search.addEventListener("focus", () => drawLabels(this));
    search.addEventListener("input", () => {
      this.state.acts++;
      this.found = 0;
      drawLabels(this);
    });
    regions.addEventListener("focus", this.state.look);
    stage.addEventListener("pointerdown", () => {
      this.state.acts++;
      stage.focus({ preventScroll: true });
    }, { capture: true });
  }

  private drawHead(): void {
    this.parts.name.textContent = this.state.name;
    drawTools(this, this.parts.buttons);
  }
}
