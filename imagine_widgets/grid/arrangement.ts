// The rows of the grid as they stand: class after class, in one of three orders, and how many of each class are open.
import type { By } from "./wire.ts";

export interface Group {
  label: number;
  rows: Int32Array;
  open: number;
}

/** The numbers of a buffer; a copy, for they need not lie where numbers may. */
export function numbers(view: DataView<ArrayBuffer>): Int32Array {
  return new Int32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

export class Arrangement {
  groups: Group[] = [];
  by: By = "doubt";
  pinned: number | undefined;
  total = 0;
  confirmed = 0;
  corrected = 0;
  readonly orders = new Map<By, Int32Array>();
  groupOf = new Int32Array();

  begin(groups: { label: number; size: number }[], order: Int32Array): void {
    Object.assign(this, { by: "doubt", total: order.length, groupOf: new Int32Array(order.length) });
    this.orders.clear();
    this.orders.set("doubt", order);
    let from = 0;
    this.groups = groups.map(({ label, size }, g) => {
      const rows = order.subarray(from, (from += size));
      for (const row of rows) this.groupOf[row] = g;
      return { label, rows, open: size };
    });
  }

  /** Show the rows in this order from now on; false where it has not come yet. */
  use(by: By): boolean {
    const order = this.orders.get(by);
    if (!order) return false;
    this.by = by;
    let from = 0;
    for (const group of this.groups) group.rows = order.subarray(from, (from += group.rows.length));
    return true;
  }

  /** Count anew what is open in each class, and what was decided. */
  recount(shown: Int32Array, predicted: Int32Array): void {
    const open = new Int32Array(this.groups.length);
    let [confirmed, corrected] = [0, 0];
    for (let row = 0; row < shown.length; row++) {
      if (shown[row]! < 0) open[this.groupOf[row]!]!++;
      else if (shown[row] === predicted[row]) confirmed++;
      else corrected++;
    }
    Object.assign(this, { confirmed, corrected });
    this.groups.forEach((group, g) => (group.open = open[g]!));
  }

  /** Where a row is: its group, and its place in it. */
  place(row: number): [group: number, place: number] {
    const group = this.groupOf[row]!;
    return [group, this.groups[group]!.rows.indexOf(row)];
  }
}

/** Those of the rows that nobody decided yet. */
export function openOf(rows: ArrayLike<number>, shown: Int32Array): number[] {
  const open = [];
  for (let i = 0; i < rows.length; i++) if (shown[rows[i]!]! < 0) open.push(rows[i]!);
  return open;
}
