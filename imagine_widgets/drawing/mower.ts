// Going over a whole picture field by field, as one mows a lawn: along a row, then back along the next.
import type { Bounds, XY } from "./shapes.ts";
import type { Size } from "./view.ts";

const OVERLAP = 0.08; // of a field, that the next one shows again: what lies on its rim is seen whole once

/** How many fields of this size cover a picture, across and down; they are spread evenly. */
export function fieldsOf(picture: Size, field: Size): { across: number; down: number } {
  const number = (long: number, part: number): number => Math.max(1, Math.ceil((long - part) / (part * (1 - OVERLAP)) + 1 - 1e-9));
  return { across: number(picture.width, field.width), down: number(picture.height, field.height) };
}

/** The part of the picture that field `index` shows. */
export function fieldAt(index: number, picture: Size, field: Size): Bounds {
  const { across, down } = fieldsOf(picture, field);
  const row = Math.floor(index / across);
  const column = row % 2 ? across - 1 - (index % across) : index % across;
  const start = (at: number, count: number, long: number, part: number): number =>
    count === 1 ? (long - part) / 2 : (at * (long - part)) / (count - 1);
  const left = start(column, across, picture.width, field.width);
  const top = start(row, down, picture.height, field.height);
  return { left, top, right: left + field.width, bottom: top + field.height };
}

/** The field whose middle is nearest to a place. */
export function fieldNear([x, y]: XY, picture: Size, field: Size): number {
  const { across, down } = fieldsOf(picture, field);
  let [best, nearest] = [0, Infinity];
  for (let index = 0; index < across * down; index++) {
    const { left, top, right, bottom } = fieldAt(index, picture, field);
    const distance = Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
    if (distance < nearest) [best, nearest] = [index, distance];
  }
  return best;
}
