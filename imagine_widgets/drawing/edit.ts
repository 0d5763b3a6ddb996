// What becomes of a shape when a handle is dragged, when it is moved or turned, when it gets or loses a vertex.
import type { Handle } from "./handles.ts";
import { isInside } from "./hit.ts";
import { bounds, type Box, type Ellipse, inward, outward, type Polygon, type RotatedBox, type Shape, type XY } from "./shapes.ts";
import type { Size } from "./view.ts";

const LEAST = 1; // pixels of the picture: no box or ellipse becomes smaller

/** The shape with one of its handles dragged to a place. A middle becomes a vertex there. */
export function dragged(shape: Shape, handle: Handle, to: XY): Shape {
  switch (shape.kind) {
    case "Point":
      return { ...shape, x: to[0], y: to[1] };
    case "Box":
      return handle.role === "corner" || handle.role === "side" ? draggedBox(shape, handle, to) : shape;
    case "RotatedBox":
      if (handle.role === "turn") return { ...shape, angle: bearing(shape, to) };
      return handle.role === "corner" || handle.role === "side" ? draggedTurned(shape, handle, to) : shape;
    case "Ellipse":
      if (handle.role === "turn") return { ...shape, angle: bearing(shape, to) };
      return handle.role === "side" ? draggedEllipse(shape, handle.index, to) : shape;
    case "Mask":
      return shape;
    default:
      if (handle.role === "middle") return withPoints(shape, handle, (points) => points.toSpliced(handle.index, 0, to));
      if (handle.role === "vertex") return withPoints(shape, handle, (points) => points.with(handle.index, to));
      return shape;
  }
}

/** The shape without a vertex, or itself where it would be no shape any more; a hole that is left with two is closed. */
export function withoutVertex(shape: Shape, handle: Handle): Shape {
  if (handle.role !== "vertex") return shape;
  const least = shape.kind === "Line" ? 2 : 3;
  return withPoints(shape, handle, (points) => {
    if (points.length > least) return points.toSpliced(handle.index, 1);
    return handle.ring > 0 ? [] : points;
  });
}

/** An outline with one more hole; of several, the one around it gets it. Nothing where the hole does not lie inside. */
export function withHole(shape: Shape, hole: readonly XY[]): Shape | undefined {
  const parts = shape.kind === "Polygon" ? [shape] : shape.kind === "MultiPolygon" ? shape.parts : [];
  const at = parts.findIndex((part) => hole.every((point) => isInside(point, [part.points])));
  if (at < 0) return undefined;
  const part: Polygon = { ...parts[at]!, holes: [...(parts[at]!.holes ?? []), hole] };
  return shape.kind === "MultiPolygon" ? { ...shape, parts: shape.parts.with(at, part) } : part;
}

/** The shape moved, and no farther than that it stays in the picture; masks move by whole pixels. */
export function moved(shape: Shape, dx: number, dy: number, picture: Size): Shape {
  const { left, top, right, bottom } = bounds(shape);
  const x = Math.min(Math.max(dx, -left), Math.max(picture.width - right, -left));
  const y = Math.min(Math.max(dy, -top), Math.max(picture.height - bottom, -top));
  if (shape.kind === "Mask") return { ...shape, x: shape.x + Math.round(x), y: shape.y + Math.round(y) };
  return mapped(shape, (point) => [point[0] + x, point[1] + y]);
}

/** A box or an ellipse wider and higher by so many pixels, from its middle, inside the picture; nothing of others. */
export function grown(shape: Shape, wider: number, higher: number, picture: Size): Shape | undefined {
  if (shape.kind !== "Box" && shape.kind !== "RotatedBox" && shape.kind !== "Ellipse") return undefined;
  const [wide, high] = [wider / 2, higher / 2];
  if (shape.kind === "Ellipse") {
    return { ...shape, radius_x: Math.max(shape.radius_x + wide, LEAST / 2), radius_y: Math.max(shape.radius_y + high, LEAST / 2) };
  }
  const [width, height] = [Math.max(shape.width + wider, LEAST), Math.max(shape.height + higher, LEAST)];
  if (shape.kind === "RotatedBox") return { ...shape, width, height };
  const [x, y] = [shape.x + (shape.width - width) / 2, shape.y + (shape.height - height) / 2];
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  return { ...shape, x: left, y: top, width: Math.min(x + width, picture.width) - left, height: Math.min(y + height, picture.height) - top };
}

