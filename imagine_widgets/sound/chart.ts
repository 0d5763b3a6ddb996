// What is seen of a sound: its spectrogram with scales, cursor and levels, and which part of it is in sight.
import { paint } from "../drawing/paint.ts";
import type { Box } from "../drawing/shapes.ts";
import type { Size, View } from "../drawing/view.ts";
import { make } from "../elements.ts";
import { mark } from "../labeler/marks.ts";
import { jumpField } from "../recording/jump.ts";
import { pannable } from "../recording/panning.ts";
import type { RecordingState } from "../recording/state.ts";
import { prepared } from "../recording/strip.ts";
import { RecordingView } from "../recording/view.ts";
import { type Axes, clock, hertzOf, moment } from "./axes.ts";
import { drawLooks, unitOf } from "./looks.ts";
import { Pane } from "./pane.ts";
import { Player } from "./player.ts";
import { paintAxes } from "./ruler.ts";
import { type Facts, Spectrum } from "./spectrum.ts";
import { SOUND } from "./trade.ts";

const LOOK = { fill: 0.06, line: 2 };
const SPEEDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10];

export abstract class Chart extends RecordingView {
  protected readonly pane: Pane;
  protected cursor = 0; // seconds
  protected readonly spectrum: Spectrum;
  protected readonly player: Player;
  protected readonly jump: HTMLInputElement;
  protected readonly line = make("div", { class: "im-cursor", "aria-hidden": "true" });

  constructor(state: RecordingState, element: HTMLElement) {
    super(state, element, SOUND);
    this.pane = new Pane(() => this.page, () => this.redraw());
    this.spectrum = new Spectrum(state, () => this.redraw());
    this.player = new Player(state, () => this.played());
    this.parts.stage.append(this.line);
    pannable(this.parts.stage, {
      pan: (dx, dy) => this.pane.look(this.pane.left - dx, this.pane.top - dy),
      scale: (factor, [x, y], isOther) => (isOther ? this.pane.scaleBand(factor, y) : this.pane.scaleTime(factor, x)),
      tapped: ([x]) => this.seek((this.pane.left + x) / this.axes.perSecond),
    });
    this.parts.stage.addEventListener("pointermove", (event) => this.tellPlace(event));
    this.jump = jumpField("1:02:03.5", (time) => this.goTo(time), () => this.parts.stage.focus());
    this.parts.clock.after(this.jump);
  }

  get facts(): Facts | undefined {
    return this.state.facts as Facts | undefined;
  }

  protected get axes(): Axes {
    return this.pane.axes;
  }

  get view(): View {
    return this.pane.view;
  }

  get picture(): Size {
    return this.pane.size;
  }

  get seconds(): number {
    return this.facts?.seconds ?? 1;
  }

  get time(): number {
    return this.player.isPlaying ? this.player.position : this.cursor;
  }

  opened(): void {
    const { facts } = this;
    if (!facts) return;
    this.spectrum.open(facts);
    this.retune();
    for (const one of this.parts.buttons) if (one.dataset.action === "channel") one.hidden = facts.channels < 2;
    this.drawLooks();
  }

  protected drawLooks(): void {
    if (!this.facts) return;
    drawLooks(this.parts.looks, this.facts, this.spectrum, this.player, () => this.retune());
  }

  /** The spectrogram is made or drawn in another way now. */
  protected retune(): void {
    const { facts } = this;
    if (facts) this.pane.tune({ ...facts, window: this.spectrum.window, hop: this.spectrum.hop });
    this.redraw();
  }

  protected turnWindow(way: number): void {
    this.spectrum.window = Math.max(64, Math.min(32768, this.spectrum.window * 2 ** way));
    this.drawLooks();
    this.retune();
    this.say(`Window ${this.spectrum.window}`);
  }

  /** Whether there is such a time. */
  protected goTo(time: number): boolean {
    const isThere = time >= 0 && time <= this.seconds;
    if (isThere) this.seek(time);
    return isThere;
  }

  seek(time: number): void {
    this.player.stop();
    this.cursor = Math.max(0, Math.min(this.seconds, time));
    this.pane.show(this.cursor);
    this.redraw();
  }

  paint(): void {
    const { page } = this;
    this.pane.settle();
    const pen = prepared(this.parts.ground, page.width, page.height);
    this.spectrum.paint(pen, this.axes, this.view, page);
    paintAxes(pen, this.axes, this.view, page);
    const shown = this.visible().filter(({ id, shape }) => id !== this.selectedId && this.isSeen(shape as Box));
    paint(pen, shown, this.view, LOOK);
    const one = this.selected();
    const sketched = this.hand.sketch?.shape();
    const label = sketched || !one ? this.label : one.label;
    mark(this.parts.marks, { shape: this.hand.shape ?? sketched ?? one?.shape, label, isHeld: !sketched && one !== undefined }, this.view);
    this.parts.stage.dataset.loaded = String(this.spectrum.isWhole);
    this.parts.why.hidden = !this.spectrum.why;
    this.parts.why.textContent = this.spectrum.why;
    this.drawCursor();
  }

  override dispose(): void {
    this.player.dispose();
    this.spectrum.dispose();
    super.dispose();
  }

  protected isSeen({ x, width }: Box): boolean {
    return x + width >= this.pane.left && x <= this.pane.left + this.page.width;
  }

  protected played(): void {
    if (this.player.isPlaying) this.pane.show(this.player.position);
    this.drawCursor();
  }

  protected rate(way: number): void {
    this.player.stop();
    this.player.speed = SPEEDS[(SPEEDS.indexOf(this.player.speed) + way + SPEEDS.length) % SPEEDS.length]!;
    this.say(`Speed ${this.player.speed}`);
    this.redraw();
  }

  protected turnLog(): void {
    this.axes.isLog = !this.axes.isLog;
    for (const one of this.parts.buttons) if (one.dataset.action === "log") one.setAttribute("aria-pressed", String(this.axes.isLog));
    this.say(this.axes.isLog ? "Frequencies by powers of ten" : "Frequencies even");
    this.redraw();
  }

  protected turnChannel(): void {
    this.spectrum.channel = (this.spectrum.channel + 1) % (this.facts?.channels ?? 1);
    this.say(`Channel ${this.spectrum.channel + 1}`);
    this.redraw();
  }

  protected drawCursor(): void {
    const x = this.time * this.axes.perSecond - this.pane.left;
    this.line.hidden = x < 0 || x > this.page.width;
    this.line.style.transform = `translateX(${x}px)`;
    this.strip.draw(this.bars(), this.time, this.pane.seen);
    const { speed: by } = this.player;
    const speed = by === 1 ? "" : `, × ${by}: 1 kHz is heard at ${by} kHz`;
    const channel = (this.facts?.channels ?? 1) > 1 ? `, channel ${this.spectrum.channel + 1}` : "";
    this.parts.clock.textContent = `${clock(this.time, 3)} of ${clock(this.seconds, 1)}${moment(this.facts?.taken_at, this.time)}${channel}${speed}`;
    this.parts.stage.dataset.playing = String(this.player.isPlaying);
  }

  protected tellPlace(event: PointerEvent): void {
    const [x, y] = this.stage.at(event);
    const [time, hertz] = [Math.max(0, x / this.axes.perSecond), hertzOf(y, this.axes)];
    const level = this.facts && this.spectrum.levelAt(time, hertz, this.axes);
    const told = level === undefined ? "" : `, ${(level + (this.facts?.full_scale ?? 0)).toFixed(0)} ${unitOf(this.facts!)}`;
    this.parts.place.textContent = `${clock(time, 3)}, ${Math.round(hertz)} Hz${told}`;
  }
}
