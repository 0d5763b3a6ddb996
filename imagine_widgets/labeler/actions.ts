// What a person does in the labeler by key or button: label, accept, reject, remove, step, undo. LabelerView shows it.
import { moved } from "../drawing/edit.ts";
import { fieldAt, fieldNear, fieldsOf } from "../drawing/mower.ts";
import { bounds, type XY } from "../drawing/shapes.ts";
import type { Size } from "../drawing/view.ts";
import { count } from "../elements.ts";
import { helpSheet, type Parts } from "./frame.ts";
import type { Hand, Mode } from "./hand.ts";
import type { Stage } from "./stage.ts";
import type { LabelerState } from "./state.ts";
import type { Drawn, RegionState } from "./wire.ts";

type Detail = string | number | undefined;
const WAYS: Record<string, [x: number, y: number]> = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const FILLS = [0.15, 0.5, 0];
const SHARE = 0.2; // of the page that an arrow moves the view

export abstract class Actions {
  abstract readonly state: LabelerState;
  abstract readonly parts: Parts;
  abstract readonly stage: Stage;
  abstract readonly hand: Hand;
  label = 0;
  selectedId: string | undefined;

  abstract selected(): Drawn | undefined;
  abstract listed(): Drawn[];
  abstract choose(id: string | undefined): void;
  abstract setFill(fill: number): void;
  abstract draw(): void;
  abstract closeSheet(): void;
  abstract say(words: string): void;

  act(name: string, detail?: Detail): void {
    this.state.acts++;
    const actions: Record<string, () => void> = {
      mode: () => this.use(detail as Mode),
      label: () => this.setLabel(Number(detail)),
      search: () => this.parts.search.focus(),
      finish: () => this.hand.finish(),
      remove: () => this.remove(),
      radius: () => (this.hand.radius = Math.max(1, Math.min(200, this.hand.radius * Number(detail)))),
      step: () => this.step(Number(detail)),
      accept: () => this.decide("accepted"),
      reject: () => this.decide("rejected"),
      acceptAll: () => this.acceptAll(),
      undo: () => this.undo(),
      zoom: () => this.stage.zoom(Number(detail)),
      near: () => this.stage.reveal(bounds(this.selected()?.shape ?? this.everything()), true),
      whole: () => this.stage.whole(),
      field: () => this.mow(Number(detail)),
      fill: () => this.setFill(FILLS[(FILLS.indexOf(this.stage.layer.look.fill) + 1) % FILLS.length]!),
      turn: () => this.turn(Number(detail)),
      pan: () => this.stage.pan(...(WAYS[String(detail)]!.map((way) => way * SHARE) as [number, number])),
      move: () => this.nudge(...WAYS[String(detail)]!),
      letGo: () => void (this.hand.letGo() || this.choose(undefined)),
      help: () => helpSheet(this.parts.sheet, () => this.closeSheet()),
    };
    actions[name]?.();
  }

  use(mode: Mode): void {
    this.hand.use(mode);
    this.draw();
    this.say(`Tool: ${mode}`);
  }

  /** The label of what is drawn from now on, and of the selected region. */
  setLabel(label: number): void {
    const found = this.state.classes[label];
    if (!found) return;
    this.label = label;
    const selected = this.selected();
    if (selected) this.relabel(selected, label);
    this.draw();
    this.say(selected ? `Labelled ${found.title}` : `Next: ${found.title}`);
  }

  remove(): void {
    if (this.hand.back()) return;
    const selected = this.selected();
    if (!selected) return;
    const { title } = this.state.classes[selected.label]!;
    this.choose(undefined);
    if (selected.state === "") this.state.edit([], [selected.id]);
    else this.state.edit([{ ...selected, state: "rejected" }]);
    this.say(`${title} deleted`);
  }

  /** Say of the model's region what it is, and go on to the next that nobody decided on. */
  decide(decision: "accepted" | "rejected"): void {
    const selected = this.selected();
    if (selected && selected.state !== "") {
      const to = this.nextOpen(selected.id);
      this.choose(to?.id);
      this.state.edit([{ ...selected, state: decision }]);
      return this.say(`${this.state.classes[selected.label]!.title} ${decision}${to ? "" : ". Everything is decided here."}`);
    }
    const first = this.nextOpen("");
    if (first) this.choose(first.id);
    else this.say("Everything is decided here.");
  }

  acceptAll(): void {
    const open = this.listed().filter(({ state }) => state === "predicted");
    if (open.length) this.state.edit(open.map((one) => ({ ...one, state: "accepted" })));
    this.say(`${count(open.length)} accepted`);
  }

  step(way: number): void {
    const all = this.listed();
    if (all.length === 0) return this.say("No regions here");
    const at = all.findIndex(({ id }) => id === this.selectedId);
    const to = all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]!;
    this.choose(to.id);
  }

  turn(way: number): void {
    const to = this.state.row + way;
    if (to < 0 || to >= this.state.names.length) return this.say(way > 0 ? "This is the last picture" : "This is the first picture");
    this.hand.letGo();
    this.choose(undefined);
    this.state.open(to);
  }

  /** On to the next field of the picture, at the scale of the first one; in the same browser it goes on where it was. */
  mow(way: number): void {
    const { opened, names, row } = this.state;
    if (!opened) return;
    const place = `imagine-labeler-field ${names[row]} ${opened.width} ${opened.height}`;
    const kept = JSON.parse(localStorage.getItem(place) ?? "null") as { index: number; field: Size } | null;
    const { scale, left, top } = this.stage.view;
    const field = kept?.field ?? { width: this.stage.page.width / scale, height: this.stage.page.height / scale };
    const { across, down } = fieldsOf(opened, field);
    const middle: XY = [left + field.width / 2, top + field.height / 2];
    const index = kept ? kept.index + way : fieldNear(middle, opened, field);
    if (index < 0 || index >= across * down) {
      localStorage.removeItem(place);
      return this.say(`All ${count(across * down)} fields are seen`);
    }
    localStorage.setItem(place, JSON.stringify({ index, field }));
    this.stage.fit(fieldAt(index, opened, field));
    this.say(`Field ${count(index + 1)} of ${count(across * down)}`);
  }

  undo(): void {
    if (this.hand.sketch) return void this.hand.back();
    const row = this.state.undo();
    if (row < 0) return this.say("Nothing to undo");
    if (row !== this.state.row) this.state.open(row);
    this.say("Undone");
  }

  /** What the model's region becomes when somebody changes it. */
  protected changed(region: Drawn): RegionState {
    return region.state === "" ? "" : "corrected";
  }

  private relabel(selected: Drawn, label: number): void {
    const state = selected.state === "" ? "" : label === selected.label ? "accepted" : "corrected";
    this.state.edit([{ ...selected, label, state }]);
  }

  private nudge(x: number, y: number): void {
    const selected = this.selected();
    if (!selected || !this.state.opened) return;
    const far = selected.shape.kind === "Mask" ? Math.max(1, 1 / this.stage.view.scale) : 1 / this.stage.view.scale;
    const shape = moved(selected.shape, x * far, y * far, this.state.opened);
    this.state.edit([{ ...selected, shape, state: this.changed(selected) }]);
  }

  private nextOpen(id: string): Drawn | undefined {
    const all = this.listed();
    const at = all.findIndex((one) => one.id === id);
    return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))].find(({ state }) => state === "predicted");
  }

  private everything(): { kind: "Box"; x: number; y: number; width: number; height: number } {
    const { width, height } = this.state.opened ?? { width: 1, height: 1 };
    return { kind: "Box", x: 0, y: 0, width, height };
  }
}
