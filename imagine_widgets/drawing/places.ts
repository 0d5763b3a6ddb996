// Where the regions are: which of very many lie in a part of the picture, found without looking at all of them.
import Flatbush from "flatbush";
import { type Bounds, bounds, type Shape } from "./shapes.ts";

export interface Region {
  id: string;
  label: number; // the number of its class
  shape: Shape;
  state?: string;
}

const LOOSE = 500; // regions that changed since the index was made, at most: they are looked at one by one

/** The regions of one picture by id. The index itself never changes; what changed since it was made is kept beside it. */
export class Places<Item extends Region = Region> {
  private readonly items = new Map<string, Item>();
  private readonly loose = new Map<string, Item>(); // since the index was made
  private readonly stale = new Set<string>(); // moved or taken away since then
  private indexed: Item[] = [];
  private index: Flatbush | undefined;

  constructor(items: Iterable<Item> = []) {
    for (const item of items) this.items.set(item.id, item);
    this.rebuild();
  }

  get size(): number {
    return this.items.size;
  }

  get(id: string): Item | undefined {
    return this.items.get(id);
  }

  values(): IterableIterator<Item> {
    return this.items.values();
  }

  /** Add a region, or put it in place of the one with its id. */
  put(item: Item): void {
    this.items.set(item.id, item);
    this.stale.add(item.id);
    this.loose.set(item.id, item);
    if (this.loose.size + this.stale.size > LOOSE * 2) this.rebuild();
  }

  /** Take a region away; whether there was one. */
  remove(id: string): boolean {
    this.stale.add(id);
    this.loose.delete(id);
    return this.items.delete(id);
  }

  /** The regions whose boxes meet a part of the picture. */
  within({ left, top, right, bottom }: Bounds): Item[] {
    const found: Item[] = [];
    const hasStale = this.stale.size > 0;
    for (const at of this.index?.search(left, top, right, bottom) ?? []) {
      const item = this.indexed[at]!;
      if (!hasStale || !this.stale.has(item.id)) found.push(item);
    }
    for (const item of this.loose.values()) {
      const box = bounds(item.shape);
      if (box.left <= right && box.right >= left && box.top <= bottom && box.bottom >= top) found.push(item);
    }
    return found;
  }

  private rebuild(): void {
    this.indexed = [...this.items.values()];
    this.loose.clear();
    this.stale.clear();
    this.index = this.indexed.length ? new Flatbush(this.indexed.length) : undefined;
    for (const { shape } of this.indexed) {
      const { left, top, right, bottom } = bounds(shape);
      this.index!.add(left, top, right, bottom);
    }
    this.index?.finish();
  }
}
