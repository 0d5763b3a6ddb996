// What a person does to regions by key or button in every widget that draws them: accept, reject, remove, step, undo.
import { count } from "../elements.ts";
import type { Mode } from "../labeler/hand.ts";
import { Naming } from "./naming.ts";
import type { Labelled, RegionState, Step } from "./wire.ts";

export type Detail = string | number | undefined;
type Deed = () => unknown;

/** `S` are the shapes of this widget's regions. */
export abstract class Deeds<S> extends Naming<S> {
  /** Regions with a shape in their order, without what was rejected. */
  abstract listed(): Labelled<S>[];
  /** What a region is beside its label, in words. */
  abstract describe(one: Labelled<S>): string;
  abstract reveal(one: Labelled<S>, near: boolean): void;
  abstract closeSheet(): void;
  abstract help(): void;
  /** What only this widget does. */
  abstract own(name: string, detail: Detail): void;

  /** All that stands in the list: labels of the whole sample first. */
  all(): Labelled<S | null>[] {
    return [...[...this.state.whole.values()].filter(({ state }) => state !== "rejected"), ...this.listed()];
  }

  words(one: Labelled<S | null>): string {
    return one.shape === null ? "whole" : this.describe(one as Labelled<S>);
  }

  /** Select from the list or by key: the view goes there. */
  choose(id: string | undefined): void {
    this.select(id);
    const one = this.picked();
    if (one && one.shape !== null) this.reveal(one as Labelled<S>, false);
  }

  ask(name: string, detail?: Detail): void {
    this.state.guard(() => this.act(name, detail));
  }

  act(name: string, detail?: Detail): void {
    this.state.acts++;
    const shared: Record<string, Deed> = {
      mode: () => this.use(detail as Mode),
      key: () => this.setLabel(this.labelOn(String(detail))),
      label: () => this.setLabel(Number(detail)),
      alsoKey: () => this.setAlso(this.labelOn(String(detail))),
      also: () => this.setAlso(Number(detail)),
      lay: () => this.lay(Number(detail)),
      labelWhole: () => this.labelWhole(),
      search: () => this.parts.search.focus(),
      remove: () => this.remove(),
      step: () => this.step(Number(detail)),
      accept: () => this.decide("accepted"),
      reject: () => this.decide("rejected"),
      doubt: () => this.doubt(),
      acceptAll: () => this.acceptAll(),
      undo: () => this.undo(),
      redo: () => this.redo(),
      scores: () => this.toggleScores(),
      letGo: () => this.hand.letGo() || this.letGo(),
      help: () => this.help(),
    };
    const known = shared[name];
    if (known) known();
    else this.own(name, detail);
  }

  use(mode: Mode): void {
    this.hand.use(mode);
    this.draw();
    this.say(`Tool: ${mode}`);
  }

  /** A region with another shape, and what the model's becomes by it. */
  reshaped<R extends Labelled<S>>(one: R, shape: S): R {
    return { ...one, shape, state: one.state === "" ? "" : "corrected" };
  }

  protected undo(): void {
    if (this.hand.sketch) return void this.hand.back();
    this.stepped(this.state.undo(), "Undone", "Nothing to undo");
  }

  protected redo(): void {
    this.stepped(this.state.redo(), "Done again", "Nothing to do again");
  }

  private toggleScores(): void {
    this.state.isScored = !this.state.isScored;
    this.draw();
    this.say(this.state.isScored ? "Scores are shown" : "Scores are hidden");
  }

  protected letGo(): void {
    this.choose(undefined);
  }

  /** A step was taken back, or done again. */
  protected stepped(step: Step | undefined, done: string, nothing: string): void {
    this.say(step ? done : nothing);
  }

  private remove(): void {
    const one = this.picked();
    if (this.hand.back() || !one) return;
    this.choose(undefined);
    if (one.state === "") this.state.edit([], [one.id]);
    else this.state.edit([{ ...one, state: "rejected" }]);
    this.say(`${this.title(one.label)} deleted`);
  }

  /** Say of the model's region what it is, and go on to the next that nobody decided on. */
  private decide(decision: RegionState): void {
    const one = this.picked();
    if (!one || one.state === "") {
      const first = this.nextOpen("");
      return first ? this.choose(first.id) : this.say("Everything is decided here.");
    }
    const to = this.nextOpen(one.id);
    this.choose(to?.id);
    this.state.edit([{ ...one, state: decision }]);
    this.say(`${this.title(one.label)} ${decision}${to ? "" : ". Everything is decided here."}`);
  }

  /** Of any region: a person cannot tell. */
  private doubt(): void {
    const one = this.picked();
    if (!one) return this.say("Select a region first");
    if (one.state === "predicted") return this.decide("uncertain");
    this.state.edit([{ ...one, state: "uncertain" }]);
    this.say(`${this.title(one.label)} uncertain`);
  }

  private acceptAll(): void {
    const open = this.all().filter(({ state }) => state === "predicted");
    if (open.length) this.state.edit(open.map((one) => ({ ...one, state: "accepted" as const })));
    this.say(`${count(open.length)} accepted`);
  }

  private step(way: number): void {
    const all = this.all();
    if (all.length === 0) return this.say("No regions here");
    const at = all.findIndex(({ id }) => id === this.selectedId);
    this.choose(all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]!.id);
  }

  private nextOpen(id: string): Labelled<S | null> | undefined {
    const all = this.all();
    const at = all.findIndex((one) => one.id === id);
    return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find(({ state }) => state === "predicted");
  }
}
