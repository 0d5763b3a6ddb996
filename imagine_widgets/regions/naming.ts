// Which label a region has, and which more: by key, by hand, by a search; what lies on the keys 1 to 9; the whole sample.
import type { Hand } from "../labeler/hand.ts";
import { newId } from "../outbox.ts";
import type { Parts } from "./frame.ts";
import type { Kept } from "./journal.ts";
import { LABEL_KEYS } from "./keys.ts";
import type { Labelled, RegionState } from "./wire.ts";

/** `S` are the shapes of this widget's regions; a region without one stands for the whole sample. */
export abstract class Naming<S> {
  abstract readonly state: Kept<S>;
  abstract readonly parts: Parts;
  abstract readonly hand: Hand;
  label = 0; // of what is drawn next
  selectedId: string | undefined;
  found = 0; // which of the labels that a search found Enter takes

  abstract select(id: string | undefined): void;
  abstract draw(): void;
  abstract say(words: string): void;

  /** The selected region, be it drawn or of the whole. */
  picked(): Labelled<S | null> | undefined {
    return this.selectedId === undefined ? undefined : this.state.get(this.selectedId);
  }

  title(label: number): string {
    return this.state.classes[label]?.title ?? "";
  }

  /** All labels of a region, the first one first. */
  titles({ label, also }: Labelled<S | null>): string {
    return [label, ...(also ?? [])].map((one) => this.title(one)).join(" + ");
  }

  /** The label on a key: the one that was laid there, else the one whose place it is. */
  labelOn(key: string): number {
    return this.state.favourites[key] ?? LABEL_KEYS.indexOf(key);
  }

  /** The key that gives a label. */
  keyOf(label: number): string | undefined {
    const laid = Object.entries(this.state.favourites).find(([, place]) => place === label)?.[0];
    const own = LABEL_KEYS[label];
    return laid ?? (own && own in this.state.favourites ? undefined : own);
  }

  /** The label of what is drawn from now on, and of the selected region. */
  setLabel(label: number): void {
    if (!this.state.classes[label]) return;
    this.label = label;
    this.found = 0;
    this.parts.search.value = "";
    const one = this.picked();
    const state: RegionState = !one || one.state === "" ? "" : label === one.label ? "accepted" : "corrected";
    if (one) this.state.edit([{ ...one, label, state, ...more(one, (also) => also.filter((other) => other !== label)) }]);
    this.draw();
    this.say(`${one ? "Labelled" : "Next:"} ${this.title(label)}`);
  }

  /** A further label for the selected region, or away with it. What the model said first is agreed to by it. */
  setAlso(label: number): void {
    const one = this.picked();
    if (!this.state.classes[label]) return;
    if (!one) return this.say("Select a region first");
    const also = one.also ?? [];
    const state: RegionState = one.state === "predicted" ? "accepted" : one.state;
    const [next] = also;
    if (label !== one.label) {
      const now = also.includes(label) ? also.filter((other) => other !== label) : [...also, label];
      this.state.edit([{ ...one, state, also: now }]);
      return this.say(`${this.title(label)} ${now.includes(label) ? "added" : "taken away"}`);
    }
    if (next === undefined) return this.say(`${this.title(label)} is its only label`);
    this.state.edit([{ ...one, state: one.state === "" ? "" : "corrected", label: next, also: also.slice(1) }]);
    this.say(`${this.title(label)} taken away`);
  }

  /** Lay a label on a key, by default the first free one, or take it off again. */
  lay(label: number, key?: string): void {
    const { favourites } = this.state;
    const lies = Object.entries(favourites).find(([, place]) => place === label)?.[0];
    const to = key ?? lies ?? [...LABEL_KEYS.slice(0, 9)].find((one) => !(one in favourites));
    if (!to) return this.say("Something lies on each key: Shift + 1 … 9 in the search lays it there");
    const isOff = key === undefined && lies !== undefined;
    this.state.lay(to, isOff ? -1 : label);
    this.say(`${this.title(label)} ${isOff ? `no longer lies on ${to}` : `lies on ${to}`}`);
  }

  /** The whole sample gets the label that is next; a label that it has is selected. */
  labelWhole(): void {
    const there = [...this.state.whole.values()].find(({ label, state }) => label === this.label && state !== "rejected");
    const one: Labelled<null> = there ?? { id: newId(), label: this.label, shape: null, state: "", score: null };
    if (!there) this.state.edit([one]);
    this.select(one.id);
    this.draw();
    this.say(`The whole is ${this.title(this.label)}: another label's key changes it`);
  }
}

/** The further labels of a region after a change, where it has any. */
function more({ also }: { also?: readonly number[] }, change: (also: readonly number[]) => number[]): { also?: number[] } {
  return also ? { also: change(also) } : {};
}
