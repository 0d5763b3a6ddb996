// A sound before a person: its spectrogram with boxes of time and frequency, a cursor, and what she hears.
import { moved } from "../drawing/edit.ts";
import { paint } from "../drawing/paint.ts";
import type { Box, Shape } from "../drawing/shapes.ts";
import type { Size, View } from "../drawing/view.ts";
import { make } from "../elements.ts";
import { mark } from "../labeler/marks.ts";
import { newId } from "../outbox.ts";
import { pannable } from "../recording/panning.ts";
import type { RecordingState } from "../recording/state.ts";
import { type Bar, prepared } from "../recording/strip.ts";
import { RecordingView } from "../recording/view.ts";
import type { Labelled, TimeFrequency } from "../recording/wire.ts";
import { type Axes, boxOf, clock, hertzOf, stretchOf } from "./axes.ts";
import { drawLooks } from "./looks.ts";
import { Pane } from "./pane.ts";
import { Player } from "./player.ts";
import { paintAxes } from "./ruler.ts";
import { type Facts, Spectrum } from "./spectrum.ts";
import { SOUND } from "./trade.ts";

const LOOK = { fill: 0.06, line: 2 };
const SPEEDS = [1, 2, 4, 0.25, 0.5];

export class SoundView extends RecordingView {
  private readonly pane: Pane;
  private cursor = 0; // seconds
  private readonly spectrum: Spectrum;
  private readonly player: Player;
  private readonly line = make("div", { class: "im-cursor", "aria-hidden": "true" });

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
    this.begun();
  }

  get facts(): Facts | undefined {
    return this.state.facts as Facts | undefined;
  }

  private get axes(): Axes {
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
    this.spectrum.facts = facts;
    this.spectrum.contrast = facts.contrast;
    this.pane.open(facts);
    for (const one of this.parts.buttons) if (one.dataset.action === "channel") one.hidden = facts.channels < 2;
    drawLooks(this.parts.looks, facts, this.spectrum, this.player, () => this.redraw());
  }

  seek(time: number): void {
    this.player.stop();
    this.cursor = Math.max(0, Math.min(this.seconds, time));
    this.pane.show(this.cursor);
    this.redraw();
  }

  flat(one: Labelled): Shape {
    return boxOf(one.shape as TimeFrequency, this.axes);
  }

  begin(one: Labelled): number {
    return (one.shape as TimeFrequency).start;
  }

  describe(one: Labelled): string {
    const { start, end, low, high } = one.shape as TimeFrequency;
    const band = low == null && high == null ? "all frequencies" : `${Math.round(low ?? 0)} to ${Math.round(high ?? this.axes.top)} Hz`;
    return `${start.toFixed(2)} to ${end.toFixed(2)} s, ${band}`;
  }

  reveal(one: Labelled, near: boolean): void {
    const { start, end } = one.shape as TimeFrequency;
    this.pane.reveal(start, end, near);
    this.cursor = start;
  }

  made(shape: Shape): void {
    const region: Labelled = { id: newId(), label: this.label, shape: stretchOf(shape as Box, this.axes), state: "", score: null };
    this.state.edit([region]);
    this.select(region.id);
    this.say(`${this.title(this.label)}, ${this.describe(region)}`);
  }

  became(shape: Shape): void {
    const one = this.chosen();
    if (one) this.state.edit([this.reshaped(one, stretchOf(shape as Box, this.axes, one.shape as TimeFrequency))]);
  }

  bars(): Bar[] {
    return this.listed().map((one) => {
      const { start, end } = one.shape as TimeFrequency;
      return { from: start, to: end, label: one.label, isSelected: one.id === this.selectedId, isOpen: one.state === "predicted", keys: [] };
    });
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

  own(name: string, detail: string | number | undefined): void {
    const actions: Record<string, () => void> = {
      play: () => this.play(),
      playBox: () => this.playBox(detail !== 0),
      rate: () => this.rate(),
      log: () => this.turnLog(),
      channel: () => this.turnChannel(),
      cursor: () => this.seek(this.cursor + (Number(detail) * this.page.width) / this.axes.perSecond),
      turn: () => this.pane.turn(Number(detail), 0),
      band: () => this.pane.turn(0, Number(detail)),
      scaleBand: () => this.pane.scaleBand(Number(detail), this.page.height / 2),
      zoom: () => this.pane.scaleTime(Number(detail), this.page.width / 2),
      whole: () => this.pane.whole(),
      new: () => this.draft(),
      nudge: () => this.nudge(String(detail), false),
      grow: () => this.nudge(String(detail), true),
    };
    actions[name]?.();
  }

  override dispose(): void {
    this.player.dispose();
    this.spectrum.dispose();
    super.dispose();
  }

  private isSeen({ x, width }: Box): boolean {
    return x + width >= this.pane.left && x <= this.pane.left + this.page.width;
  }

  private play(): void {
    if (this.player.isPlaying) return this.seek(this.player.position);
    const from = this.cursor >= this.seconds - 0.01 ? 0 : this.cursor;
    this.player.play({ from, to: this.seconds, band: null, channel: this.spectrum.channel });
    this.say("Plays");
  }

  private playBox(onlyBand: boolean): void {
    const one = this.chosen();
    if (!one) return this.say("Select a box first");
    const { start, end, low, high } = one.shape as TimeFrequency;
    this.cursor = start;
    const band: [number, number] | null = onlyBand ? [low ?? 0, high ?? this.axes.top] : null;
    this.player.play({ from: start, to: end, band, channel: this.spectrum.channel });
    this.say(`Plays ${this.describe(one)}`);
  }

  private played(): void {
    if (this.player.isPlaying) this.pane.show(this.player.position);
    this.drawCursor();
  }

  private rate(): void {
    this.player.stop();
    this.player.speed = SPEEDS[(SPEEDS.indexOf(this.player.speed) + 1) % SPEEDS.length]!;
    this.say(`Speed ${this.player.speed}`);
    this.redraw();
  }

  private turnLog(): void {
    this.axes.isLog = !this.axes.isLog;
    for (const one of this.parts.buttons) if (one.dataset.action === "log") one.setAttribute("aria-pressed", String(this.axes.isLog));
    this.say(this.axes.isLog ? "Frequencies by powers of ten" : "Frequencies even");
    this.redraw();
  }

  private turnChannel(): void {
    this.spectrum.channel = (this.spectrum.channel + 1) % (this.facts?.channels ?? 1);
    this.say(`Channel ${this.spectrum.channel + 1}`);
    this.redraw();
  }

  /** A box at the cursor, for hands that have keys only. */
  private draft(): void {
    const { width, height } = this.page;
    const x = Math.min(this.cursor * this.axes.perSecond, this.picture.width - width / 12);
    this.made({ kind: "Box", x, y: this.pane.top + height * 0.4, width: width / 12, height: height * 0.2 });
  }

  private nudge(way: string, grows: boolean): void {
    const box = this.selected()?.shape as Box | undefined;
    const [x, y] = way.split(" ").map((step) => Number(step) * 2) as [number, number];
    if (!box) return;
    if (!grows) return this.became(moved(box, x, y, this.picture));
    const wide = Math.max(2, Math.min(box.width + x, this.picture.width - box.x));
    const tall = Math.max(2, Math.min(box.height - y, box.y + box.height));
    this.became({ ...box, y: box.y + box.height - tall, width: wide, height: tall });
  }

  private drawCursor(): void {
    const x = this.time * this.axes.perSecond - this.pane.left;
    this.line.hidden = x < 0 || x > this.page.width;
    this.line.style.transform = `translateX(${x}px)`;
    this.strip.draw(this.bars(), this.time, this.pane.seen);
    const speed = this.player.speed === 1 ? "" : `, × ${this.player.speed}`;
    const channel = (this.facts?.channels ?? 1) > 1 ? `, channel ${this.spectrum.channel + 1}` : "";
    this.parts.clock.textContent = `${clock(this.time, 3)} of ${clock(this.seconds, 1)}${channel}${speed}`;
    this.parts.stage.dataset.playing = String(this.player.isPlaying);
  }

  private tellPlace(event: PointerEvent): void {
    const [x, y] = this.stage.at(event);
    this.parts.place.textContent = `${clock(Math.max(0, x / this.axes.perSecond), 3)}, ${Math.round(hertzOf(y, this.axes))} Hz`;
  }
}
