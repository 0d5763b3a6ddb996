// What of a picture is shown when a region is in question, and which tiles that takes: they are asked for before.
import type { Bounds } from "../drawing/shapes.ts";
import type { Size } from "../drawing/view.ts";
import type { Item } from "./queue.ts";

const AROUND = 0.75; // of a region's longer side is shown around it
const LEAST = 48; // pixels of the picture that a region is taken to be long at least: nobody knows a thing by itself

/** The region with what is around it; all of the picture for what stands for the whole. */
export function around(bounds: Item["bounds"], picture: Size): Bounds {
  const [x, y, width, height] = bounds ?? [0, 0, picture.width, picture.height];
  const rim = bounds ? Math.max(width, height, LEAST) * AROUND : 0;
  return {
    left: Math.max(0, x - rim),
    top: Math.max(0, y - rim),
    right: Math.min(picture.width, x + width + rim),
    bottom: Math.min(picture.height, y + height + rim),
  };
}

/** The tiles [level, column, line] of the level that is drawn when `part` fills the page. */
export function tilesOf(part: Bounds, page: Size, picture: Size & { side?: number; deepest?: number }): number[][] {
  const { width, height, side = 512, deepest = 0 } = picture;
  const scale = Math.min(page.width / (part.right - part.left), page.height / (part.bottom - part.top));
  const level = Math.max(0, Math.min(deepest, Math.floor(deepest + 1 + Math.log2(scale))));
  const long = side * 2 ** (deepest - level); // pixels of the picture along a tile
  const stretch = (from: number, to: number, seen: number, whole: number): number[] => {
    const middle = (from + to) / 2;
    const first = Math.floor(Math.max(0, middle - seen / 2) / long);
    const last = Math.ceil(Math.min(whole, middle + seen / 2) / long);
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  };
  const columns = stretch(part.left, part.right, page.width / scale, width);
  const lines = stretch(part.top, part.bottom, page.height / scale, height);
  return lines.flatMap((line) => columns.map((column) => [level, column, line]));
}
