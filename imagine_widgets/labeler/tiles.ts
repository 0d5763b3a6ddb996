// Tiles over the widget's own messages: no address, no port, nothing that a hub could stand in the way of.
// Where the server can make them it is asked first, and what it has not comes by message all the same.
import OpenSeadragon from "openseadragon";
import { Served } from "./served.ts";
import type { Look, Opened, Tile } from "./wire.ts";

const AGAIN = 15000; // milliseconds without an answer after which a tile is asked for once more
const PATIENCE = 400; // milliseconds for which the server alone is asked: it may have to begin
const KEPT = 64; // tiles that came before anybody drew them, at most

interface Waiting {
  jobs: Set<OpenSeadragon.ImageJob>;
  when: number;
  isAhead: boolean; // asked for before anybody draws it
  isPosted?: boolean; // the kernel is asked, too
}

/** Asks the kernel for tiles, those of one moment in one message, and hands the answers to whoever waits. */
export class TileMail {
  private readonly send: (message: object) => void;
  private readonly waiting = new Map<string, Waiting>();
  private readonly kept = new Map<string, Blob>(); // came before anybody drew them, oldest first
  private readonly served = new Served();
  private wanted: number[][] = [];
  private forgotten: number[][] = [];
  private isCalled = false;
  private timer = 0;

  constructor(send: (message: object) => void) {
    this.send = send;
  }

  want(place: number[], job: OpenSeadragon.ImageJob): void {
    const key = place.join("/");
    const kept = this.kept.get(key);
    this.kept.delete(key);
    if (kept) return queueMicrotask(() => job.finish(kept, null as never, "rasterBlob"));
    const waiting = this.waiting.get(key);
    if (waiting) return void waiting.jobs.add(job);
    this.waiting.set(key, { jobs: new Set([job]), when: Date.now(), isAhead: false });
    this.ask(place);
  }

  /** Ask for tiles that nobody draws yet: they are at hand when somebody does. */
  ahead(places: number[][]): void {
    for (const place of places) {
      const key = place.join("/");
      if (this.kept.has(key) || this.waiting.has(key)) continue;
      this.waiting.set(key, { jobs: new Set(), when: Date.now(), isAhead: true });
      this.ask(place);
    }
  }

  /** What is known of a picture, and the tiles that came along. */
  opened(opened: Opened, buffers: DataView<ArrayBuffer>[]): void {
    const { row, tiles = [], look = [0, 255, 1] } = opened;
    this.served.know(opened);
    tiles.forEach((place, i) => this.keep([row, ...place, ...look].join("/"), blob(buffers[i]!)));
  }

  /** A tile that nobody draws yet. */
  private keep(key: string, tile: Blob): void {
    this.kept.set(key, tile);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) return;
      this.kept.delete(oldest);
    }
  }

  /** The tiles of a sample were made anew: those at hand are of no use any more. */
  outdate(row: number): void {
    for (const key of this.kept.keys()) if (key.startsWith(`${row}/`)) this.kept.delete(key);
  }

  forget(place: number[], job: OpenSeadragon.ImageJob): void {
    const waiting = this.waiting.get(place.join("/"));
    waiting?.jobs.delete(job);
    if (!waiting || waiting.jobs.size || waiting.isAhead) return;
    this.waiting.delete(place.join("/"));
    this.served.forget(place.join("/"));
    this.unpost(place, waiting);
  }

  answered({ place, why }: Tile, buffer: DataView<ArrayBuffer> | undefined): void {
    this.served.forget(place.join("/"));
    this.came(place.join("/"), why || !buffer ? why || "The kernel sent no picture." : blob(buffer));
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.served.dispose();
    this.waiting.clear();
    this.kept.clear();
  }

  private ask(place: number[]): void {
    const key = place.join("/");
    const waiting = this.waiting.get(key)!;
    const post = (): void => void (this.waiting.get(key) === waiting && this.post(place, waiting));
    const done = (tile?: Blob): void => {
      if (!tile) return post();
      if (this.waiting.get(key) === waiting) this.unpost(place, waiting);
      this.came(key, tile);
    };
    if (this.served.ask(place, done)) window.setTimeout(post, PATIENCE);
    else post();
  }

  private post(place: number[], waiting: Waiting): void {
    if (waiting.isPosted) return;
    waiting.isPosted = true;
    this.wanted.push(place);
    this.call();
  }

  private unpost(place: number[], waiting: Waiting): void {
    if (!waiting.isPosted) return;
    this.forgotten.push(place);
    this.call();
  }

  /** A tile, or why there is none. */
  private came(key: string, tile: Blob | string): void {
    const waiting = this.waiting.get(key);
    this.waiting.delete(key);
    if (waiting?.isAhead && !waiting.jobs.size && typeof tile !== "string") this.keep(key, tile);
    for (const job of waiting?.jobs ?? []) {
      if (typeof tile === "string") job.fail(tile, null as never);
      else job.finish(tile, null as never, "rasterBlob");
    }
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

function blob(buffer: DataView<ArrayBuffer>): Blob {
  return new Blob([buffer], { type: "image/jpeg" });
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

/** The level at which one tile shows the whole picture: above it, nothing more is seen. */
function smallest({ side = 512, deepest = 0 }: Opened): number {
  return Math.min(deepest, Math.log2(side));
}

/** What OpenSeadragon asks for the tiles of a sample, drawn with a look. `edition` differs where tiles were made anew. */
export function tileSource(mail: TileMail, opened: Opened, look: Look, edition: number): OpenSeadragon.TileSource {
  const { row, width, height, side = 512, deepest = 0 } = opened;
  const options = { width, height, tileSize: side, tileOverlap: 0, minLevel: smallest(opened), maxLevel: deepest };
  const source = new OpenSeadragon.TileSource(options as unknown as OpenSeadragon.TileSourceOptions);
  const place = ({ tile }: OpenSeadragon.ImageJob): number[] => [row, tile.level, tile.x, tile.y, ...look];
  source.getTileUrl = (level, x, y) => [row, level, x, y, ...look, edition].join("/");
  source.downloadTileStart = (job) => mail.want(place(job), job);
  source.downloadTileAbort = (job) => mail.forget(place(job), job);
  source.hasTransparency = () => false;
  return source;
}
