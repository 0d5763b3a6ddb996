// The queue in the browser: which region is in question, which comes next, how far she is and how long it takes.

/** A region in question: where it is, and the model's best guesses as numbers of classes, the best first. */
export interface Item {
  row: number;
  id: string;
  label: number;
  bounds: [x: number, y: number, width: number, height: number] | null;
  guesses: number[];
}

export const BECAME = ["open", "accepted", "corrected", "rejected", "uncertain"] as const;
const OPEN = 0;
export const PAUSE = 60; // seconds after which she was away from her desk, and that is no time a region took
const TELLING = 5; // regions after which her speed is worth telling

export class Queue {
  at: number;
  readonly items = new Map<number, Item>(); // those the kernel has told
  readonly counts = [0, 0, 0, 0, 0];
  private readonly codes: Uint8Array;
  private labels: number;
  private seconds: number;

  /** `codes` tell what became of each region, `speed` how many were decided before and what they took. */
  constructor(codes: Uint8Array, at: number, speed: readonly [labels: number, seconds: number]) {
    this.codes = codes.slice();
    this.at = at;
    [this.labels, this.seconds] = speed;
    for (const code of codes) this.counts[code]!++;
  }

  get total(): number {
    return this.codes.length;
  }

  get open(): number {
    return this.counts[OPEN]!;
  }

  get item(): Item | undefined {
    return this.items.get(this.at);
  }

  became(place: number): (typeof BECAME)[number] {
    return BECAME[this.codes[place] ?? OPEN]!;
  }

  set(place: number, code: number): void {
    this.counts[this.codes[place]!]!--;
    this.counts[code]!++;
    this.codes[place] = code;
  }

  /** The next region nobody decided on, after `place` and then from the start; -1 where there is none but itself. */
  next(place = this.at): number {
    const after = this.codes.indexOf(OPEN, place + 1);
    const found = after < 0 ? this.codes.indexOf(OPEN) : after;
    return found === place ? -1 : found;
  }

  /** The next open ones after the one in question, at most so many. */
  coming(most: number): number[] {
    const found: number[] = [];
    for (let place = this.next(); found.length < most && place >= 0 && place !== this.at && !found.includes(place); place = this.next(place)) found.push(place);
    return found;
  }

  /** Where the kernel has to be asked: a stretch of the queue that begins there is not known and will soon be needed. */
  unknown(ahead: number): number | undefined {
    return [this.at, ...this.coming(ahead)].find((place) => place < this.total && !this.items.has(place));
  }

  /** A region was decided and took so many seconds. */
  took(seconds: number): void {
    this.labels++;
    this.seconds += Math.min(seconds, PAUSE);
  }

  /** "37 of 412 looked at, 12 min left at your speed" */
  progress(): string {
    const number = (many: number): string => many.toLocaleString("en");
    const done = this.total - this.open;
    if (this.total === 0) return "There is no region of a model to look at";
    if (this.open === 0) {
      const parts = BECAME.slice(1).flatMap((name, i) => (this.counts[i + 1] ? `${number(this.counts[i + 1]!)} ${name}` : []));
      return `All ${number(this.total)} looked at: ${parts.join(", ")}`;
    }
    const minutes = (this.open * this.seconds) / Math.max(1, this.labels) / 60;
    const time = minutes < 1 ? "less than a minute" : minutes < 90 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
    return `${number(done)} of ${number(this.total)} looked at${this.labels < TELLING ? "" : `, ${time} left at your speed`}`;
  }
}
