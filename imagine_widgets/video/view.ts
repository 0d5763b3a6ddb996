// A film before a person: the tracks that pass through it, and what she does to them.
import { moved } from "../drawing/edit.ts";
import { bounds, type Shape, type XY } from "../drawing/shapes.ts";
import { fitting, zoomed } from "../drawing/view.ts";
import { newId } from "../outbox.ts";
import type { RecordingState } from "../recording/state.ts";
import { type Bar } from "../recording/strip.ts";
import type { Labelled, Track } from "../recording/wire.ts";
import { type Cut, cutInTwo, makeOne, turnGone, turnKey } from "./cuts.ts";
import { at, seenParts, span, withKey } from "./track.ts";
import { Screen } from "./screen.ts";

export class VideoView extends Screen {
  constructor(state: RecordingState, element: HTMLElement) {
    super(state, element);
    this.begun();
  }

  flat(one: Labelled): Shape | undefined {
    return at(one.shape as Track, this.time);
  }

  begin(one: Labelled): number {
    return (one.shape as Track).keys[0]!.time;
  }

  describe(one: Labelled): string {
    const { from, to } = span(one.shape as Track, this.seconds);
    const { length } = (one.shape as Track).keys;
    return `${from.toFixed(2)} to ${to.toFixed(2)} s, ${length} key frame${length === 1 ? "" : "s"}`;
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
      const track = one.shape as Track;
      const times = track.keys.filter(({ shape }) => shape).map(({ time }) => time);
      const parts = seenParts(track, this.seconds);
      const kind = { label: one.label, isSelected: one.id === this.selectedId, isOpen: one.state === "predicted" };
      return { ...span(track, this.seconds), ...kind, keys: times, ...(parts.length > 1 && { parts }) };
    });
  }

  own(name: string, detail: string | number | undefined): void {
    const { times } = this;
    const actions: Record<string, () => void> = {
      frames: () => this.reel.go(this.reel.frame + Number(detail)),
      second: () => this.seek(Math.max(0, Math.min(times.at(-1)!, this.time + Number(detail)))),
      play: () => this.play(),
      rate: () => this.rate(),
      hear: () => this.mute(),
      jump: () => this.jump.focus(),
      timeline: () => this.strip.zoom(Number(detail)),
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
