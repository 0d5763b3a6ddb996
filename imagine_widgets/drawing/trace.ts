// A shape → a path on the page, with as much detail as can be seen there.
import { bounds, rings, type Shape, type XY } from "./shapes.ts";
import type { View } from "./view.ts";

type Path = Pick<CanvasPath, "moveTo" | "lineTo" | "closePath" | "ellipse" | "rect">;

const DOT = 4; // pixels of the page below which a shape is a dot
const BOX = 14; // and below which it is a box
const CLOSE = 1.5; // pixels of the page between vertices, below which one of them is left out
const CROSS = 5; // half the size of a point's cross, in pixels of the page

/** How a shape of this extent, in pixels of the page, is drawn. */
export function detail(shape: Shape, scale: number): "whole" | "box" | "dot" {
  if (shape.kind === "Point") return "whole";
  const { left, top, right, bottom } = bounds(shape);
  const extent = Math.max(right - left, bottom - top) * scale;
  if (extent < DOT) return "dot";
  return extent < BOX && shape.kind !== "Box" ? "box" : "whole";
}

/** Add a shape to a path. */
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

/** Through points in turn; those that the page shows as one are taken once, the last one always. */
function traceThrough(path: Path, points: readonly XY[], { left, top, scale }: View, closed: boolean): void {
  let [beforeX, beforeY] = [0, 0];
  points.forEach(([pictureX, pictureY], i) => {
    const [x, y] = [(pictureX - left) * scale, (pictureY - top) * scale];
    if (i === 0) path.moveTo(x, y);
    else if (i < points.length - 1 && Math.abs(x - beforeX) + Math.abs(y - beforeY) < CLOSE) return;
    else path.lineTo(x, y);
    [beforeX, beforeY] = [x, y];
  });
  if (closed) path.closePath();
}
