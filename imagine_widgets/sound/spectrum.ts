// The spectrogram on the stage: tiles of greys from the kernel, drawn in colours along the axes as they are now.
import type { View } from "../drawing/view.ts";
import type { RecordingState } from "../recording/state.ts";
import { type Axes, hertzOf } from "./axes.ts";

/** What the kernel says of a sound (sound/widget.py). */
export interface Facts {
  seconds: number;
  rate: number;
  channels: number;
  moments: number;
  window: number;
  overlap: number;
  columns: number;
  lowest: number;
  highest: number;
  contrast: [number, number];
  full_scale: number | null;
  taken_at: string | null;
}

interface Tile {
  greys: Uint8Array;
  columns: number;
  drawn?: HTMLCanvasElement;
  version?: string;
}

const ROOM = 80_000_000; // bytes of levels that are kept
const FRAMED = 600_000; // bytes that a tile costs beside them
const AGAIN = 15000; // milliseconds without an answer after which a tile is asked for once more
/** Stops of viridis and inferno (van der Walt and Smith, 2015; CC0): colour-blind people see their order too. */
export const COLOURS = {
  Viridis: "440154472d7b3b528b2c728e21918c28ae805ec962addc30fde725",
  Inferno: "000004210c4a57106e8a226abc3754e45a31f98e09f9cb35fcffa4",
  "White to black": "ffffffe6e6e6cccccCb3b3b3999999808080555555333333000000",
  "Black to white": "000000202020404040606060808080a0a0a0c0c0c0e0e0e0ffffff",
};

export class Spectrum {
  readonly state: RecordingState;
  facts!: Facts;
  window = 1024;
  overlap = 0.75;
  colours: keyof typeof COLOURS = "Viridis";
  contrast: [number, number] = [-100, 0];
  channel = 0;
  why = "";
  isWhole = false; // all tiles in sight are here, at the level that fits
  private readonly tiles = new Map<string, Tile>();
  private readonly asked = new Map<string, number>();
  private readonly came: () => void;
  private isOver = false;

  constructor(state: RecordingState, came: () => void) {
    this.state = state;
    this.came = came;
    state.parts.add(this.receive);
  }

  open(facts: Facts): void {
    const { window, overlap, contrast } = facts;
    Object.assign(this, { facts, window, overlap, contrast });
  }

  /** Moments from a window to the next. */
  get hop(): number {
    return this.window * (1 - this.overlap);
  }

  /** The decibels at a time and frequency as they are drawn now, where they are here. */
  levelAt(time: number, hertz: number, axes: Axes): number | undefined {
    const { rate, lowest, highest, columns } = this.facts;
    const level = this.level(axes.perSecond);
    const across = time / this.stretch(level);
    const tile = this.tiles.get(this.place(level, Math.floor(across)).join());
    const at = Math.round((hertz * this.window) / rate) * (tile?.columns ?? 0) + Math.floor((across % 1) * columns);
    const grey = tile?.greys[at];
    return grey === undefined ? undefined : lowest + (grey / 255) * (highest - lowest);
  }

  /** Draw the part that `view` shows; asks for what is missing. */
  paint(pen: CanvasRenderingContext2D, axes: Axes, view: View, page: { width: number; height: number }): void {
    const level = this.level(axes.perSecond);
    const missing: number[][] = [];
    this.isWhole = true;
    for (let index = this.at(view.left, level, axes); index <= this.at(view.left + page.width, level, axes); index++) {
      if (this.paintTile(pen, level, index, axes, view, page)) continue;
      missing.push(this.place(level, index));
      this.isWhole = false;
      this.paintRougher(pen, level, index, axes, view, page);
    }
    this.ask(missing);
  }

  dispose(): void {
    this.isOver = true;
    this.state.parts.delete(this.receive);
    for (const { drawn } of this.tiles.values()) if (drawn) drawn.width = drawn.height = 0;
    this.tiles.clear();
  }

  /** The level whose columns are as wide as a pixel, or a little narrower. */
  private level(perSecond: number): number {
    return Math.max(0, Math.min(this.top, Math.floor(Math.log2(this.facts.rate / perSecond / this.hop))));
  }

  /** The level at which one tile shows everything. */
  private get top(): number {
    return Math.max(0, Math.ceil(Math.log2(this.facts.moments / (this.hop * this.facts.columns))));
  }

  private place(level: number, index: number): number[] {
    return [level, index, this.channel, this.window, this.overlap];
  }

  /** The seconds that a tile shows. */
  private stretch(level: number): number {
    return (this.hop * 2 ** level * this.facts.columns) / this.facts.rate;
  }

  private at(x: number, level: number, axes: Axes): number {
    const last = Math.ceil(this.facts.seconds / this.stretch(level)) - 1;
    return Math.max(0, Math.min(last, Math.floor(x / axes.perSecond / this.stretch(level))));
  }

