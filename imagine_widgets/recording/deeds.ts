// What sound and film add to the deeds that every region knows: their own buttons, keys and words, and time as the order.
import type { Mode } from "../labeler/hand.ts";
import { Deeds as RegionDeeds, type Detail } from "../regions/deeds.ts";
import { helpSheet } from "../regions/frame.ts";
import type { Help, Table } from "../regions/keys.ts";
import type { Parts, Tool } from "./frame.ts";
import type { RecordingState } from "./state.ts";
import type { Labelled, Timed } from "./wire.ts";

export type { Detail };
const HELP: Help = [["Alt + arrows", "move the selected region; with Shift, make it larger or smaller"]];

/** What sound or film adds: its title, its buttons, its keys, what they are said to do. */
export interface Trade {
  title: string;
  tools: Tool[];
  keys: Table;
  help: Help;
}

export abstract class Deeds extends RegionDeeds<Timed> {
  abstract override readonly state: RecordingState;
  abstract override readonly parts: Parts;
  protected readonly trade: Trade;

  constructor(trade: Trade) {
    super();
    this.trade = trade;
  }

  abstract begin(one: Labelled): number;

  /** Regions in the order of time, without what was rejected. */
  listed(): Labelled[] {
    const shown = [...this.state.regions.values()].filter(({ state }) => state !== "rejected");
    return shown.sort((a, b) => this.begin(a) - this.begin(b));
  }

  /** The selected region, where it lies in time. */
  chosen(): Labelled | undefined {
    return this.selectedId === undefined ? undefined : this.state.regions.get(this.selectedId);
  }

  help(): void {
    helpSheet(this.parts.sheet, [...this.trade.help, ...HELP], () => this.closeSheet());
  }

  get mode(): Mode {
    return this.hand.mode;
  }

  protected override letGo(): void {
    super.letGo();
    if (this.hand.mode !== "select") this.use("select");
  }
}
