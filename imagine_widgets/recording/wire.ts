// What the widgets of sound and film and their kernel say to one another (recording/widget.py is the other side).
import type { Shape } from "../drawing/shapes.ts";
import type { RegionState } from "../labeler/wire.ts";
import type { Class, Failure, Refusal } from "../wire.ts";

/** The browser's half of an anywidget. */
export interface Model {
  get(name: "kind"): string;
  send(message: object): void;
  on(event: string, callback: (message: FromKernel, buffers: DataView<ArrayBuffer>[]) => void): void;
  off(event: string, callback: (message: FromKernel, buffers: DataView<ArrayBuffer>[]) => void): void;
}

/** Seconds from the start, and hertz where a band is meant. */
export interface TimeFrequency {
  kind: "TimeFrequency";
  start: number;
  end: number;
  low?: number | null;
  high?: number | null;
}

/** Where a tracked thing is at one moment; without a shape it is gone from here on. */
export interface Key {
  kind: "Key";
  time: number;
  shape?: Shape | null;
}
export interface Track {
  kind: "Track";
  keys: readonly Key[];
}
export type Timed = TimeFrequency | Track;

export interface Labelled<S extends Timed = Timed> {
  id: string;
  label: number;
  shape: S;
  state: RegionState;
  score: number | null;
}

export interface Put {
  id: string;
  label: number;
  shape: Timed;
  state: RegionState;
}

export type Sent = { batch: string; things: string[] } & (
  | { kind: "edit"; seconds: number; keys: number; put: Put[]; drop: string[] }
  | { kind: "undo"; of: string }
  | { kind: "redo"; of: string; root: string }
);

export interface State {
  type: "state";
  name: string;
  facts: unknown;
  classes: Class[];
  steps: { id: string }[];
  regions: Labelled[];
  whole: string[];
}

export interface Changes {
  type: "changes";
  batches: string[];
  failed: Refusal | null;
  done: string[];
  undone: string[];
}

export type FromKernel = { to?: string } & (
  | State
  | Changes
  | { type: "regions"; regions: Labelled[]; whole: string[] }
  | { type: "part"; place: number[]; why: string }
  | { type: "wave"; number: number; start: number }
  | { type: "surveyed"; share: number }
  | ({ type: "failure" } & Failure)
);