  private paintTile(pen: CanvasRenderingContext2D, level: number, index: number, axes: Axes, view: View, page: { width: number; height: number }): boolean {
    const key = this.place(level, index).join();
    const tile = this.tiles.get(key);
    if (!tile) return false;
    this.tiles.delete(key);
    this.tiles.set(key, tile); // the last used stays longest
    const drawn = this.coloured(tile, axes, view, page.height);
    const wide = this.stretch(level) * axes.perSecond;
    pen.drawImage(drawn, index * wide - view.left, 0, (wide * tile.columns) / this.facts.columns, page.height);
    return true;
  }

  /** What a tile of a higher level shows of the time of a missing one. */
  private paintRougher(pen: CanvasRenderingContext2D, level: number, index: number, axes: Axes, view: View, page: { width: number; height: number }): void {
    for (let up = 1; level + up <= this.top; up++) {
      if (!this.tiles.has(this.place(level + up, index >> up).join())) continue;
      const wide = this.stretch(level) * axes.perSecond;
      pen.save();
      pen.beginPath();
      pen.rect(index * wide - view.left, 0, wide, page.height);
      pen.clip();
      this.paintTile(pen, level + up, index >> up, axes, view, page);
      return pen.restore();
    }
  }

  /** A tile in colours, a row for each pixel of the stage's height. */
  private coloured(tile: Tile, axes: Axes, view: View, height: number): HTMLCanvasElement {
    const version = [axes.isLog, axes.height, view.top, height, this.colours, ...this.contrast].join();
    if (tile.drawn && tile.version === version) return tile.drawn;
    const canvas = tile.drawn ?? document.createElement("canvas");
    [canvas.width, canvas.height] = [tile.columns, Math.max(1, Math.round(height))];
    const pen = canvas.getContext("2d")!;
    const picture = pen.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(picture.data.buffer);
    const colours = palette(this.contrast, this.facts, COLOURS[this.colours]);
    for (let row = 0; row < canvas.height; row++) this.colourRow(pixels, row, tile, axes, view, colours);
    pen.putImageData(picture, 0, 0);
    return Object.assign(tile, { drawn: canvas, version }).drawn;
  }

  /** The loudest of the frequencies that a row of pixels stands for. */
  private colourRow(pixels: Uint32Array, row: number, tile: Tile, axes: Axes, view: View, colours: Uint32Array): void {
    const bins = this.window / 2 + 1;
    const bin = (y: number): number => (hertzOf(y + view.top, axes) * this.window) / this.facts.rate;
    const first = Math.max(0, Math.min(bins - 1, Math.round(bin(row + 0.5))));
    const low = Math.min(first, Math.max(0, Math.ceil(bin(row + 1))));
    const high = Math.max(first, Math.min(bins - 1, Math.floor(bin(row))));
    for (let column = 0; column < tile.columns; column++) {
      let grey = 0;
      for (let one = low; one <= high; one++) grey = Math.max(grey, tile.greys[one * tile.columns + column]!);
      pixels[row * tile.columns + column] = colours[grey]!;
    }
  }

  private ask(places: number[][]): void {
    const now = performance.now();
    const wanted = places.filter((place) => now - (this.asked.get(place.join()) ?? -AGAIN) >= AGAIN);
    if (wanted.length === 0) return;
    for (const place of wanted) this.asked.set(place.join(), now);
    this.state.send({ type: "parts", places: wanted });
  }

  private readonly receive = (buffer: DataView<ArrayBuffer> | undefined, why: string, place: number[]): void => {
    this.asked.delete(place.join());
    this.why = why;
    if (!buffer) {
      this.asked.set(place.join(), performance.now()); // not at once again
      return this.came();
    }
    createImageBitmap(new Blob([buffer], { type: "image/jpeg" })).then(
      (bitmap) => this.keep(place.join(), bitmap),
      (error: unknown) => this.state.stumble(error),
    );
  };

  private keep(key: string, bitmap: ImageBitmap): void {
    if (this.isOver) return bitmap.close();
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const pen = canvas.getContext("2d", { willReadFrequently: true })!;
    pen.drawImage(bitmap, 0, 0);
    const { data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
    this.tiles.set(key, { greys: Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]!), columns: bitmap.width });
    bitmap.close();
    let room = ROOM;
    for (const [old, { greys }] of [...this.tiles].reverse()) {
      room -= greys.length + FRAMED;
      if (room < 0) this.tiles.delete(old);
    }
    this.came();
  }
}

/** The colour of each grey. */
export function palette([low, high]: [number, number], { lowest, highest }: Pick<Facts, "lowest" | "highest">, stops: string = COLOURS.Viridis): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, grey) => {
    const level = lowest + (grey / 255) * (highest - lowest);
    const share = Math.max(0, Math.min(1, (level - low) / Math.max(high - low, 1e-6)));
    const [at, part] = [Math.min(Math.floor(share * 8), 7), share * 8 - Math.min(Math.floor(share * 8), 7)];
    const mixed = [0, 2, 4].map((byte) => {
      const [a, b] = [at, at + 1].map((stop) => Number.parseInt(stops.substr(stop * 6 + byte, 2), 16)) as [number, number];
      return Math.round(a + (b - a) * part);
    }) as [number, number, number];
    return 0xff000000 | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  });
}
