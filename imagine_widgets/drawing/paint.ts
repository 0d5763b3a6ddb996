// Regions → strokes on a canvas, in small portions. Small ones become boxes and dots; each shape is drawn by itself:
// without a graphics card a browser draws a thousand boxes ten times faster than one path of a thousand boxes.
import { colourOf, dashOf } from "./palette.ts";
import { paintMask } from "./paint_mask.ts";
import type { Region } from "./places.ts";
import { bounds, type Shape } from "./shapes.ts";
import { detail, trace } from "./trace.ts";
import type { View } from "./view.ts";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const MANY = 3000; // shapes in sight, past which lines have neither dashes nor a dark rim
const PORTION = 5000; // work of one portion, by `weight`: about a millisecond
const RIM = "rgba(0, 0, 0, 0.55)"; // around each line, so that it shows on what has its colour

export interface Look {
  /** Opacity of the insides, 0 to 1. */
  fill: number;
  /** Thickness of lines in pixels of the page. */
  line: number;
}

/** Draw regions; those of one class at once. What a model said and nobody confirmed is dashed. */
export function paint(pen: Pen, regions: readonly Region[], view: View, look: Look): void {
  for (const _ of painting(pen, regions, view, look));
}

/** The same in portions of a millisecond or so, of those that `shows` lets through: whoever asks for the next says when. */
export function* painting(
  pen: Pen,
  regions: readonly Region[],
  view: View,
  look: Look,
  shows: (region: Region) => boolean = () => true,
): Generator<void, void> {
  const isPlain = regions.length > MANY;
  const groups = yield* alike(regions, shows);
  pen.lineJoin = "miter"; // a box with round corners takes ten times as long
  pen.miterLimit = 2;
  for (const [, those] of [...groups].sort(([a], [b]) => a - b)) {
    for (const some of portions(those, view.scale)) {
      paintAlike(pen, some, view, look, isPlain);
      yield;
    }
  }
  pen.setLineDash([]);
}

/** Regions that have one colour and one kind of line. */
function* alike(regions: readonly Region[], shows: (region: Region) => boolean): Generator<void, Map<number, Region[]>> {
  const found = new Map<number, Region[]>();
  for (let i = 0; i < regions.length; i++) {
    const region = regions[i]!;
    if (i % PORTION === PORTION - 1) yield;
    if (!shows(region)) continue;
    const key = region.label * 2 + (region.state === "predicted" ? 1 : 0);
    const those = found.get(key);
    if (those) those.push(region);
    else found.set(key, [region]);
  }
  return found;
}

function* portions(regions: Region[], scale: number): Generator<Region[]> {
  let [from, work] = [0, 0];
  for (let i = 0; i < regions.length; i++) {
    work += weight(regions[i]!.shape, scale);
    if (work < PORTION) continue;
    yield regions.slice(from, i + 1);
    [from, work] = [i + 1, 0];
  }
  if (from < regions.length) yield regions.slice(from);
}

/** How long a shape takes to draw, roughly: a dot takes 3. */
function weight(shape: Shape, scale: number): number {
  if (detail(shape, scale) === "dot") return 3;
  return shape.kind === "Box" ? 15 : shape.kind === "Mask" ? 1500 : 400;
}

function paintAlike(pen: Pen, regions: readonly Region[], view: View, look: Look, isPlain: boolean): void {
  const [{ label, state }] = regions as [Region];
  const colour = colourOf(label);
  pen.fillStyle = colour;
  const drawn = regions.map(({ shape }) => figure(pen, shape, view)).filter((one) => one !== undefined);
  for (const { shape } of regions) {
    if (shape.kind === "Mask") paintMask(pen, shape, view, colour, Math.max(look.fill, 0.25));
  }
  if (!isPlain) {
    if (look.fill > 0) fill(pen, drawn, look.fill);
    pen.setLineDash([]);
    stroke(pen, drawn, RIM, look.line + 2);
    pen.setLineDash(state === "predicted" ? [5, 4] : [...dashOf(label)]);
  }
  stroke(pen, drawn, colour, look.line);
}

/** A shape on the page: the sides of a box, or a path. */
type Figure = { box?: [number, number, number, number]; path?: Path2D; hasInside: boolean };

/** A shape as it is drawn; nothing for a dot, which is put down at once. */
function figure(pen: Pen, shape: Shape, view: View): Figure | undefined {
  const how = detail(shape, view.scale);
  if (how !== "whole" || shape.kind === "Box" || shape.kind === "Mask") {
    const { left, top, right, bottom } = bounds(shape);
    const [x, y] = [(left - view.left) * view.scale, (top - view.top) * view.scale];
    const [width, height] = [(right - left) * view.scale, (bottom - top) * view.scale];
    if (how === "dot") return void pen.fillRect(x + width / 2 - 2, y + height / 2 - 2, 4, 4);
    return { box: [x, y, width, height], hasInside: shape.kind !== "Mask" && shape.kind !== "Line" };
  }
  const path = new Path2D();
  trace(path, shape, view);
  return { path, hasInside: shape.kind !== "Line" && shape.kind !== "Point" };
}

function fill(pen: Pen, figures: readonly Figure[], opacity: number): void {
  pen.globalAlpha = opacity;
  for (const { box, path, hasInside } of figures) {
    if (!hasInside) continue;
    if (box) pen.fillRect(...box);
    else if (path) pen.fill(path, "evenodd");
  }
  pen.globalAlpha = 1;
}

function stroke(pen: Pen, figures: readonly Figure[], colour: string, width: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  for (const { box, path } of figures) {
    if (box) pen.strokeRect(...box);
    else if (path) pen.stroke(path);
  }
}
