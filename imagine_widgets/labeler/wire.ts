// What the labeler and its kernel say to one another (labeler.py is the other side).
import type { Region } from "../drawing/places.ts";
import type { Shape } from "../drawing/shapes.ts";
import type { Class, Failure, Refusal } from "../wire.ts";

/** The browser's half of an anywidget. */
export interface Model {
  send(message: object): void;
  on(event: string, callback: (message: FromKernel, buffers: DataView<ArrayBuffer>[]) => void): void;
  off(event: string, callback: (message: FromKernel, buffers: DataView<ArrayBuffer>[]) => void): void;
}

export type RegionState = "" | "predicted" | "accepted" | "corrected" | "rejected" | "uncertain";

/** A region of the sample in sight. */
export interface Drawn extends Region {
  state: RegionState;
  score: number | null;
}

export interface Step {
  id: string;
  row: number;
}

/** What a person did to regions of one sample in one go. */
export interface Change {
  row: number;
  put: { id: string; label: number; shape: Shape; state: RegionState }[];
  drop: string[];
}

export type Sent = { batch: string; things: string[] } & (
  | ({ kind: "edit"; seconds: number; keys: number } & Change)
  | { kind: "undo"; of: string; row: number }
);

/** Which stored number is black, which white, and gamma. */
export type Look = readonly [low: number, high: number, gamma: number];

export interface Opened {
  type: "opened";
  row: number;
  regions: Drawn[];
  whole: string[];
  classes: Class[];
  scale: { value: number; unit: string } | null;
  width: number;
  height: number;
  why: string;
  side?: number;
  deepest?: number;
  look?: Look;
  brightest?: number;
}

export interface Changes {
  type: "changes";
  batches: string[];
  failed: Refusal | null;
  changed: { row: number; put: Drawn[]; drop: string[] }[];
  done: Step[];
  undone: string[];
}

export interface Tile {
  type: "tile";
  place: number[];
  why: string;
}

export type FromKernel = { to?: string } & (
  | { type: "state"; names: string[]; steps: Step[]; classes: Class[] }
  | Opened
  | Changes
  | { type: "regions"; row: number; regions: Drawn[]; whole: string[] }
  | Tile
  | { type: "better"; row: number }
  | { type: "value"; x: number; y: number; value: number[] }
  | ({ type: "failure" } & Failure)
);
