// What the widgets of sound and film and their kernel say to one another (recording/widget.py is the other side).
import type { Shape } from "../drawing/shapes.ts";
import type { Changes, Favourites, Labelled as Region, Step, Told, Undone } from "../regions/wire.ts";
import type { Class, Failure } from "../wire.ts";

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

/** A region in time. */
export type Labelled<S extends Timed = Timed> = Region<S>;

export interface State extends Told<Timed> {
  type: "state";
  name: string;
  facts: unknown;
  classes: Class[];
  steps: Step[];
  undone: Undone[];
  favourites: Favourites;
}

export type FromKernel = { to?: string } & (
  | State
  | Changes<Timed>
  | ({ type: "regions" } & Told<Timed>)
  | { type: "part"; place: number[]; why: string }
  | { type: "wave"; number: number; start: number }
  | { type: "surveyed"; share: number; from: number }
  | { type: "favourites"; favourites: Favourites }
  | ({ type: "failure" } & Failure)
);
