// One view of a review: the labeler at the region in question; a key decides on it and goes on to the next.
import type { Bounds, Shape } from "../drawing/shapes.ts";
import { LabelerView } from "../labeler/view.ts";
import type { Detail } from "../regions/deeds.ts";
import { helpSheet } from "../regions/frame.ts";
import { LABEL_KEYS, type Table } from "../regions/keys.ts";
import type { Labelled, RegionState, Step } from "../regions/wire.ts";
import { around, tilesOf } from "./ahead.ts";
import { Bar } from "./bar.ts";
import { DECIDING, HELP, KEYS } from "./keys.ts";
import { AHEAD, type ReviewState } from "./state.ts";

export class ReviewView extends LabelerView {
  declare readonly state: ReviewState;
  override readonly keys: Table = KEYS;
  private readonly bar: Bar; // there only after the labeler's own parts are
  private shown = "";
  private isDrawing = false;

  constructor(state: ReviewState, element: HTMLElement) {
    super(state, element);
    const { root, search } = this.parts;
    this.bar = new Bar();
    root.querySelector(".im-work")!.before(this.bar.element);
    root.querySelector("strong")!.textContent = "Review";
    root.setAttribute("aria-label", "Review");
    const once = (event: KeyboardEvent): void => {
      if (!event.repeat || event.target === search || !DECIDING.test(event.key)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    root.addEventListener("keydown", once, { capture: true });
    this.draw();
  }

  /** The region in question, where its picture is there. */
  inQuestion(): Labelled<Shape | null> | undefined {
    const { queue, row, isOpen } = this.state;
    return queue?.item && isOpen && queue.item.row === row ? this.state.get(queue.item.id) : undefined;
  }

  override act(name: string, detail?: Detail): void {
    if (name === "enter") return this.act(this.hand.sketch || this.crosshair.at ? "pen" : "accept");
    if (name === "label" || name === "key") return this.name(() => super.act(name, detail));
    const decisions: Record<string, RegionState> = { accept: "accepted", reject: "rejected", doubt: "uncertain" };
    const decision = decisions[name];
    if (!decision && name !== "step") return super.act(name, detail);
    this.state.acts++;
    if (decision) this.settle(decision);
    else this.skip(Number(detail));
  }

  /** The model's guesses lie on the first keys, and the labels after them. */
  override labelOn(key: string): number {
    const { queue, guesses, favourites } = this.state;
    const at = LABEL_KEYS.indexOf(key);
    return at < guesses ? (queue?.item?.guesses[at] ?? -1) : (favourites[key] ?? at - guesses);
  }

  override keyOf(label: number): string | undefined {
    return [...LABEL_KEYS].find((key) => this.labelOn(key) === label);
  }

  override help(): void {
    helpSheet(this.parts.sheet, HELP, () => this.closeSheet());
  }

  /** Once for all that one key changes: the lists are long. */
  override draw(): void {
    if (!this.bar) return super.draw();
    this.follow();
    if (this.isDrawing) return;
    this.isDrawing = true;
    queueMicrotask(() => this.state.guard(() => this.redrawn()));
  }

  protected override start(): Bounds | undefined {
    const { queue, opened } = this.state;
    return opened && queue?.item?.row === opened.row ? around(queue.item.bounds, opened) : undefined;
  }

  protected override stepped(step: Step | undefined, done: string, nothing: string): void {
    const place = step && this.state.placeOf(step.id);
    if (place === undefined) return super.stepped(step, done, nothing);
    this.shown = "";
    this.state.go(place);
    this.say(done);
  }

  private redrawn(): void {
    this.isDrawing = false;
    super.draw();
    this.bar.draw(this);
    this.fetch();
  }

  /** The view goes to the region in question, once. */
  private follow(): void {
    const { queue, opened } = this.state;
    const one = this.inQuestion();
    const place = `${queue?.at} ${opened?.row}`;
    if (!one || !opened || this.shown === place) return;
    const isNear = this.shown.endsWith(` ${opened.row}`);
    this.shown = place;
    this.hand.letGo();
    this.select(one.id);
    if (isNear) this.stage.reveal(around(queue!.item!.bounds, opened), true);
  }

  /** Say of the region in question, or of another one that was picked, what became of it. */
  private settle(decision: RegionState): void {
    const { queue } = this.state;
    const asked = this.inQuestion();
    const one = this.picked() ?? asked;
    if (!queue?.item) return this.say(queue?.progress() ?? "");
    if (!this.state.isOpen) return this.say("The picture is not here yet");
    if (!one || one.state === "") return asked || queue.item.row !== this.state.row ? this.again() : this.on();
    const state = decision === "accepted" && one.state === "corrected" ? one.state : decision;
    const isNew = state !== one.state || (one === asked && queue.became(queue.at) === "open");
    if (isNew) this.state.edit([{ ...one, state }]);
    if (one.id !== asked?.id) return asked ? this.again() : this.select(undefined);
    this.on(`${this.title(one.label)} ${state}`);
  }

  /** Another label, and on where it was for the region in question. */
  private name(label: () => void): void {
    const asked = this.inQuestion()?.id;
    const isAsked = asked !== undefined && this.selectedId === asked;
    const { length } = this.state.steps;
    label();
    if (isAsked && this.state.steps.length > length) this.on(this.parts.live.textContent ?? "");
  }

  /** On to the next region that nobody decided on. */
  private on(said = ""): void {
    const { queue } = this.state;
    const next = queue?.next() ?? -1;
    if (next >= 0) this.state.go(next);
    else this.draw();
    this.say([said, next >= 0 ? `then ${this.title(queue!.item?.label ?? -1)}` : queue?.progress()].filter(Boolean).join("; "));
  }

  private skip(way: number): void {
    const { queue } = this.state;
    const to = way > 0 ? (queue?.next() ?? -1) : (queue?.at ?? 0) - 1;
    if (to < 0) return this.say(way > 0 ? (queue?.progress() ?? "") : "This is the first one");
    this.state.go(to);
    this.say(this.title(queue!.item?.label ?? -1));
  }

  /** Back to the region in question, from wherever. */
  private again(): void {
    const { queue, row } = this.state;
    this.shown = queue?.item?.row === row ? ` ${row}` : "";
    this.state.go(queue?.at ?? -1);
  }

  /** The tiles of what comes next, before it comes. */
  private fetch(): void {
    const { queue, row, opened, ahead, mail } = this.state;
    for (const place of queue?.coming(AHEAD) ?? []) {
      const item = queue!.items.get(place);
      const picture = item?.row === row ? opened : ahead.get(item?.row ?? -1);
      if (!item || !picture || picture.why) continue;
      const look = item.row === row ? this.look : (picture.look ?? this.look);
      mail.ahead(tilesOf(around(item.bounds, picture), this.stage.page, picture).map((tile) => [item.row, ...tile, ...look]));
    }
  }
}
