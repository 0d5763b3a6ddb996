// A shape while it is being drawn, click by click or in one drag; what is drawn so far shows under the pointer.
import type { RotatedBox, Shape, XY } from "./shapes.ts";

export type Tool = "point" | "line" | "box" | "rotated box" | "ellipse" | "polygon" | "ruler";

const ENOUGH: Record<Tool, number> = { point: 1, line: 2, polygon: 3, box: 2, ellipse: 2, "rotated box": 3, ruler: 2 }; // points
const NEAR = 8; // pixels of the page: a click so near to the first vertex closes the outline
const DRAG = 4; // pixels of the page from press to release that make a drag of it

export class Sketch {
  readonly tool: Tool;
  private readonly points: XY[] = [];
  private pressed: XY | undefined;
  private pointer: XY | undefined;
  private isFinished = false;

  constructor(tool: Tool) {
    this.tool = tool;
  }

  /** Whether the shape is drawn to its end. */
  get finished(): boolean {
    return this.isFinished;
  }

  /** Whether nothing was drawn yet. */
  get empty(): boolean {
    return this.points.length === 0;
  }

  press(at: XY): void {
    this.pressed = at;
    this.pointer = at;
    if (this.points.length === 0) this.points.push(at);
  }

  move(at: XY): void {
    this.pointer = at;
  }

  /** The pointer is let go; `scale` tells pixels of the page from those of the picture. */
  release(at: XY, scale: number): void {
    if (!this.pressed) return;
    const isDrag = Math.hypot(at[0] - this.pressed[0], at[1] - this.pressed[1]) * scale > DRAG;
    const isFirst = this.points.length === 1 && this.pressed === this.points[0];
    this.pressed = undefined;
    this.pointer = at;
    if (isFirst && !isDrag && this.tool !== "point") return; // one click: the next ones go on from here
    if (this.closes(at, scale)) this.finish();
    else if (!isFirst || isDrag) this.points.push(at);
    this.isFinished ||= this.points.length >= ENOUGH[this.tool] && this.tool !== "line" && this.tool !== "polygon";
  }

  /** Enter or a double click: what is drawn is the shape, if it is one. */
  finish(): void {
    this.isFinished = this.points.length >= ENOUGH[this.tool];
  }

  /** The last vertex away; whether there was one to take. */
  back(): boolean {
    return this.points.pop() !== undefined;
  }

  /** What the drawing is now, with the pointer as its last point; nothing where that is no shape yet. */
  shape(): Shape | undefined {
    const points = this.isFinished || !this.pointer ? this.points : [...this.points, this.pointer];
    const [first, second, third] = distinct(points);
    if (!first) return undefined;
    if (this.tool === "point") return { kind: "Point", x: first[0], y: first[1] };
    if (!second) return undefined;
    if (this.tool === "box" || this.tool === "ellipse") return framed(this.tool, first, second);
    if (this.tool === "rotated box") return third ? along(first, second, third) : { kind: "Line", points: [first, second] };
    if (this.tool === "polygon" && third) return { kind: "Polygon", points: distinct(points) };
    return { kind: "Line", points: distinct(points) };
  }

  private closes([x, y]: XY, scale: number): boolean {
    if (this.tool !== "polygon" || this.points.length < 3) return false;
    const [firstX, firstY] = this.points[0]!;
    return Math.hypot(x - firstX, y - firstY) * scale <= NEAR;
  }
}

/** Points without those that repeat the one before. */
function distinct(points: readonly XY[]): XY[] {
  return points.filter(([x, y], i) => i === 0 || x !== points[i - 1]![0] || y !== points[i - 1]![1]);
}

function framed(tool: "box" | "ellipse", [ax, ay]: XY, [bx, by]: XY): Shape | undefined {
  const [width, height] = [Math.abs(bx - ax), Math.abs(by - ay)];
  if (width === 0 || height === 0) return undefined;
  if (tool === "box") return { kind: "Box", x: Math.min(ax, bx), y: Math.min(ay, by), width, height };
  return { kind: "Ellipse", x: (ax + bx) / 2, y: (ay + by) / 2, radius_x: width / 2, radius_y: height / 2, angle: 0 };
}

/** The box whose one side runs from a to b and whose other side ends at the height of c. */
function along([ax, ay]: XY, [bx, by]: XY, [cx, cy]: XY): RotatedBox | undefined {
  const [dx, dy] = [bx - ax, by - ay];
  const width = Math.hypot(dx, dy);
  const height = ((cy - ay) * dx - (cx - ax) * dy) / width; // signed: c may lie on either side
  if (height === 0) return undefined;
  const [x, y] = [(ax + bx) / 2 - ((dy / width) * height) / 2, (ay + by) / 2 + ((dx / width) * height) / 2];
  const angle = ((Math.atan2(dy, dx) * 180) / Math.PI + 360) % 360;
  return { kind: "RotatedBox", x, y, width, height: Math.abs(height), angle };
}
