// Frames on their way from the kernel and those that are here: the one in sight first, then those around it.
import type { RecordingState } from "../recording/state.ts";

const ROOM = 160_000_000; // bytes of decoded frames that are kept
const AHEAD = [1, -1, 2, -2, 3, -3, 4, 5, 6, 7, 8, 9, 10, 12, 11, -4]; // frames that are fetched around the one in sight
const AGAIN = 15000; // milliseconds without an answer after which a frame is asked for once more

interface Kept {
  bitmap: ImageBitmap;
  longest: number;
}

export class Frames {
  readonly state: RecordingState;
  size = { width: 1, height: 1 };
  total = 0;
  /** Pixels of the longer side that are wanted; 0 for all there are. */
  longest = 0;
  why = ""; // why the frame in sight cannot be shown
  private readonly kept = new Map<number, Kept>();
  private readonly asked = new Map<string, number>();
  private readonly came: (number: number) => void;
  private wanted = 0;
  private isOver = false;

  /** `came` hears the number of each frame that is here now. */
  constructor(state: RecordingState, came: (number: number) => void) {
    this.state = state;
    this.came = came;
    state.parts.add(this.receive);
  }

  get(number: number): ImageBitmap | undefined {
    return this.kept.get(number)?.bitmap;
  }

  /** Have a frame, and of those around it every `stride`th: first those in the direction of `way`. */
  want(number: number, way: number, stride = 1): void {
    this.wanted = number;
    const room = this.most() - 2;
    const next = number - (number % stride);
    const numbers = [number, ...AHEAD.slice(0, room).map((step) => next + step * way * stride)];
    this.forget(new Set(numbers));
    const now = performance.now();
    const missing = numbers.filter((one) => one >= 0 && one < this.total && !this.has(one) && !this.isAsked(one, now));
    if (missing.length === 0) return;
    const places = missing.map((one) => [one, this.longest]);
    for (const place of places) this.asked.set(place.join(), now);
    this.state.send({ type: "parts", places });
  }

  /** Nobody waits any more for what was asked for before. */
  private forget(wanted: ReadonlySet<number>): void {
    const stale = [...this.asked.keys()].map((key) => key.split(",").map(Number)).filter(([one]) => !wanted.has(one!));
    for (const place of stale) this.asked.delete(place.join());
    if (stale.length) this.state.send({ type: "forget", places: stale });
  }

  dispose(): void {
    this.isOver = true;
    this.state.parts.delete(this.receive);
    for (const { bitmap } of this.kept.values()) bitmap.close();
    this.kept.clear();
  }

  private has(number: number): boolean {
    const found = this.kept.get(number);
    return found !== undefined && (found.longest === 0 || (this.longest !== 0 && found.longest >= this.longest));
  }

  private isAsked(number: number, now: number): boolean {
    return now - (this.asked.get(`${number},${this.longest}`) ?? -AGAIN) < AGAIN;
  }

  private most(): number {
    const { width, height } = this.size;
    const scale = this.longest ? this.longest / Math.max(width, height) : 1;
    return Math.max(6, Math.min(200, Math.floor(ROOM / (width * height * scale * scale * 4))));
  }

  private readonly receive = (buffer: DataView<ArrayBuffer> | undefined, why: string, place: number[]): void => {
    const [number, longest] = place as [number, number];
    this.asked.delete(place.join());
    if (number === this.wanted) this.why = why;
    if (!buffer) return this.came(number);
    createImageBitmap(new Blob([buffer], { type: "image/jpeg" })).then(
      (bitmap) => this.keep(number, { bitmap, longest }),
      (error: unknown) => this.state.stumble(error),
    );
  };

  private keep(number: number, frame: Kept): void {
    const before = this.kept.get(number)?.longest ?? 1;
    if (this.isOver || before === 0 || (frame.longest !== 0 && frame.longest < before)) return frame.bitmap.close();
    this.kept.get(number)?.bitmap.close();
    this.kept.set(number, frame);
    const far = [...this.kept.keys()].sort((a, b) => Math.abs(b - this.wanted) - Math.abs(a - this.wanted));
    for (const one of far.slice(0, Math.max(0, far.length - this.most()))) {
      this.kept.get(one)?.bitmap.close();
      this.kept.delete(one);
    }
    this.came(number);
  }
}
