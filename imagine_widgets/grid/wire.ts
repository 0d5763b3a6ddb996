// What the grid and its kernel say to one another (widget.py is the other side), and what of it the browser keeps.

import type { Class, Failure, Refusal } from "../wire.ts";

/** What pictures of a class are sorted by: how sure the model was, how far they lie from their class, a pinned one. */
export type By = "doubt" | "outliers" | "likeness";
/** Key → the place of the class that a person laid on it. */
export type Favourites = Record<string, number>;
/** Rows of the grid: a stretch of the order in which they are shown. */
export type Rows = Int32Array;

/** A step that undo takes back: what the rows were before it. */
export interface Step {
  id: string;
  rows: number[];
  before: number[];
}

/** What a person did to some rows; `after` is what they become, and stays in the browser. */
export type Edit = { rows: number[]; after: number[] } & (
  | { kind: "label"; label: number }
  | { kind: "accept" }
  | { kind: "undo"; of: string }
  | { kind: "each"; labels: number[] }
);
export type Sent = Edit & { batch: string; seconds: number; keys: number };

/** Its buffers are 32-bit numbers: rows in the order of the groups, predicted, decided and second best classes by row. */
interface State {
  type: "state";
  page: number;
  groups: { label: number; size: number }[];
  steps: Step[];
  classes: Class[];
  favourites: Favourites;
  hasFeatures: boolean;
  isOrdered: boolean;
}

interface Changes {
  type: "changes";
  batches: string[];
  failed: Refusal | null;
  rows: number[];
  labels: number[];
  done: Step[];
  undone: string[];
  classes?: Class[];
}

export interface Thumbnails {
  type: "thumbs";
  rows: number[];
  why: string[];
  names: string[];
}

/** Its buffer is the new order of the rows. */
interface Order {
  type: "order";
  by: By;
  row: number | null;
}

interface Closer {
  type: "closer";
  row: number;
  name: string;
  facts: string;
  scores: [title: string, score: number, background: string][];
  why: string;
}

export type FromKernel = { to?: string } & (
  State | Changes | Thumbnails | Closer | Order | { type: "scores" } | { type: "favourites"; favourites: Favourites } | ({ type: "failure" } & Failure));
export type StateMessage = State;
export type OrderMessage = Order;
export type ChangesMessage = Changes;
/** A closer look at one row, with its picture. */
export type Look = Closer & { picture: DataView<ArrayBuffer> };
