// Which shape is under the pointer: inside an area, or near enough to a point or a line.
import { covers, pixelCount } from "./masks.ts";
import { bounds, inward, rings, type Shape, type XY } from "./shapes.ts";

/** The distance from a point to the stretch between two others. */
export function fromSegment([x, y]: XY, [ax, ay]: XY, [bx, by]: XY): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** The distance from a point to a line through points, closed or not, and the stretch of it that is nearest. */
export function fromPath(at: XY, points: readonly XY[], closed: boolean): { distance: number; segment: number } {
  let [distance, segment] = [Infinity, -1];
  for (let i = closed ? 0 : 1; i < points.length; i++) {
    const found = fromSegment(at, points.at(i - 1)!, points[i]!);
    if (found < distance) [distance, segment] = [found, closed && i === 0 ? points.length - 1 : i - 1];
  }
  return { distance, segment };
}

/** Whether a point is inside outlines, by the even-odd rule: in a hole it is not. */
export function isInside([x, y]: XY, outlines: readonly (readonly XY[])[]): boolean {
  let inside = false;
  for (const ring of outlines) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[ax, ay], [bx, by]] = [ring[i]!, ring[j]!];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
  }
  return inside;
}

/** Whether a shape is at a point, or not farther than `reach` pixels of the picture from it. */
export function touches(shape: Shape, at: XY, reach: number): boolean {
  switch (shape.kind) {
    case "Point":
      return Math.hypot(at[0] - shape.x, at[1] - shape.y) <= reach;
    case "Line":
      return fromPath(at, shape.points, false).distance <= reach;
    case "Ellipse": {
      const [along, across] = inward(at, shape);
      return Math.hypot(along / (shape.radius_x + reach), across / (shape.radius_y + reach)) <= 1;
    }
    case "Mask":
      return covers(shape, at);
    default: {
      const outlines = rings(shape);
      return isInside(at, outlines) || outlines.some((ring) => fromPath(at, ring, true).distance <= reach);
    }
  }
}

/** The area in pixels that decides who is picked where several lie upon another: the smallest. Points and lines have none. */
export function area(shape: Shape): number {
  switch (shape.kind) {
    case "Point":
    case "Line":
      return 0;
    case "Ellipse":
      return Math.PI * shape.radius_x * shape.radius_y;
    case "Mask":
      return pixelCount(shape);
    case "Box":
    case "RotatedBox":
      return shape.width * shape.height;
    case "Polygon":
      return ringArea(shape.points) - (shape.holes ?? []).reduce((sum, hole) => sum + ringArea(hole), 0);
    case "MultiPolygon":
      return shape.parts.reduce((sum, part) => sum + area(part), 0);
  }
}

function ringArea(ring: readonly XY[]): number {
  let twice = 0;
  ring.forEach(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    twice += x * nextY - nextX * y;
  });
  return Math.abs(twice) / 2;
}

/** Of shapes that may lie upon another, the one that a click at a point means: the smallest of those there. */
export function picked<Item extends { shape: Shape }>(items: Iterable<Item>, at: XY, reach: number): Item | undefined {
  let [best, smallest] = [undefined as Item | undefined, Infinity];
  for (const item of items) {
    const { left, top, right, bottom } = bounds(item.shape);
    const [x, y] = at;
    if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) continue;
    if (!touches(item.shape, at, reach)) continue;
    const size = area(item.shape);
    if (size < smallest) [best, smallest] = [item, size];
  }
  return best;
}
