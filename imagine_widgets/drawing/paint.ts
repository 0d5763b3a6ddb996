// Regions → strokes on a canvas. Small ones become boxes and dots, and one path holds all that look alike: ten thousand
// outlines of forty points would take longer than a frame otherwise.
import { colourOf, dashOf } from "./palette.ts";
import { paintMask } from "./paint_mask.ts";
import type { Region } from "./places.ts";
import { bounds, rings, type Shape, type XY } from "./shapes.ts";
import type { View } from "./view.ts";

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
type Path = Pick<Pen, "moveTo" | "lineTo" | "closePath" | "ellipse" | "rect">;

const DOT = 4; // pixels of the page below which a shape is a dot
const BOX = 14; // and below which it is a box
const MANY = 3000; // shapes in sight, past which lines have neither dashes nor a dark rim
const CROSS = 5; // half the size of a point's cross, in pixels of the page

export interface Look {
  /** Opacity of the insides, 0 to 1. */
  fill: number;
  /** Thickness of lines in pixels of the page. */
  line: number;
}

/** How a shape of this extent, in pixels of the page, is drawn. */
export function detail(shape: Shape, scale: number): "whole" | "box" | "dot" {
  if (shape.kind === "Point") return "whole";
  const { left, top, right, bottom } = bounds(shape);
  const extent = Math.max(right - left, bottom - top) * scale;
  if (extent < DOT) return "dot";
  return extent < BOX && shape.kind !== "Box" ? "box" : "whole";
}

/** Draw regions; those of one class at once. What a model said and nobody confirmed is dashed. */
export function paint(pen: Pen, regions: readonly Region[], view: View, look: Look): void {
  const alike = new Map<string, Region[]>();
  for (const region of regions) {
    const key = `${region.label} ${region.state ?? ""}`;
    const those = alike.get(key);
    if (those) those.push(region);
    else alike.set(key, [region]);
  }
  const isPlain = regions.length > MANY;
  pen.lineJoin = "round";
  for (const those of alike.values()) paintAlike(pen, those, view, look, isPlain);
  pen.setLineDash([]);
}

function paintAlike(pen: Pen, regions: readonly Region[], view: View, look: Look, isPlain: boolean): void {
  const [{ label, state }] = regions as [Region];
  const colour = colourOf(label);
  for (const { shape } of regions) {
    if (shape.kind === "Mask") paintMask(pen, shape, view, colour, Math.max(look.fill, 0.25));
  }
  pen.beginPath();
  for (const { shape } of regions) trace(pen, shape, view);
  if (look.fill > 0 && !isPlain) {
    pen.globalAlpha = look.fill;
    pen.fillStyle = colour;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
  }
  if (!isPlain) {
    pen.setLineDash([]);
    pen.strokeStyle = "rgba(0, 0, 0, 0.55)";
    pen.lineWidth = look.line + 2;
    pen.stroke();
    pen.setLineDash(state === "predicted" ? [5, 4] : [...dashOf(label)]);
  }
  pen.strokeStyle = colour;
  pen.lineWidth = look.line;
  pen.stroke();
}

/** Add a shape to a path, with as much detail as can be seen. */
export function trace(path: Path, shape: Shape, view: View): void {
  const { scale } = view;
  const how = detail(shape, scale);
  if (how === "whole") return traceWhole(path, shape, view);
  const { left, top, right, bottom } = bounds(shape);
  const [x, y] = [(left - view.left) * scale, (top - view.top) * scale];
  if (how === "box") path.rect(x, y, (right - left) * scale, (bottom - top) * scale);
  else path.rect(x + ((right - left) * scale) / 2 - 1, y + ((bottom - top) * scale) / 2 - 1, 2, 2);
}

function traceWhole(path: Path, shape: Shape, view: View): void {
  const { left, top, scale } = view;
  switch (shape.kind) {
    case "Point": {
      const [x, y] = [(shape.x - left) * scale, (shape.y - top) * scale];
      path.moveTo(x - CROSS, y);
      path.lineTo(x + CROSS, y);
      path.moveTo(x, y - CROSS);
      path.lineTo(x, y + CROSS);
      return;
    }
    case "Box":
    case "Mask":
      path.rect((shape.x - left) * scale, (shape.y - top) * scale, shape.width * scale, shape.height * scale);
      return;
    case "Ellipse": {
      const turn = ((shape.angle ?? 0) * Math.PI) / 180;
      const [x, y] = [(shape.x - left) * scale, (shape.y - top) * scale];
      path.moveTo(x + shape.radius_x * scale * Math.cos(turn), y + shape.radius_x * scale * Math.sin(turn));
      path.ellipse(x, y, shape.radius_x * scale, shape.radius_y * scale, turn, 0, 2 * Math.PI);
      return;
    }
    case "Line":
      return traceThrough(path, shape.points, view, false);
    default:
      for (const ring of rings(shape)) traceThrough(path, ring, view, true);
  }
}

function traceThrough(path: Path, points: readonly XY[], { left, top, scale }: View, closed: boolean): void {
  points.forEach(([x, y], i) => {
    if (i === 0) path.moveTo((x - left) * scale, (y - top) * scale);
    else path.lineTo((x - left) * scale, (y - top) * scale);
  });
  if (closed) path.closePath();
}
