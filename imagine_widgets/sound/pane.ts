// Which part of a sound is in sight, and how large: between seconds and hertz and the pixels of the stage.
import type { Size, View } from "../drawing/view.ts";
import type { Axes } from "./axes.ts";
import type { Facts } from "./spectrum.ts";

type Tuned = Pick<Facts, "rate" | "seconds" | "window"> & { hop: number };

const CLOSEST = 4; // pixels for each column of the finest spectrum
const TALLEST = 64; // times the height of the stage that all frequencies have at most

export class Pane {
  axes: Axes = { seconds: 1, top: 1, least: 1, isLog: false, perSecond: 1, height: 1 };
  left = 0; // of what is in sight, in pixels of the whole
  top = 0;
  private rise = 1; // how much higher the whole is than the stage
  private isWhole = true;
  private closest = 1;
  private readonly measured: () => Size;
  private readonly moved: () => void;

  /** `page` tells the size of the stage; `moved` hears that something else is in sight. */
  constructor(page: () => Size, moved: () => void) {
    this.measured = page;
    this.moved = moved;
  }

  get page(): Size {
    return this.measured();
  }

  get view(): View {
    return { left: this.left, top: this.top, scale: 1 };
  }

  /** The whole sound. */
  get size(): Size {
    return { width: this.axes.seconds * this.axes.perSecond, height: this.axes.height };
  }

  /** The seconds in sight. */
  get seen(): { from: number; to: number } {
    return { from: this.left / this.axes.perSecond, to: (this.left + this.page.width) / this.axes.perSecond };
  }

  /** A sound, and how its spectrogram is made. */
  tune({ rate, seconds, window, hop }: Tuned): void {
    Object.assign(this.axes, { seconds, top: rate / 2, least: Math.max(rate / window, 1) });
    this.closest = (CLOSEST * rate) / hop;
  }

  /** Fit what is in sight to the stage as it is now; nothing beyond the sound is shown. */
  settle(): void {
    const { width, height } = this.page;
    this.axes.height = height * this.rise;
    if (this.isWhole) this.axes.perSecond = width / this.axes.seconds;
    this.left = Math.max(0, Math.min(this.size.width - width, this.left));
    this.top = Math.max(0, Math.min(this.axes.height - height, this.top));
  }

  look(left: number, top: number): void {
    Object.assign(this, { left, top });
    this.settle();
    this.moved();
  }

  /** Move by shares of what is in sight. */
  turn(across: number, down: number): void {
    this.look(this.left + across * this.page.width, this.top + down * this.page.height);
  }

  whole(): void {
    Object.assign(this, { isWhole: true, rise: 1 });
    this.look(0, 0);
  }

  scaleTime(factor: number, x: number): void {
    const time = (this.left + x) / this.axes.perSecond;
    const least = this.page.width / this.axes.seconds;
    this.axes.perSecond = Math.max(least, Math.min(this.closest, this.axes.perSecond * factor));
    this.isWhole = this.axes.perSecond <= least;
    this.look(time * this.axes.perSecond - x, this.top);
  }

  scaleBand(factor: number, y: number): void {
    const share = (this.top + y) / this.axes.height;
    this.rise = Math.max(1, Math.min(TALLEST, this.rise * factor));
    this.look(this.left, share * this.page.height * this.rise - y);
  }

  /** Bring a stretch into sight, if it is not; with `near`, as large as it goes. */
  reveal(start: number, end: number, near: boolean): void {
    const { from, to } = this.seen;
    if (near) this.scaleTime(this.page.width / ((end - start) * 1.6) / this.axes.perSecond, 0);
    if (near || start < from || end > to) this.look(((start + end) / 2) * this.axes.perSecond - this.page.width / 2, this.top);
  }

  /** Bring a time into sight, if it is not: what follows it shows too. */
  show(time: number): void {
    const { from, to } = this.seen;
    if (time < from || time > to) this.look(time * this.axes.perSecond - this.page.width * 0.1, this.top);
  }
}
