// The shapes that regions have in a picture, as imagine_kernels.shapes writes them: pixels of the upright picture, x right,
// y down, from the corner of its top-left pixel; angles in degrees, clockwise as the picture is seen.

export type XY = readonly [x: number, y: number];

export interface Point {
  kind: "Point";
  x: number;
  y: number;
}
export interface Line {
  kind: "Line";
  points: readonly XY[];
}
export interface Box {
  kind: "Box";
  x: number;
  y: number;
  width: number;
  height: number;
}
/** (x, y) is its centre, and its width lies along the angle. */
export interface RotatedBox {
  kind: "RotatedBox";
  x: number;
  y: number;
  width: number;
  height: number;
  angle: number;
}
export interface Ellipse {
  kind: "Ellipse";
  x: number;
  y: number;
  radius_x: number;
  radius_y: number;
  angle?: number;
}
export interface Polygon {
  kind: "Polygon";
  points: readonly XY[];
  holes?: readonly (readonly XY[])[];
}
export interface MultiPolygon {
  kind: "MultiPolygon";
  parts: readonly Polygon[];
}
/** Runs along its rows, of pixels outside and inside in turn, outside first. */
export interface Mask {
  kind: "Mask";
  x: number;
  y: number;
  width: number;
  height: number;
  counts: readonly number[];
}
export type Shape = Point | Line | Box | RotatedBox | Ellipse | Polygon | MultiPolygon | Mask;

/** An upright box by its sides. */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** `at` in the axes of something that stands at (x, y) and is turned by `angle`. */
export function inward([x, y]: XY, at: { x: number; y: number; angle?: number }): XY {
  const turn = ((at.angle ?? 0) * Math.PI) / 180;
  const [dx, dy] = [x - at.x, y - at.y];
  return [dx * Math.cos(turn) + dy * Math.sin(turn), dy * Math.cos(turn) - dx * Math.sin(turn)];
}

/** The way back from `inward`. */
export function outward([along, across]: XY, at: { x: number; y: number; angle?: number }): XY {
  const turn = ((at.angle ?? 0) * Math.PI) / 180;
  return [
    at.x + along * Math.cos(turn) - across * Math.sin(turn),
    at.y + along * Math.sin(turn) + across * Math.cos(turn),
  ];
}

/** The corners of a box in turn, the first where both sides begin. */
export function corners(box: Box | RotatedBox): [XY, XY, XY, XY] {
  const { x, y, width, height } = box;
  if (box.kind === "Box") return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
  const [a, b] = [width / 2, height / 2];
  return [outward([-a, -b], box), outward([a, -b], box), outward([a, b], box), outward([-a, b], box)];
}

/** The closed outlines of a shape; the insides follow the even-odd rule. Points, lines, ellipses and masks have none. */
export function rings(shape: Shape): readonly (readonly XY[])[] {
  switch (shape.kind) {
    case "Box":
    case "RotatedBox":
      return [corners(shape)];
    case "Polygon":
      return [shape.points, ...(shape.holes ?? [])];
    case "MultiPolygon":
      return shape.parts.flatMap(rings);
    default:
      return [];
  }
}

/** The upright box around a shape; around a point, and across a straight line, it has no extent. */
export function bounds(shape: Shape): Bounds {
  switch (shape.kind) {
    case "Box":
    case "Mask":
      return { left: shape.x, top: shape.y, right: shape.x + shape.width, bottom: shape.y + shape.height };
    case "Point":
      return around([[shape.x, shape.y]]);
    case "Ellipse": {
      const turn = ((shape.angle ?? 0) * Math.PI) / 180;
      const x = Math.hypot(shape.radius_x * Math.cos(turn), shape.radius_y * Math.sin(turn));
      const y = Math.hypot(shape.radius_x * Math.sin(turn), shape.radius_y * Math.cos(turn));
      return { left: shape.x - x, top: shape.y - y, right: shape.x + x, bottom: shape.y + y };
    }
    case "Line":
      return around(shape.points);
    default:
      return aroundOutlines(shape);
  }
}

const known = new WeakMap<Shape, Bounds>(); // of outlines: each is asked for in every frame, and none ever changes

function aroundOutlines(shape: Shape): Bounds {
  let found = known.get(shape);
  if (!found) known.set(shape, (found = around(rings(shape).flat())));
  return found;
}

function around(points: readonly XY[]): Bounds {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}
