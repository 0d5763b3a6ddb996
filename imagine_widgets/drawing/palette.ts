// Colours of classes that colour-blind people tell apart, the ones of palette.py; classes past the eighth differ by dashes.

/** Okabe and Ito (2008), with grey for their black: it must show on dark pictures too. */
export const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#606c73"] as const;

/** Lengths of strokes and gaps in pixels of the page. */
const DASHES: readonly (readonly number[])[] = [[], [10, 5], [3, 4], [12, 4, 3, 4], [20, 6], [6, 3, 2, 3, 2, 3]];

export function colourOf(label: number): string {
  return COLOURS[label % COLOURS.length]!;
}

export function dashOf(label: number): readonly number[] {
  return DASHES[Math.floor(label / COLOURS.length) % DASHES.length]!;
}

/** Black or white, whichever is better read on a colour (relative luminance as WCAG 2 has it). */
export function inkOn(colour: string): "#000000" | "#ffffff" {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}
