// A mask is painted from a bitmap of its own, made when it is first seen and forgotten with the mask.
import { stretches } from "./masks.ts";
import type { Pen } from "./paint.ts";
import type { Mask } from "./shapes.ts";
import type { View } from "./view.ts";

const LONGEST = 2048; // pixels of a bitmap's side; larger masks are drawn coarser
const made = new WeakMap<Mask, Map<string, OffscreenCanvas>>();

export function paintMask(pen: Pen, mask: Mask, view: View, colour: string, opacity: number): void {
  const bitmap = bitmapOf(mask, colour);
  const before = pen.imageSmoothingEnabled;
  pen.imageSmoothingEnabled = false;
  pen.globalAlpha = opacity;
  const { left, top, scale } = view;
  pen.drawImage(bitmap, (mask.x - left) * scale, (mask.y - top) * scale, mask.width * scale, mask.height * scale);
  pen.globalAlpha = 1;
  pen.imageSmoothingEnabled = before;
}

function bitmapOf(mask: Mask, colour: string): OffscreenCanvas {
  const colours = made.get(mask) ?? new Map<string, OffscreenCanvas>();
  made.set(mask, colours);
  const bitmap = colours.get(colour) ?? drawn(mask, colour);
  colours.set(colour, bitmap);
  return bitmap;
}

function drawn(mask: Mask, colour: string): OffscreenCanvas {
  const coarser = Math.max(1, Math.ceil(Math.max(mask.width, mask.height) / LONGEST));
  const bitmap = new OffscreenCanvas(Math.ceil(mask.width / coarser), Math.ceil(mask.height / coarser));
  const pen = bitmap.getContext("2d")!;
  pen.fillStyle = colour;
  for (const [row, from, to] of stretches(mask)) {
    if ((row - mask.y) % coarser) continue;
    pen.fillRect((from - mask.x) / coarser, (row - mask.y) / coarser, Math.max(1, (to - from) / coarser), 1);
  }
  return bitmap;
}
