// A mask that a brush paints or rubs out: bytes of a part of the picture that grows with the strokes.
import { maskOf, stretches } from "./masks.ts";
import type { Mask, XY } from "./shapes.ts";
import type { Size } from "./view.ts";

export class Brush {
  private readonly picture: Size;
  private x = 0;
  private y = 0;
  private width = 0;
  private height = 0;
  private inside = new Uint8Array();

  constructor(picture: Size, mask?: Mask) {
    this.picture = picture;
    if (!mask) return;
    this.grow(mask.x, mask.y, mask.x + mask.width, mask.y + mask.height);
    for (const [row, from, to] of stretches(mask)) this.fill(row, from, to, 1);
  }

  /** A stroke from one place to another; `rub` takes away. */
  stroke(from: XY, to: XY, radius: number, rub = false): void {
    if (!rub) {
      const left = Math.min(from[0], to[0]) - radius;
      const top = Math.min(from[1], to[1]) - radius;
      this.grow(left, top, Math.max(from[0], to[0]) + radius, Math.max(from[1], to[1]) + radius);
    }
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / Math.max(radius / 2, 0.5)));
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      this.dab([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share], radius, rub ? 0 : 1);
    }
  }

  /** What is painted, no larger than it has to be; nothing where all is rubbed out. */
  mask(): Mask | undefined {
    let [left, top, right, bottom] = [this.width, this.height, -1, -1];
    this.inside.forEach((byte, at) => {
      if (!byte) return;
      const [x, y] = [at % this.width, Math.floor(at / this.width)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
    });
    if (right < 0) return undefined;
    const width = right - left + 1;
    const cut = new Uint8Array(width * (bottom - top + 1));
    for (let row = top; row <= bottom; row++) {
      const start = row * this.width + left;
      cut.set(this.inside.subarray(start, start + width), (row - top) * width);
    }
    return maskOf(cut, this.x + left, this.y + top, width);
  }

  /** Every pixel whose middle is in the disc, and the one under a disc that holds no middle. */
  private dab([x, y]: XY, radius: number, value: number): void {
    this.fill(Math.floor(y), Math.floor(x), Math.floor(x) + 1, value);
    for (let row = Math.floor(y - radius); row <= y + radius; row++) {
      const half = Math.sqrt(radius ** 2 - (row + 0.5 - y) ** 2);
      if (half >= 0) this.fill(row, Math.ceil(x - half - 0.5), Math.floor(x + half - 0.5) + 1, value);
    }
  }

  private fill(row: number, from: number, to: number, value: number): void {
    if (row < this.y || row >= this.y + this.height) return;
    const start = (row - this.y) * this.width;
    const [first, last] = [Math.max(from - this.x, 0), Math.min(to - this.x, this.width)];
    if (last > first) this.inside.fill(value, start + first, start + last);
  }

  /** Room for a part of the picture, and never beyond the picture. */
  private grow(left: number, top: number, right: number, bottom: number): void {
    const isNew = this.width === 0;
    const x = Math.max(0, Math.floor(isNew ? left : Math.min(left, this.x)));
    const y = Math.max(0, Math.floor(isNew ? top : Math.min(top, this.y)));
    const width = Math.min(this.picture.width, Math.ceil(isNew ? right : Math.max(right, this.x + this.width))) - x;
    const height = Math.min(this.picture.height, Math.ceil(isNew ? bottom : Math.max(bottom, this.y + this.height))) - y;
    if (width <= 0 || height <= 0 || (!isNew && x === this.x && y === this.y && width === this.width && height === this.height)) return;
    const larger = new Uint8Array(width * height);
    for (let row = 0; row < this.height; row++) {
      const line = this.inside.subarray(row * this.width, (row + 1) * this.width);
      larger.set(line, (row + this.y - y) * width + this.x - x);
    }
    Object.assign(this, { x, y, width, height });
    this.inside = larger;
  }
}
