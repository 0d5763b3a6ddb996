// Tiles over the widget's own messages: no address, no port, nothing that a hub could stand in the way of.
import OpenSeadragon from "openseadragon";
import type { Look, Opened, Tile } from "./wire.ts";

const AGAIN = 15000; // milliseconds without an answer after which a tile is asked for once more

interface Waiting {
  jobs: Set<OpenSeadragon.ImageJob>;
  when: number;
}

/** Asks the kernel for tiles, those of one moment in one message, and hands the answers to whoever waits. */
export class TileMail {
  private readonly send: (message: object) => void;
  private readonly waiting = new Map<string, Waiting>();
  private wanted: number[][] = [];
  private forgotten: number[][] = [];
  private isCalled = false;
  private timer = 0;

  constructor(send: (message: object) => void) {
    this.send = send;
  }

  want(place: number[], job: OpenSeadragon.ImageJob): void {
    const key = place.join("/");
    const waiting = this.waiting.get(key);
    if (waiting) return void waiting.jobs.add(job);
    this.waiting.set(key, { jobs: new Set([job]), when: Date.now() });
    this.wanted.push(place);
    this.call();
  }

  forget(place: number[], job: OpenSeadragon.ImageJob): void {
    const waiting = this.waiting.get(place.join("/"));
    waiting?.jobs.delete(job);
    if (!waiting || waiting.jobs.size) return;
    this.waiting.delete(place.join("/"));
    this.forgotten.push(place);
    this.call();
  }

  answered({ place, why }: Tile, buffer: DataView<ArrayBuffer> | undefined): void {
    const waiting = this.waiting.get(place.join("/"));
    this.waiting.delete(place.join("/"));
    for (const job of waiting?.jobs ?? []) {
      if (why || !buffer) job.fail(why || "The kernel sent no picture.", null as never);
      else job.finish(new Blob([buffer], { type: "image/jpeg" }), null, "rasterBlob");
    }
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.waiting.clear();
  }

  private call(): void {
    if (this.isCalled) return;
    this.isCalled = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.isCalled = false;
    const forgotten = this.forgotten.splice(0);
    for (const places of grouped(forgotten)) this.send({ type: "forget", ...places });
    for (const places of grouped(this.wanted.splice(0))) this.send({ type: "tiles", ...places });
    window.clearTimeout(this.timer);
    if (this.waiting.size) this.timer = window.setTimeout(() => this.askAgain(), AGAIN);
  }

  private askAgain(): void {
    const now = Date.now();
    for (const [key, waiting] of this.waiting) {
      if (now - waiting.when < AGAIN) continue;
      waiting.when = now;
      this.wanted.push(key.split("/").map(Number));
    }
    this.flush();
  }
}

/** Places of one sample and one look, as the kernel wants them. */
function grouped(places: number[][]): { row: number; look: number[]; places: number[][] }[] {
  const groups = new Map<string, { row: number; look: number[]; places: number[][] }>();
  for (const [row, level, column, line, ...look] of places as [number, number, number, number, ...number[]][]) {
    const key = `${row} ${look.join(" ")}`;
    const group = groups.get(key) ?? { row, look, places: [] };
    group.places.push([level, column, line]);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What OpenSeadragon asks for the tiles of a sample, drawn with a look. `edition` differs where tiles were made anew. */
export function tileSource(mail: TileMail, opened: Opened, look: Look, edition: number): OpenSeadragon.TileSource {
  const { row, width, height, side = 512, deepest = 0 } = opened;
  const options = { width, height, tileSize: side, tileOverlap: 0, minLevel: Math.max(0, Math.min(deepest, 6)), maxLevel: deepest };
  const source = new OpenSeadragon.TileSource(options as unknown as OpenSeadragon.TileSourceOptions);
  const place = ({ tile }: OpenSeadragon.ImageJob): number[] => [row, tile.level, tile.x, tile.y, ...look];
  source.getTileUrl = (level, x, y) => [row, level, x, y, ...look, edition].join("/");
  source.downloadTileStart = (job) => mail.want(place(job), job);
  source.downloadTileAbort = (job) => mail.forget(place(job), job);
  source.hasTransparency = () => false;
  return source;
}
