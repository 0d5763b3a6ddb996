// What is seen and heard of a film: the frame in sight, how fine and how large, playing, the clock.
import { paint } from "../drawing/paint.ts";
import { fitting, type Size, type View, zoomed } from "../drawing/view.ts";
import { mark } from "../labeler/marks.ts";
import { slider } from "../recording/frame.ts";
import { jumpField } from "../recording/jump.ts";
import { pannable } from "../recording/panning.ts";
import type { RecordingState } from "../recording/state.ts";
import { prepared } from "../recording/strip.ts";
import { clock, moment } from "../sound/axes.ts";
import { RecordingView } from "../recording/view.ts";
import { FilmEar } from "./ear.ts";
import { Frames } from "./frames.ts";
import { Reel } from "./reel.ts";
import { FILM } from "./trade.ts";

const LOOK = { fill: 0.12, line: 2 };
const LONGEST = 1920; // pixels of a frame's longer side, unless somebody looks closer
const PLAYED = 320; // while it plays, as many as the stage has, rounded up to so many
const RATES = [1, 2, 4, 0.25, 0.5];

/** What the kernel says of a film (video/widget.py); `seconds` as the file has it, be that right or not. */
interface Facts extends Size {
  seconds: number;
  hears: boolean;
  surveyed: number;
  taken_at?: string | null;
}

export abstract class Screen extends RecordingView {
  view: View = { left: 0, top: 0, scale: 1 };
  protected isWhole = true; // the view follows the size of the stage
  protected isFine = false; // somebody looks closer than a frame is sent at first
  protected toJoin: string | undefined;
  protected times = Float64Array.of(0);
  protected readonly frames: Frames;
  protected readonly reel: Reel;
  protected readonly ear: FilmEar;
  protected readonly jump: HTMLInputElement;
  private readonly sight = new IntersectionObserver((seen) => !seen.at(-1)?.isIntersecting && this.reel.dispose());

  constructor(state: RecordingState, element: HTMLElement) {
    super(state, element, FILM);
    this.frames = new Frames(state, (number) => this.came(number));
    this.ear = new FilmEar(state, () => this.times.at(-1)!);
    this.reel = new Reel((number) => this.frames.get(number) !== undefined, (way) => this.turned(way), this.ear);
    pannable(this.parts.stage, {
      pan: (dx, dy) => this.look({ ...this.view, left: this.view.left - dx / this.view.scale, top: this.view.top - dy / this.view.scale }),
      scale: (factor, place) => this.look(zoomed(this.view, factor, place)),
      tapped: () => undefined,
    });
    this.jump = jumpField("1:02:03.5 or #120", (seconds, frame) => this.goTo(seconds, frame), () => this.parts.stage.focus());
    this.parts.clock.after(this.jump);
    this.sight.observe(this.parts.stage); // what nobody sees stands still
  }

  /** Whether there is such a time or frame. */
  protected goTo(seconds: number, frame: number | undefined): boolean {
    const to = frame === undefined ? this.reel.frameAt(seconds) : frame - 1;
    const isThere = frame === undefined ? seconds >= 0 && seconds < this.seconds : Number.isInteger(frame) && to in this.times;
    if (isThere) this.reel.go(to);
    return isThere;
  }

  get picture(): Facts {
    return (this.state.facts as Facts | undefined) ?? { width: 1, height: 1, seconds: 0, hears: false, surveyed: 0 };
  }

  /** Until the last frame is over; as the film says, as long as not all frames are known. */
  get seconds(): number {
    const { times } = this;
    const known = times.at(-1)! + (times.length > 1 ? times.at(-1)! / (times.length - 1) : 0.04);
    return this.surveyed < 1 ? Math.max(known, this.picture.seconds) : known;
  }

  get time(): number {
    return this.times[this.reel.frame] ?? 0;
  }

  opened(): void {
    const { picture, state, parts } = this;
    const [told] = state.figures;
    if (told) this.times = new Float64Array(told.buffer.slice(told.byteOffset, told.byteOffset + told.byteLength));
    this.reel.times = this.times;
    this.frames.size = picture;
    this.frames.total = this.times.length;
    if (picture.hears && !parts.looks.firstChild) this.offerSound();
    for (const one of parts.buttons) if (one.dataset.action === "hear") one.hidden = !picture.hears;
    this.turned(1);
  }

  /** The share of the film whose frames are known. */
  protected get surveyed(): number {
    return Math.max(this.state.surveyed, this.picture.surveyed);
  }

  protected offerSound(): void {
    this.parts.looks.append(slider("Volume", [-40, 20, 1], 0, (decibels) => (this.ear.player.decibels = decibels)));
    this.sounded(true);
  }

  /** Hear the film while it plays, or not. */
  protected sounded(isOn: boolean): void {
    this.ear.isOn = isOn;
    for (const one of this.parts.buttons) if (one.dataset.action === "hear") one.setAttribute("aria-pressed", String(isOn));
    if (this.reel.isPlaying) this.reel.again();
  }

  seek(time: number): void {
    this.reel.go(this.reel.frameAt(time));
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

  override dispose(): void {
    this.sight.disconnect();
    this.reel.dispose();
    this.ear.player.dispose();
    this.frames.dispose();
    super.dispose();
  }

  protected came(number: number): void {
    if (number === this.reel.frame) this.redraw();
  }

  /** Another frame is in sight. */
  protected turned(way: number): void {
    const { width, height } = this.picture;
    const page = Math.max(this.page.width, this.page.height) * window.devicePixelRatio;
    const most = this.isFine ? Infinity : this.reel.isPlaying ? Math.ceil(page / PLAYED) * PLAYED : LONGEST;
    this.frames.longest = most < Math.max(width, height) ? most : 0;
    this.frames.want(this.reel.aim, way, this.reel.stride);
    this.redraw();
  }

  protected look(view: View, isWhole = false): void {
    this.isWhole = isWhole;
    const scale = Math.max(Math.min(view.scale, 32), 0.02);
    this.view = { ...view, scale };
    const { width, height } = this.picture;
    this.isFine = scale * Math.max(width, height) > 2200;
    this.turned(1);
  }

  protected tellTime(isThere: boolean): void {
    const { frame, rate } = this.reel;
    const speed = rate === 1 ? "" : `, × ${rate}`;
    const found = this.surveyed < 1 ? ` (${Math.round(this.surveyed * 100)} % of the film are read)` : "";
    const minutes = this.time < 60 ? "" : ` (${clock(this.time)})`;
    this.parts.clock.textContent = `Frame ${frame + 1} of ${this.times.length}${found}, ${this.time.toFixed(3)} s${minutes}${moment(this.picture.taken_at, this.time)}${speed}`;
    this.parts.stage.dataset.frame = isThere ? String(frame) : "";
    this.parts.why.hidden = isThere || !this.frames.why;
    this.parts.why.textContent = this.frames.why;
    this.parts.place.textContent = this.toJoin ? "Choose the track to join, then J" : "";
  }

  protected play(): void {
    this.say(this.reel.toggle() ? "Plays" : "Stands still");
    this.turned(1); // how fine frames are depends on it
  }

  protected rate(): void {
    this.reel.rate = this.ear.player.speed = RATES[(RATES.indexOf(this.reel.rate) + 1) % RATES.length]!;
    if (this.reel.isPlaying) this.reel.again();
    this.say(`Speed ${this.reel.rate}`);
    this.redraw();
  }

  protected mute(): void {
    this.sounded(!this.ear.isOn && this.picture.hears);
    this.say(this.ear.isOn ? "With its sound" : this.picture.hears ? "Without its sound" : "This film has no sound");
  }
}
