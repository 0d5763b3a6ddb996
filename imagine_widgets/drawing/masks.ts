// Masks are runs of pixels along rows: as stretches to draw, as an answer to "is this pixel inside?", and back.
import type { Mask, XY } from "./shapes.ts";

/** One stretch of a row of the picture: pixels `from` up to but without `to`. */
export type Stretch = [row: number, from: number, to: number];

/** The stretches inside a mask, row by row; a run that goes on in the next row becomes several. */
export function* stretches(mask: Mask): Generator<Stretch> {
  let at = 0;
  for (let i = 0; i < mask.counts.length; i++) {
    const end = at + mask.counts[i]!;
    if (i % 2 === 1) {
      for (let start = at; start < end; ) {
        const row = Math.floor(start / mask.width);
        const stop = Math.min(end, (row + 1) * mask.width);
        yield [mask.y + row, mask.x + start - row * mask.width, mask.x + stop - row * mask.width];
        start = stop;
      }
    }
    at = end;
  }
}

/** Whether the pixel under (x, y) is inside. */
export function covers(mask: Mask, [x, y]: XY): boolean {
  const [column, row] = [Math.floor(x) - mask.x, Math.floor(y) - mask.y];
  if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) return false;
  const wanted = row * mask.width + column;
  let at = 0;
  for (let i = 0; i < mask.counts.length; i++) {
    at += mask.counts[i]!;
    if (wanted < at) return i % 2 === 1;
  }
  return false;
}

/** How many pixels are inside. */
export function pixelCount(mask: Mask): number {
  return mask.counts.reduce((sum, run, i) => (i % 2 ? sum + run : sum), 0);
}

/** The mask of bytes that are not 0, `width` in a row; its top-left corner is (x, y). */
export function maskOf(inside: Uint8Array, x: number, y: number, width: number): Mask {
  const counts: number[] = [];
  let [is, run] = [false, 0];
  for (const byte of inside) {
    if (byte !== 0 === is) run++;
    else {
      counts.push(run);
      [is, run] = [!is, 1];
    }
  }
  counts.push(run);
  return { kind: "Mask", x, y, width, height: inside.length / width, counts };
}
