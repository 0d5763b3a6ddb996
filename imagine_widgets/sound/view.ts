// A sound before a person: its boxes of time and frequency, and what she hears of them.
import { moved } from "../drawing/edit.ts";
import type { Box, Shape } from "../drawing/shapes.ts";
import { newId } from "../outbox.ts";
import type { RecordingState } from "../recording/state.ts";
import { type Bar } from "../recording/strip.ts";
import type { Labelled, TimeFrequency } from "../recording/wire.ts";
import { boxOf, stretchOf } from "./axes.ts";
import { Chart } from "./chart.ts";

export class SoundView extends Chart {
  constructor(state: RecordingState, element: HTMLElement) {
    super(state, element);
    this.begun();
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

  own(name: string, detail: string | number | undefined): void {
    const actions: Record<string, () => void> = {
      play: () => this.play(),
      playBox: () => this.playBox(detail !== 0),
      rate: () => this.rate(Number(detail ?? 1)),
      jump: () => this.jump.focus(),
      window: () => this.turnWindow(Number(detail)),
      log: () => this.turnLog(),
      channel: () => this.turnChannel(),
      cursor: () => this.seek(this.cursor + (Number(detail) * this.page.width) / this.axes.perSecond),
      turn: () => this.pane.turn(Number(detail), 0),
      band: () => this.pane.turn(0, Number(detail)),
      scaleBand: () => this.pane.scaleBand(Number(detail), this.page.height / 2),
      zoom: () => this.pane.scaleTime(Number(detail), this.page.width / 2),
      whole: () => this.pane.whole(),
      new: () => this.draft(),
      open: () => this.openBand(),
      nudge: () => this.nudge(String(detail), false),
      grow: () => this.nudge(String(detail), true),
    };
    actions[name]?.();
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

  /** All frequencies belong to it: a stretch of time. */
  private openBand(): void {
    const one = this.chosen();
    if (!one) return this.say("Select a box first");
    const { start, end } = one.shape as TimeFrequency;
    const open = this.reshaped(one, { kind: "TimeFrequency", start, end, low: null, high: null });
    this.state.edit([open]);
    this.say(this.describe(open));
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
}
