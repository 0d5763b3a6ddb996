// What of a picture is seen, and how large: between pixels of the picture and those of the page.
import type { Bounds, XY } from "./shapes.ts";

/** The picture's pixel (x, y) is drawn at ((x - left) × scale, (y - top) × scale). */
export interface View {
  left: number;
  top: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export function toPage([x, y]: XY, view: View): XY {
  return [(x - view.left) * view.scale, (y - view.top) * view.scale];
}

export function toPicture([x, y]: XY, view: View): XY {
  return [x / view.scale + view.left, y / view.scale + view.top];
}

/** The part of the picture that a page of this size shows. */
export function seen(view: View, page: Size): Bounds {
  const [right, bottom] = toPicture([page.width, page.height], view);
  return { left: view.left, top: view.top, right, bottom };
}

/** The view that shows a part of the picture as large as it goes, in the middle, with a rim of that share of it. */
export function fitting(part: Bounds, page: Size, rim = 0): View {
  const [width, height] = [Math.max(part.right - part.left, 1), Math.max(part.bottom - part.top, 1)];
  const scale = Math.min(page.width / width, page.height / height) / (1 + 2 * rim);
  return {
    scale,
    left: (part.left + part.right - page.width / scale) / 2,
    top: (part.top + part.bottom - page.height / scale) / 2,
  };
}

/** The same view, larger by a factor around a place of the page, which shows the same as before. */
export function zoomed(view: View, factor: number, [x, y]: XY): View {
  const scale = view.scale * factor;
  return { scale, left: view.left + x / view.scale - x / scale, top: view.top + y / view.scale - y / scale };
}

/** How what was drawn for one view has to be moved and scaled to stand right in another. */
export function between(drawn: View, now: View): { scale: number; x: number; y: number } {
  const scale = now.scale / drawn.scale;
  return { scale, x: (drawn.left - now.left) * now.scale, y: (drawn.top - now.top) * now.scale };
}
