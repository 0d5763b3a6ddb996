// A film before a person: frame by frame, with the tracks that pass through it.
import { moved } from "../drawing/edit.ts";
import { paint } from "../drawing/paint.ts";
import { bounds, type Shape, type XY } from "../drawing/shapes.ts";
import { fitting, type Size, type View, zoomed } from "../drawing/view.ts";
import { mark } from "../labeler/marks.ts";
import { newId } from "../outbox.ts";
import { pannable } from "../recording/panning.ts";
import type { RecordingState } from "../recording/state.ts";
import { type Bar, prepared } from "../recording/strip.ts";
import { RecordingView } from "../recording/view.ts";
import type { Labelled, Track } from "../recording/wire.ts";
import { type Cut, cutInTwo, makeOne, turnGone, turnKey } from "./cuts.ts";
import { Frames } from "./frames.ts";
import { Reel } from "./reel.ts";
import { at, span, withKey } from "./track.ts";
import { FILM } from "./trade.ts";

const LOOK = { fill: 0.12, line: 2 };
const RATES = [1, 2, 4, 0.25, 0.5];

export class VideoView extends RecordingView {
  view: View = { left: 0, top: 0, scale: 1 };
  private isWhole = true; // the view follows the size of the stage
  private toJoin: string | undefined;
  private times: readonly number[] = [0];
  private readonly frames: Frames;
  private readonly reel: Reel;

  constructor(state: RecordingState, element: HTMLElement) {
    super(state, element, FILM);
    this.frames = new Frames(state, (number) => this.came(number));
    this.reel = new Reel((number) => this.frames.get(number) !== undefined, (way) => this.turned(way));
    pannable(this.parts.stage, {
      pan: (dx, dy) => this.look({ ...this.view, left: this.view.left - dx / this.view.scale, top: this.view.top - dy / this.view.scale }),
      scale: (factor, place) => this.look(zoomed(this.view, factor, place)),
      tapped: () => undefined,
    });
    this.begun();
  }

  get picture(): Size {
    return (this.state.facts as Size | undefined) ?? { width: 1, height: 1 };
  }

  get seconds(): number {
    const { times } = this;
    return times.at(-1)! + (times.length > 1 ? times.at(-1)! / (times.length - 1) : 0.04);
  }

  get time(): number {
    return this.times[this.reel.frame] ?? 0;
  }

  opened(): void {
    const [told] = this.state.figures;
    if (told) this.times = Array.from({ length: told.byteLength / 8 }, (_, i) => told.getFloat64(8 * i, true));
    this.reel.times = this.times;
    this.frames.size = this.picture;
    this.frames.total = this.times.length;
    this.turned(1);
  }

  seek(time: number): void {
    this.reel.go(this.reel.frameAt(time));
  }

  flat(one: Labelled): Shape | undefined {
    return at(one.shape as Track, this.time);
  }

  begin(one: Labelled): number {
    return (one.shape as Track).keys[0]!.time;
  }

  describe(one: Labelled): string {
    const { from, to } = span(one.shape as Track, this.seconds);
    return `${from.toFixed(2)} to ${to.toFixed(2)} s, ${(one.shape as Track).keys.length} key frames`;
  }

  reveal(one: Labelled, near: boolean): void {
    const { from, to } = span(one.shape as Track, this.seconds);
    if (this.time < from - 1e-6 || this.time >= to) this.seek(from);
    const shape = near ? this.flat(one) : undefined;
    if (shape) this.look(fitting(bounds(shape), this.page, 1));
  }

  made(shape: Shape): void {
    const track: Track = { kind: "Track", keys: [{ kind: "Key", time: this.time, shape }] };
    const region: Labelled = { id: newId(), label: this.label, shape: track, state: "", score: null };
    this.state.edit([region]);
    this.select(region.id);
    this.say(`${this.title(this.label)} begins`);
  }

  became(shape: Shape): void {
    const one = this.chosen();
    if (one) this.state.edit([this.reshaped(one, withKey(one.shape as Track, this.time, shape))]);
  }

  bars(): Bar[] {
    return this.listed().map((one) => {
      const { keys } = one.shape as Track;
      const times = keys.filter(({ shape }) => shape).map(({ time }) => time);
      const kind = { label: one.label, isSelected: one.id === this.selectedId, isOpen: one.state === "predicted" };
      return { ...span(one.shape as Track, this.seconds), ...kind, keys: times };
    });
  }

  paint(): void {
    if (this.isWhole) this.view = fitting({ left: 0, top: 0, right: this.picture.width, bottom: this.picture.height }, this.page);
    const { width, height } = this.page;
    const pen = prepared(this.parts.ground, width, height);
    const bitmap = this.frames.get(this.reel.frame);
    const { left, top, scale } = this.view;
    pen.imageSmoothingEnabled = scale < 4;
    if (bitmap) pen.drawImage(bitmap, -left * scale, -top * scale, this.picture.width * scale, this.picture.height * scale);
    const shown = this.visible().filter(({ id }) => id !== this.selectedId);
    paint(pen, shown, this.view, LOOK);
    const one = this.selected();
    const sketched = this.hand.sketch?.shape();
    const label = sketched || !one ? this.label : one.label;
    mark(this.parts.marks, { shape: this.hand.shape ?? sketched ?? one?.shape, label, isHeld: !sketched && one !== undefined }, this.view);
    this.strip.draw(this.bars(), this.time, undefined);
    this.tellTime(bitmap !== undefined);
  }

