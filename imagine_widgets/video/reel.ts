// Which frame of a film is in sight: by steps, by time, and while it plays by the clock. It never shows a wrong frame:
// where one is not here yet, the clock waits for it.

export class Reel {
  times: readonly number[] = [];
  frame = 0;
  rate = 1;
  private readonly isHere: (frame: number) => boolean;
  private readonly turned: (way: number) => void;
  private request = 0;
  private last = 0; // the moment of the last look at the clock
  private time = 0; // of the film, while it plays

  /** `turned` hears that another frame is in sight, and in which direction. */
  constructor(isHere: (frame: number) => boolean, turned: (way: number) => void) {
    this.isHere = isHere;
    this.turned = turned;
  }

  get isPlaying(): boolean {
    return this.request !== 0;
  }

  /** The frame that is seen at a time. */
  frameAt(time: number): number {
    let [low, high] = [0, this.times.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle]! <= time + 1e-6) low = middle;
      else high = middle;
    }
    return low;
  }

  go(frame: number): void {
    const to = Math.max(0, Math.min(this.times.length - 1, frame));
    const way = to < this.frame ? -1 : 1;
    this.frame = to;
    this.time = this.times[to] ?? 0;
    this.turned(way);
  }

  /** Play or stand still; whether it plays now. */
  toggle(): boolean {
    if (this.isPlaying) return this.dispose();
    if (this.frame >= this.times.length - 1) this.go(0);
    this.last = performance.now();
    this.time = this.times[this.frame] ?? 0;
    this.request = requestAnimationFrame((now) => this.tick(now));
    return true;
  }

  /** Stand still. */
  dispose(): false {
    cancelAnimationFrame(this.request);
    this.request = 0;
    return false;
  }

  private tick(now: number): void {
    const time = this.time + (Math.max(0, now - this.last) / 1000) * this.rate;
    this.last = now;
    const next = this.frameAt(time);
    if (next === this.frame) this.time = time;
    else if (this.isHere(next) || next > this.frame + 1) this.show(time, next);
    else this.turned(1); // the clock waits
    this.request = this.frame >= this.times.length - 1 ? 0 : requestAnimationFrame((at) => this.tick(at));
  }

  /** The next frame, or a later one where that is here and the clock has gone so far. */
  private show(time: number, next: number): void {
    const here = this.isHere(next) ? next : this.frame + 1;
    if (!this.isHere(here)) return this.turned(1);
    this.frame = here;
    this.time = here === next ? time : this.times[here]!;
    this.turned(1);
  }
}
