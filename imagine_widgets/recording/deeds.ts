// What a person does in every recording by key or button: label, accept, reject, remove, step, undo. A view shows it.
import { count } from "../elements.ts";
import type { Hand, Mode } from "../labeler/hand.ts";
import type { RegionState } from "../labeler/wire.ts";
import { helpSheet, type Parts, type Tool } from "./frame.ts";
import type { Table } from "./keys.ts";
import type { RecordingState } from "./state.ts";
import type { Labelled } from "./wire.ts";

export type Detail = string | number | undefined;

/** What sound or film adds: its title, its buttons, its keys, what they are said to do. */
export interface Trade {
  title: string;
  tools: Tool[];
  keys: Table;
  help: [string, string][];
}

export abstract class Deeds {
  abstract readonly state: RecordingState;
  abstract readonly parts: Parts;
  abstract readonly hand: Hand;
  label = 0;
  selectedId: string | undefined;
  protected readonly trade: Trade;

  constructor(trade: Trade) {
    this.trade = trade;
  }

  abstract select(id: string | undefined): void;
  abstract draw(): void;
  abstract closeSheet(): void;
  abstract say(words: string): void;
  abstract begin(one: Labelled): number;
  abstract reveal(one: Labelled, near: boolean): void;
  abstract own(name: string, detail: Detail): void;

  /** Regions in the order of time, without what was rejected. */
  listed(): Labelled[] {
    const shown = [...this.state.regions.values()].filter(({ state }) => state !== "rejected");
    return shown.sort((a, b) => this.begin(a) - this.begin(b));
  }

  chosen(): Labelled | undefined {
    return this.selectedId === undefined ? undefined : this.state.regions.get(this.selectedId);
  }

  /** Select from the list or by key: the view goes there. */
  choose(id: string | undefined): void {
    this.select(id);
    const one = this.chosen();
    if (one) this.reveal(one, false);
  }

  ask(name: string, detail?: Detail): void {
    this.state.guard(() => this.act(name, detail));
  }

  act(name: string, detail?: Detail): void {
    this.state.acts++;
    const actions: Record<string, () => void> = {
      mode: () => this.use(detail as Mode),
      label: () => this.setLabel(Number(detail)),
      search: () => this.parts.search.focus(),
      remove: () => this.remove(),
      step: () => this.step(Number(detail)),
      accept: () => this.decide("accepted"),
      reject: () => this.decide("rejected"),
      acceptAll: () => this.acceptAll(),
      undo: () => this.say(this.state.undo() ? "Undone" : "Nothing to undo"),
      redo: () => this.say(this.state.redo() ? "Done again" : "Nothing to do again"),
      near: () => void (this.chosen() && this.reveal(this.chosen()!, true)),
      letGo: () => void (this.hand.letGo() || this.letGo()),
      help: () => helpSheet(this.parts.sheet, this.trade.help, () => this.closeSheet()),
      nothing: () => undefined,
    };
    const known = actions[name];
    if (known) known();
    else this.own(name, detail);
  }

  title(label: number): string {
    return this.state.classes[label]?.title ?? "";
  }

  /** A region with another shape, and what the model's becomes by it. */
  reshaped(one: Labelled, shape: Labelled["shape"]): Labelled {
    return { ...one, shape, state: one.state === "" ? "" : "corrected" };
  }

  private use(mode: Mode): void {
    this.hand.use(mode);
    this.draw();
    this.say(`Tool: ${mode}`);
  }

  private setLabel(label: number): void {
    const found = this.state.classes[label];
    if (!found) return;
    this.label = label;
    const one = this.chosen();
    const state: RegionState = !one || one.state === "" ? "" : label === one.label ? "accepted" : "corrected";
    if (one) this.state.edit([{ ...one, label, state }]);
    this.draw();
    this.say(one ? `Labelled ${found.title}` : `Next: ${found.title}`);
  }

  private remove(): void {
    const one = this.chosen();
    if (this.hand.back() || !one) return;
    this.choose(undefined);
    if (one.state === "") this.state.edit([], [one.id]);
    else this.state.edit([{ ...one, state: "rejected" }]);
    this.say(`${this.title(one.label)} deleted`);
  }

  /** Say of the model's region what it is, and go on to the next that nobody decided on. */
  private decide(decision: "accepted" | "rejected"): void {
    const one = this.chosen();
    if (!one || one.state === "") return this.choose(this.nextOpen("")?.id);
    const to = this.nextOpen(one.id);
    this.state.edit([{ ...one, state: decision }]);
    this.choose(to?.id);
    this.say(`${this.title(one.label)} ${decision}${to ? "" : ". Everything is decided here."}`);
  }

  private acceptAll(): void {
    const open = this.listed().filter(({ state }) => state === "predicted");
    if (open.length) this.state.edit(open.map((one) => ({ ...one, state: "accepted" })));
    this.say(`${count(open.length)} accepted`);
  }

  private step(way: number): void {
    const all = this.listed();
    if (all.length === 0) return this.say("No regions here");
    const at = all.findIndex(({ id }) => id === this.selectedId);
    this.choose(all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]!.id);
  }

  private nextOpen(id: string): Labelled | undefined {
    const all = this.listed();
    const at = all.findIndex((one) => one.id === id);
    return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find(({ state }) => state === "predicted");
  }

  private letGo(): void {
    this.choose(undefined);
    if (this.hand.mode !== "select") this.use("select");
  }
}
