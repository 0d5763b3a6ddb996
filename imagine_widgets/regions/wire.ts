// What the labeler and the recordings say to their kernels about regions, and hear of them (edits.py is the other side).
import type { Refusal } from "../wire.ts";

export type RegionState = "" | "predicted" | "accepted" | "corrected" | "rejected" | "uncertain";

/** A region with the number of its class; `also` are its further labels. Without a shape it stands for the whole sample. */
export interface Labelled<S = unknown> {
  id: string;
  label: number;
  also?: readonly number[];
  shape: S;
  state: RegionState;
  score: number | null;
}

/** Key → the number of the class that a person laid on it. */
export type Favourites = Record<string, number>;

export interface Step {
  id: string;
  row: number;
}

/** A step that was taken back: `of` is the batch that did it. */
export interface Undone {
  of: string;
  root: string;
  row: number;
}

/** What a person did to regions of one sample in one go. */
export interface Change<S> {
  row: number;
  put: Omit<Labelled<S | null>, "score">[];
  drop: string[];
}

export type Sent<S> = { batch: string; things: string[]; row: number } & (
  | ({ kind: "edit"; seconds: number; keys: number } & Change<S>)
  | { kind: "undo"; of: string }
  | ({ kind: "redo" } & Undone)
);

/** Regions of a sample: with a shape, of the whole, and the titles of those that lie elsewhere (in time, in space). */
export interface Told<S> {
  regions: Labelled<S>[];
  whole: Labelled<null>[];
  others: string[];
}

export interface Changes<S> {
  type: "changes";
  batches: string[];
  failed: Refusal | null;
  changed: { row: number; put: Labelled<S | null>[]; drop: string[] }[];
  done: Step[];
  undone: string[];
}
