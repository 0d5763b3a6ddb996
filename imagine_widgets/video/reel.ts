// Which frame of a film is in sight: by steps, by time, and while it plays by what is heard of it, or else by the clock.
// It never shows a wrong frame: where none is here in time, all wait for it.

const SEEN = 30; // frames in a second that are shown at most: of more, every second or third
const APART = 1.5; // seconds that the sound runs ahead of the picture, at most

/** The sound of a film, if it is heard. */
export interface Ear {
  /** The second that is heard now; undefined where nothing is. */
  at(): number | undefined;
  from(time: number): void;
  stop(): void;
}

export class Reel {
  times = Float64Array.of(0);
  frame = 0;
  aim = 0; // the frame that should be in sight by now
  rate = 1;
  private readonly isHere: (frame: number) => boolean;
  private readonly turned: (way: number) => void;
  private readonly ear: Ear;
  private request = 0;
  private last = 0; // the moment of the last look at the clock
  private time = 0; // of the film, while it plays

  /** `turned` hears that another frame is in sight, and in which direction. */
  constructor(isHere: (frame: number) => boolean, turned: (way: number) => void, ear: Ear) {
    this.isHere = isHere;
    this.turned = turned;
    this.ear = ear;
  }

  get isPlaying(): boolean {
    return this.request !== 0;
  }

  /** Every so manieth frame is shown: none is left out while it stands still. */
  get stride(): number {
    const perSecond = (this.times.length - 1) / Math.max(this.times.at(-1) ?? 0, 1e-3);
    return this.isPlaying ? Math.max(1, Math.round((perSecond * this.rate) / SEEN)) : 1;
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
    this.frame = this.aim = to;
    this.time = this.times[to] ?? 0;
    if (this.isPlaying) this.ear.from(this.time);
    this.turned(way);
  }

  /** Play or stand still; whether it plays now. */
  toggle(): boolean {
    if (this.isPlaying) return this.dispose();
    if (this.frame >= this.times.length - 1) this.go(0);
    this.last = performance.now();
    this.time = this.times[this.frame] ?? 0;
    this.ear.from(this.time);
    this.request = requestAnimationFrame((now) => this.tick(now));
    return true;
  }

  /** The sound begins anew here: it plays at another speed now, or not. */
  again(): void {
    this.ear.stop();
    this.ear.from(this.time);
  }

  /** Stand still. */
  dispose(): false {
    cancelAnimationFrame(this.request);
    this.request = 0;
    this.ear.stop();
    return false;
  }

  private tick(now: number): void {
    const heard = this.ear.at();
    const time = heard ?? this.time + (Math.max(0, now - this.last) / 1000) * this.rate;
    this.last = now;
    if (heard !== undefined && Math.abs(heard - this.time) > APART) this.ear.from(this.time);
    else this.show(time);
    if (this.frame >= this.times.length - 1) this.dispose();
    else this.request = requestAnimationFrame((at) => this.tick(at));
  }

  /** The frame of that time, or the latest before it that is here; without one, the clock waits. */
  private show(time: number): void {
    const { stride, frame } = this;
    const at = this.frameAt(time);
    const wanted = at >= this.times.length - 1 ? at : at - (at % stride);
    let next = (this.aim = Math.max(wanted, frame));
    while (next > frame && !this.isHere(next)) next--;
    if (next <= frame && wanted > frame) return this.turned(1);
    this.time = time;
    if (wanted <= frame) return;
    this.frame = next;
    this.turned(1);
  }
}
