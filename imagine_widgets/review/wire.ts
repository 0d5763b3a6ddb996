// What a review and its kernel say to one another beside what a labeler does (widget.py is the other side).
import type { FromKernel } from "../labeler/wire.ts";
import type { Class } from "../wire.ts";
import type { Item } from "./queue.ts";

/** The queue as it is when a page is opened; what became of each region goes beside it as bytes. */
export interface Line {
  type: "line";
  at: number;
  speed: [labels: number, seconds: number];
  steps: Record<string, number>; // where in the queue the steps were that can be undone
  guesses: number; // how many of the first digits are the model's guesses
}

/** A stretch of the queue. */
export interface Stretch {
  type: "queue";
  from: number;
  items: Item[];
  classes: Class[];
}

export type FromReview = FromKernel | ({ to?: string } & (Line | Stretch | { type: "codes"; changed: [place: number, code: number][] }));
