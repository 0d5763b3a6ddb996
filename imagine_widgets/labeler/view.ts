// One view of the labeler: what is selected, what is drawn where, and which keys and clicks belong to it.
import type { Bounds, Shape, XY } from "../drawing/shapes.ts";
import type { Size } from "../drawing/view.ts";
import { showFailures } from "../elements.ts";
import type { News } from "../link.ts";
import { newId } from "../outbox.ts";
import type { Table } from "../regions/keys.ts";
import { press } from "../regions/pressing.ts";
import { drawLabels } from "../regions/labels.ts";
import { drawRegions, drawTools, signs } from "../regions/sides.ts";
import { Actions } from "./actions.ts";
import { frame, type Parts } from "./frame.ts";
import { type Desk, Hand } from "./hand.ts";
import { mark } from "./marks.ts";
import { KEYS } from "./keys.ts";
import { lengths } from "./lengths.ts";
import { drawLooks, drawPlace, drawWhere } from "./looks.ts";
import { Stage } from "./stage.ts";
import type { LabelerState } from "./state.ts";
import { tileSource } from "./tiles.ts";
import type { Drawn, Look } from "./wire.ts";

const CALM = 200; // milliseconds without a move before a new look is asked for, or the number under the pointer
const SEVERAL = 500; // regions whose further labels are marked in the picture: more would make moving it slow

export class LabelerView extends Actions implements Desk {
  readonly state: LabelerState;
  readonly parts: Parts;
  readonly stage: Stage;
  readonly hand: Hand;
  look: Look = [0, 255, 1];
  readonly keys: Table = KEYS;
  pointer: XY | undefined;
  private ruled: Shape | undefined;
  private several: Drawn[] = []; // regions with more than one label
  private readonly unlisten: () => void;
  private edition = 0;
  private row = -1;
  private lookTimer = 0;
  private valueTimer = 0;

  constructor(state: LabelerState, element: HTMLElement) {
    super();
    this.state = state;
    this.parts = frame((name, detail) => this.ask(name, detail));
    element.append(this.parts.root);
    this.stage = new Stage(this.parts.stage, state.places, () => this.redraw());
    this.stage.layer.shows = ({ id, state: said }) => id !== this.selectedId && said !== "rejected";
    this.hand = new Hand(this);
    this.hand.use("select");
    this.hear();
    this.unlisten = state.listen((what) => this.news(what));
    if (state.isReady) this.news("state");
    if (state.opened) this.news("opened");
    this.news("failure");
    this.draw();
  }

  get picture(): Size {
    return this.state.opened ?? { width: 1, height: 1 };
  }

  selected(): Drawn | undefined {
    return this.selectedId === undefined ? undefined : this.state.places.get(this.selectedId);
  }

  near([x, y]: XY, reach: number): Drawn[] {
    const found = this.state.places.within({ left: x - reach, top: y - reach, right: x + reach, bottom: y + reach });
    return found.filter(({ state }) => state !== "rejected");
  }

  select(id: string | undefined): void {
    if (id === this.selectedId) return;
    this.selectedId = id;
    this.stage.layer.changed();
    drawLabels(this);
    drawRegions(this);
    this.redraw();
    const one = this.picked();
    if (one) this.say(`${this.title(one.label)}, ${this.words(one)}`);
  }

  made(shape: Shape): void {
    const region: Drawn = { id: newId(), label: this.label, shape, state: "", score: null };
    this.state.edit([region]);
    this.select(region.id);
    this.say(`${this.title(this.label)} drawn`);
  }

  became(shape: Shape): void {
    const one = this.selected();
    if (one) this.state.edit([this.reshaped(one, shape)]);
  }

  /** How long something is, in pixels, and in the unit of the sample where its scale is known. */
  measured(shape: Shape): void {
    if (shape.kind !== "Line") return;
    const [[ax, ay], [bx, by]] = shape.points as [XY, XY];
    const long = Math.hypot(bx - ax, by - ay);
    const scale = this.state.opened?.scale;
    this.ruled = shape;
    const physical = scale ? lengths([long], scale) : "the scale of this picture is not known";
    this.say(`${long.toFixed(1)} pixels, ${physical}`);
    this.parts.place.textContent = this.parts.live.textContent;
  }