  own(name: string, detail: string | number | undefined): void {
    const { times } = this;
    const actions: Record<string, () => void> = {
      frames: () => this.reel.go(this.reel.frame + Number(detail)),
      second: () => this.seek(Math.max(0, Math.min(times.at(-1)!, this.time + Number(detail)))),
      play: () => this.say(this.reel.toggle() ? "Plays" : "Stands still"),
      rate: () => this.rate(),
      finish: () => this.hand.finish(),
      new: () => this.draft(),
      key: () => this.cut((one) => turnKey(one, this.time, this.reshaped)),
      gone: () => this.cut((one) => turnGone(one, this.time, this.reshaped)),
      keyframe: () => this.toKey(Number(detail)),
      split: () => this.cut((one) => cutInTwo(one, this.time, this.reshaped)),
      join: () => this.join(),
      zoom: () => this.look(zoomed(this.view, Number(detail), [this.page.width / 2, this.page.height / 2])),
      whole: () => this.look(this.view, true),
      nudge: () => this.nudge(String(detail), false),
      grow: () => this.nudge(String(detail), true),
    };
    actions[name]?.();
  }

  override dispose(): void {
    this.reel.dispose();
    this.frames.dispose();
    super.dispose();
  }

  private came(number: number): void {
    if (number === this.reel.frame) this.redraw();
  }

  /** Another frame is in sight. */
  private turned(way: number): void {
    this.frames.want(this.reel.frame, way);
    this.redraw();
  }

  private look(view: View, isWhole = false): void {
    this.isWhole = isWhole;
    const scale = Math.max(Math.min(view.scale, 32), 0.02);
    this.view = { ...view, scale };
    const { width, height } = this.picture;
    this.frames.isFine = scale * Math.max(width, height) > 2200;
    this.turned(1);
  }

  private tellTime(isThere: boolean): void {
    const { frame, rate } = this.reel;
    const speed = rate === 1 ? "" : `, × ${rate}`;
    this.parts.clock.textContent = `Frame ${frame + 1} of ${this.times.length}, ${this.time.toFixed(3)} s${speed}`;
    this.parts.stage.dataset.frame = isThere ? String(frame) : "";
    this.parts.why.hidden = isThere || !this.frames.why;
    this.parts.why.textContent = this.frames.why;
    this.parts.place.textContent = this.toJoin ? "Choose the track to join, then J" : "";
  }

  private rate(): void {
    this.reel.rate = RATES[(RATES.indexOf(this.reel.rate) + 1) % RATES.length]!;
    this.say(`Speed ${this.reel.rate}`);
    this.redraw();
  }

  /** A box in the middle of what is in sight, for hands that have keys only. */
  private draft(): void {
    const { width, height } = this.page;
    const [x, y] = [this.view.left + width / 2 / this.view.scale, this.view.top + height / 2 / this.view.scale];
    const side = Math.min(width, height) / 4 / this.view.scale;
    this.made({ kind: "Box", x: x - side / 2, y: y - side / 2, width: side, height: side });
  }

  private cut(made: (one: Labelled) => Cut): void {
    const one = this.chosen();
    if (!one) return this.say("Select a track first");
    const { put, drop, select, words } = made(one);
    if (put.length) this.state.edit(put, drop);
    if (select) this.select(select);
    this.say(words);
  }

  private toKey(way: number): void {
    const times = (this.chosen()?.shape as Track | undefined)?.keys.map(({ time }) => time) ?? [];
    const to = way > 0 ? times.find((time) => time > this.time + 1e-6) : times.findLast((time) => time < this.time - 1e-6);
    if (to !== undefined) this.seek(to);
  }

  private join(): void {
    const one = this.chosen();
    const other = this.toJoin === undefined ? undefined : this.state.regions.get(this.toJoin);
    this.toJoin = other ? undefined : one?.id;
    this.redraw();
    if (one && other && other.id !== one.id) return this.cut(() => makeOne(one, other, this.reshaped));
    this.say(this.toJoin ? "Choose the track to join, then J" : one ? "Not joined" : "Select a track first");
  }

  private nudge(way: string, grows: boolean): void {
    const shape = this.selected()?.shape;
    const [x, y] = way.split(" ").map((step) => (Number(step) * 2) / this.view.scale) as unknown as XY;
    if (!shape) return;
    if (!grows) return this.became(moved(shape, x, y, this.picture));
    if (shape.kind !== "Box") return;
    const { width, height } = this.picture;
    const wide = Math.max(1, Math.min(shape.width + x, width - shape.x));
    this.became({ ...shape, width: wide, height: Math.max(1, Math.min(shape.height + y, height - shape.y)) });
  }
}
