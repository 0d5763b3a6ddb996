// The selected region with its handles, and the one that is being drawn, as SVG above the canvas.
import { trace } from "../drawing/trace.ts";
import { type Handle, handles } from "../drawing/handles.ts";
import { colourOf } from "../drawing/palette.ts";
import { bounds, type Shape, type XY } from "../drawing/shapes.ts";
import { toPage, type View } from "../drawing/view.ts";
import type { Labelled } from "../regions/wire.ts";

const SPACE = "http://www.w3.org/2000/svg";
const SQUARE = 7; // pixels of the page
const CROSS = 14; // pixels of the page from the middle of the crosshair to its ends

/** What is to be marked: a shape with its class, with handles or without, and the way of a brush. */
export interface Marked {
  shape?: Shape | undefined;
  label: number;
  isHeld: boolean;
  brush?: { way: readonly XY[]; radius: number } | undefined;
  /** What is written beside the shape. */
  words?: string | undefined;
  crosshair?: XY | undefined;
  /** Regions with more labels than the one whose colour they have. */
  several?: readonly Labelled<Shape>[] | undefined;
}

export function mark(svg: SVGSVGElement, { shape, label, isHeld, brush, words, crosshair, several }: Marked, view: View): void {
  const parts = (several ?? []).flatMap((one) => severalMarks(one, view));
  if (shape) {
    const d = pathOf(shape, view);
    parts.push(drawn("path", { d, class: "im-mark-rim" }));
    parts.push(drawn("path", { d, class: "im-mark", stroke: colourOf(label), fill: fillOf(shape, label) }));
    if (isHeld) parts.push(...handles(shape, view.scale).map((one) => handleMark(one, view)));
  }
  if (shape && words) parts.push(wordsMark(words, shape, view));
  if (brush) parts.push(brushMark(brush, label, view));
  if (crosshair) parts.push(...crossMarks(toPage(crosshair, view)));
  svg.replaceChildren(...parts);
}

/** A shape as the path of an SVG. */
export function pathOf(shape: Shape, view: View): string {
  const d: string[] = [];
  trace(
    {
      moveTo: (x, y) => void d.push(`M${x} ${y}`),
      lineTo: (x, y) => void d.push(`L${x} ${y}`),
      closePath: () => void d.push("Z"),
      rect: (x, y, w, h) => void d.push(`M${x} ${y}h${w}v${h}h${-w}Z`),
      ellipse: (x, y, a, b, turn) => void d.push(ellipsePath([x, y], a, b, turn)),
    },
    shape,
    view,
  );
  return d.join("");
}

function ellipsePath([x, y]: XY, a: number, b: number, turn: number): string {
  const [dx, dy] = [a * Math.cos(turn), a * Math.sin(turn)];
  const arc = `A${a} ${b} ${(turn * 180) / Math.PI} 1 1 `;
  return `M${x + dx} ${y + dy}${arc}${x - dx} ${y - dy}${arc}${x + dx} ${y + dy}Z`;
}

function fillOf(shape: Shape, label: number): string {
  return shape.kind === "Line" || shape.kind === "Point" ? "none" : `${colourOf(label)}22`;
}

function handleMark(handle: Handle, view: View): SVGElement {
  const [x, y] = toPage(handle.at, view);
  const size = handle.role === "middle" ? 3.5 : 5.5;
  if (handle.role === "corner" || handle.role === "side") {
    return drawn("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size, class: "im-handle" });
  }
  return drawn("circle", { cx: x, cy: y, r: size, class: `im-handle im-handle-${handle.role}` });
}

function brushMark({ way, radius }: { way: readonly XY[]; radius: number }, label: number, view: View): SVGElement {
  const points = (way.length > 1 ? way : [...way, ...way]).map((place) => toPage(place, view).join()).join(" ");
  const width = 2 * radius * view.scale;
  return drawn("polyline", { points, class: "im-brush", stroke: colourOf(label), "stroke-width": width });
}

/** Above the shape, or at the top of the page where that is not in sight. */
function wordsMark(words: string, shape: Shape, view: View): SVGElement {
  const { left, top } = bounds(shape);
  const [x, y] = toPage([left, top], view);
  const text = drawn("text", { x: Math.max(x, 6), y: Math.max(y - 7, 16), class: "im-words" });
  text.textContent = words;
  return text;
}

/** A square for each further label, along the upper edge. */
function severalMarks({ shape, also }: Labelled<Shape>, view: View): SVGElement[] {
  const { left, top } = bounds(shape);
  const [x, y] = toPage([left, top], view);
  const mark = (label: number, i: number): SVGElement =>
    drawn("rect", { x: x + 3 + i * (SQUARE + 2), y: y + 3, width: SQUARE, height: SQUARE, fill: colourOf(label), class: "im-more" });
  return (also ?? []).map(mark);
}

function crossMarks([x, y]: XY): SVGElement[] {
  const d = `M${x - CROSS} ${y}h${CROSS - 3}m6 0h${CROSS - 3}M${x} ${y - CROSS}v${CROSS - 3}m0 6v${CROSS - 3}`;
  return ["im-mark-rim", "im-cross"].map((name) => drawn("path", { d, class: name }));
}

function drawn(tag: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SPACE, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