  redraw(): void {
    const one = this.selected();
    const sketched = this.hand.sketch?.shape();
    const ruled = this.hand.mode === "ruler" ? this.ruled : undefined;
    const shape = this.hand.shape ?? sketched ?? one?.shape ?? ruled;
    const label = sketched || !one ? this.label : one.label;
    const isHeld = !sketched && one !== undefined;
    const words = isHeld ? [this.titles(one), ...signs(one, this.state.isScored)].join(" ") : undefined;
    const { brush } = this.hand;
    const several = this.several.filter(({ id }) => id !== this.selectedId);
    mark(this.stage.marks, { shape, label, isHeld, brush, words, several, crosshair: this.crosshair.at }, this.stage.view);
  }

  setLook(look: Look): void {
    this.look = look;
    window.clearTimeout(this.lookTimer);
    this.lookTimer = window.setTimeout(() => this.state.guard(() => this.openPicture(true)), CALM);
  }

  setFill(fill: number): void {
    this.stage.layer.look = { ...this.stage.layer.look, fill };
    this.stage.layer.changed();
  }

  draw(): void {
    drawWhere(this);
    drawTools(this, this.parts.buttons);
    drawLabels(this);
    drawRegions(this);
    this.redraw();
  }

  closeSheet(): void {
    this.parts.sheet.hidden = true;
    this.parts.sheet.replaceChildren();
    this.parts.stage.focus({ preventScroll: true });
  }

  say(words: string): void {
    this.parts.live.textContent = words;
  }

  dispose(): void {
    for (const timer of [this.lookTimer, this.valueTimer]) window.clearTimeout(timer);
    this.unlisten();
    this.stage.dispose();
    this.parts.root.remove();
  }

  protected news(what: News<"regions" | "labels" | "opened" | "better" | "value" | "missed">): void {
    if (what === "failure") return showFailures(this.parts.failures, this.state.failures);
    if (what === "value") return drawPlace(this);
    if (what === "opened") return this.opened();
    if (what === "missed") return this.tellWhy();
    if (what === "better") {
      this.edition++;
      return this.openPicture(true);
    }
    if (what === "regions") {
      this.stage.layer.places = this.state.places;
      this.several = this.listed().filter(({ also }) => also?.length).slice(0, SEVERAL);
      this.stage.layer.changed();
    }
    this.draw();
  }

  private opened(): void {
    const { opened } = this.state;
    if (!opened) return;
    const isNew = this.row !== opened.row;
    this.row = opened.row;
    const { width, height } = this.stage.page;
    if (width) this.state.page = [width, height];
    if (isNew) this.look = opened.look ?? this.look;
    if (isNew) this.ruled = undefined;
    this.tellWhy();
    this.openPicture(!isNew);
    drawLooks(this);
    this.draw();
  }

  /** The part of a new picture that is shown first; undefined is all of it. */
  protected start(): Bounds | undefined {
    return undefined;
  }

  /** What of the picture cannot be shown, and why. */
  private tellWhy(): void {
    const why = this.state.opened?.why || this.state.opened?.missed || "";
    this.parts.why.hidden = !why;
    this.parts.why.textContent = why;
  }

  private openPicture(keep: boolean): void {
    const { opened, mail } = this.state;
    if (!opened) return;
    this.stage.open(opened, opened.why ? null : tileSource(mail, opened, this.look, this.edition), keep, this.start());
  }

  private hear(): void {
    const { root, search, stage, regions } = this.parts;
    root.addEventListener("keydown", (event) => this.state.guard(() => press(this, event, this.keys)));
    root.addEventListener("keyup", (event) => {
      event.stopPropagation();
      if (event.key === " ") this.hand.free = false;
    });
    root.addEventListener("keypress", (event) => event.stopPropagation());
    search.addEventListener("focus", () => drawLabels(this));
    search.addEventListener("input", () => {
      this.state.acts++;
      this.found = 0;
      drawLabels(this);
    });
    stage.addEventListener("pointerdown", () => {
      this.state.acts++;
      this.crosshair.leave();
      stage.focus({ preventScroll: true });
    }, { capture: true });
    stage.addEventListener("pointermove", (event) => this.state.guard(() => this.point(event)));
    regions.addEventListener("focus", () => this.state.look());
  }

  private point(event: PointerEvent): void {
    this.pointer = this.stage.at(event);
    drawPlace(this);
    window.clearTimeout(this.valueTimer);
    const [x, y] = this.pointer.map(Math.floor) as [number, number];
    const isInside = x >= 0 && y >= 0 && x < this.picture.width && y < this.picture.height;
    const { row } = this;
    const ask = (): void => void (row === this.state.row && this.state.send({ type: "value", row, x, y })); // else she turned
    if (isInside) this.valueTimer = window.setTimeout(ask, CALM);
  }
}
