// What the labeler and its kernel say to one another (labeler.py is the other side).
import type { Shape } from "../drawing/shapes.ts";
import type { Changes, Favourites, Labelled, Step, Told, Undone } from "../regions/wire.ts";
import type { Class, Failure } from "../wire.ts";

export type { RegionState } from "../regions/wire.ts";

/** A region of the sample in sight. */
export type Drawn = Labelled<Shape>;

/** Which stored number is black, which white, and gamma. */
export type Look = readonly [low: number, high: number, gamma: number];

export interface State {
  type: "state";
  names: string[];
  place: string;
  steps: Step[];
  undone: Undone[];
  favourites: Favourites;
  classes: Class[];
  /** The sample whose picture comes along. */
  row: number | null;
}

export interface Opened extends Told<Shape> {
  type: "opened";
  row: number;
  classes: Class[];
  scale: { value: number; unit: string } | null;
  width: number;
  height: number;
  why: string;
  /** Why the last tile that was asked for could not be made. */
  missed?: string;
  side?: number;
  deepest?: number;
  look?: Look;
  brightest?: number;
  /** Level, column and line of those that came along. */
  tiles?: number[][];
  /** By which id the person's server knows it, and from which level on; only where a server may. */
  source?: readonly [id: string, nearest: number] | null;
}

export interface Tile {
  type: "tile";
  place: number[];
  why: string;
}

export type FromKernel = { to?: string } & (
  | State
  | Opened
  | Changes<Shape>
  | ({ type: "regions"; row: number } & Told<Shape>)
  | Tile
  | { type: "better"; row: number }
  | { type: "value"; x: number; y: number; value: (number | string)[] }
  | { type: "favourites"; favourites: Favourites }
  | ({ type: "failure" } & Failure)
);
