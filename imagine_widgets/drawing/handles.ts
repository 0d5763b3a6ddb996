// What a person takes hold of to change the selected shape: corners, sides, points, middles, the knob that turns it.
import { corners, outward, type Polygon, type Shape, type XY } from "./shapes.ts";

export type Handle =
  | { role: "place"; at: XY } // of a point
  | { role: "corner"; index: number; at: XY } // 0 to 3, in turn
  | { role: "side"; index: number; at: XY } // 0 top, 1 right, 2 bottom, 3 left, before turning
  | { role: "turn"; at: XY }
  | { role: "vertex"; part: number; ring: number; index: number; at: XY }
  | { role: "middle"; part: number; ring: number; index: number; at: XY }; // a new vertex before `index`

const KNOB = 26; // pixels of the page between a shape and the knob that turns it

/** The handles of a shape that is drawn at this scale. Masks have none: a brush changes them. */
export function handles(shape: Shape, scale: number): Handle[] {
  switch (shape.kind) {
    case "Point":
      return [{ role: "place", at: [shape.x, shape.y] }];
    case "Box":
      return boxHandles(corners(shape));
    case "RotatedBox":
      return [...boxHandles(corners(shape)), { role: "turn", at: outward([0, -shape.height / 2 - KNOB / scale], shape) }];
    case "Ellipse": {
      const { radius_x: a, radius_y: b } = shape;
      const ends: XY[] = [[0, -b], [a, 0], [0, b], [-a, 0]];
      const sides = ends.map((end, index): Handle => ({ role: "side", index, at: outward(end, shape) }));
      return [...sides, { role: "turn", at: outward([0, -b - KNOB / scale], shape) }];
    }
    case "Line":
      return ringHandles(shape.points, 0, 0, false);
    case "Polygon":
      return polygonHandles(shape, 0);
    case "MultiPolygon":
      return shape.parts.flatMap(polygonHandles);
    case "Mask":
      return [];
  }
}

/** The handle nearest to a place, where one is within reach; vertices win over middles. */
export function heldAt(found: readonly Handle[], [x, y]: XY, reach: number): Handle | undefined {
  let [best, nearest] = [undefined as Handle | undefined, reach];
  for (const one of found) {
    const distance = Math.hypot(one.at[0] - x, one.at[1] - y) + (one.role === "middle" ? reach / 4 : 0);
    if (distance <= nearest) [best, nearest] = [one, distance];
  }
  return best;
}

function boxHandles(at: readonly XY[]): Handle[] {
  const ends = at.map((corner, index): Handle => ({ role: "corner", index, at: corner }));
  const sides = at.map((corner, index): Handle => ({ role: "side", index, at: halfway(corner, at[(index + 1) % 4]!) }));
  return [...ends, ...sides];
}

function polygonHandles(polygon: Polygon, part: number): Handle[] {
  return [polygon.points, ...(polygon.holes ?? [])].flatMap((ring, number) => ringHandles(ring, part, number, true));
}

function ringHandles(points: readonly XY[], part: number, ring: number, closed: boolean): Handle[] {
  const vertices = points.map((at, index): Handle => ({ role: "vertex", part, ring, index, at }));
  const middles = points.slice(closed ? 0 : 1).map((at, i): Handle => {
    const index = closed ? i : i + 1;
    return { role: "middle", part, ring, index: closed && i === 0 ? points.length : index, at: halfway(points.at(index - 1)!, at) };
  });
  return [...vertices, ...middles];
}

function halfway([ax, ay]: XY, [bx, by]: XY): XY {
  return [(ax + bx) / 2, (ay + by) / 2];
}
