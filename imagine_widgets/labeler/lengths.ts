// Lengths as a person reads them: 13,200 µm is 13.2 mm.
import type { Opened } from "./wire.ts";

const LARGER: Record<string, string> = { nm: "µm", µm: "mm", mm: "m", m: "km" };

/** So many pixels in the unit of length that keeps the largest of them below a thousand, with four figures. */
export function lengths(pixels: number[], { value, unit }: NonNullable<Opened["scale"]>): string {
  const long = pixels.map((one) => one * value);
  if (Math.max(...long.map(Math.abs)) >= 1000 && LARGER[unit]) return lengths(long, { value: 1e-3, unit: LARGER[unit] });
  return `${long.map((one) => Number(one.toPrecision(4))).join(", ")} ${unit}`;
}