/** The shape turned by degrees around its middle; an upright box becomes a turned one. Masks do not turn. */
export function turned(shape: Shape, degrees: number): Shape {
  if (shape.kind === "Mask" || shape.kind === "Point") return shape;
  const { left, top, right, bottom } = bounds(shape);
  const centre = { x: (left + right) / 2, y: (top + bottom) / 2 };
  if (shape.kind === "Box") {
    return { kind: "RotatedBox", ...centre, width: shape.width, height: shape.height, angle: upTo360(degrees) };
  }
  if (shape.kind === "RotatedBox" || shape.kind === "Ellipse") {
    return { ...shape, angle: upTo360((shape.angle ?? 0) + degrees) };
  }
  return mapped(shape, ([x, y]) => outward([x - centre.x, y - centre.y], { ...centre, angle: degrees }));
}

function upTo360(degrees: number): number {
  return ((degrees % 360) + 360) % 360;
}

function bearing(at: { x: number; y: number }, to: XY): number {
  return upTo360((Math.atan2(to[1] - at.y, to[0] - at.x) * 180) / Math.PI + 90); // the knob is above
}

/** Which of left, top, right and bottom follow a corner or a side: -1 the lesser edge, 1 the greater, 0 neither. */
function follows({ role, index }: { role: "corner" | "side"; index: number }): [x: number, y: number] {
  if (role === "corner") return [index === 0 || index === 3 ? -1 : 1, index < 2 ? -1 : 1];
  return [[0, -1], [1, 0], [0, 1], [-1, 0]][index] as [number, number];
}

function draggedBox(box: Box, handle: Handle & { role: "corner" | "side" }, [x, y]: XY): Box {
  const [across, down] = follows(handle);
  const xs = across ? [x, across < 0 ? box.x + box.width : box.x] : [box.x, box.x + box.width];
  const ys = down ? [y, down < 0 ? box.y + box.height : box.y] : [box.y, box.y + box.height];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { kind: "Box", x: left, y: top, width: Math.max(Math.max(...xs) - left, LEAST), height: Math.max(Math.max(...ys) - top, LEAST) };
}

/** The opposite corner or side stays where it is. */
function draggedTurned(box: RotatedBox, handle: Handle & { role: "corner" | "side" }, to: XY): RotatedBox {
  const [x, y] = inward(to, box);
  const [across, down] = follows(handle);
  const { width: wide, height: high } = box;
  const width = across ? Math.max(across * x + wide / 2, LEAST) : wide;
  const height = down ? Math.max(down * y + high / 2, LEAST) : high;
  const [centreX, centreY] = outward([(across * (width - wide)) / 2, (down * (height - high)) / 2], box);
  return { ...box, x: centreX, y: centreY, width, height };
}

/** The middle stays where it is. */
function draggedEllipse(ellipse: Ellipse, index: number, to: XY): Ellipse {
  const [along, across] = inward(to, ellipse);
  if (index % 2) return { ...ellipse, radius_x: Math.max(Math.abs(along), LEAST / 2) };
  return { ...ellipse, radius_y: Math.max(Math.abs(across), LEAST / 2) };
}

type Change = (points: readonly XY[]) => readonly XY[];

function withPoints(shape: Shape, { part, ring }: { part: number; ring: number }, change: Change): Shape {
  if (shape.kind === "Line") return { ...shape, points: change(shape.points) };
  if (shape.kind === "Polygon") return polygonWith(shape, ring, change);
  if (shape.kind !== "MultiPolygon") return shape;
  return { ...shape, parts: shape.parts.with(part, polygonWith(shape.parts[part]!, ring, change)) };
}

function polygonWith(polygon: Polygon, ring: number, change: Change): Polygon {
  if (ring === 0) return { ...polygon, points: change(polygon.points) };
  const holes = (polygon.holes ?? []).map((hole, i) => (i === ring - 1 ? change(hole) : hole));
  return { ...polygon, holes: holes.filter((hole) => hole.length > 0) };
}

function mapped(shape: Shape, to: (point: XY) => XY): Shape {
  switch (shape.kind) {
    case "Line":
      return { ...shape, points: shape.points.map(to) };
    case "Polygon":
      return { ...shape, points: shape.points.map(to), ...(shape.holes && { holes: shape.holes.map((hole) => hole.map(to)) }) };
    case "MultiPolygon":
      return { ...shape, parts: shape.parts.map((part) => mapped(part, to) as Polygon) };
    default: {
      const [x, y] = to([shape.x, shape.y]);
      return { ...shape, x, y };
    }
  }
}
