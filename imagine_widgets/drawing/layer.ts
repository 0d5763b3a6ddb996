// The canvas with all regions above the picture. They are drawn into a bitmap a few milliseconds in each frame; until it
// is done, the one before is shown, moved and scaled to where the view is now.
import type { Look } from "./paint.ts";
import type { Places, Region } from "./places.ts";
import { plan, prepared, Sheet, SLICE } from "./sheet.ts";
import { between, type Size, type View } from "./view.ts";

const GLANCE = 30; // milliseconds of drawing at once where nothing moves: what a hand drew has to be there
const STILL = 120; // milliseconds without a move after which everything is drawn sharp

export class Layer {
  readonly canvas: HTMLCanvasElement;
  places: Places;
  look: Look = { fill: 0.15, line: 2 };
  shows: (region: Region) => boolean = () => true; // what is selected or rejected is drawn elsewhere or not at all
  private shown = new Sheet();
  private next = new Sheet();
  private isDrawing = false; // the next one
  private isStale = true; // what is shown
  private isMoving = false;
  private view: View = { left: 0, top: 0, scale: 1 };
  private page: Size = { width: 0, height: 0 };
  private still = 0;
  private frame = 0;

  constructor(canvas: HTMLCanvasElement, places: Places) {
    this.canvas = canvas;
    this.places = places;
  }

  /** Show the regions as this view has them; `isMoving` while more moves are to come. */
  show(view: View, page: Size, isMoving: boolean): void {
    Object.assign(this, { view, page, isMoving });
    window.clearTimeout(this.still);
    const isWell = !this.isStale && plan(this.shown, view, page, isMoving) === "shift";
    if (isWell) this.isDrawing &&= isMoving;
    else if (!this.isDrawing || !this.isWorthwhile()) this.begin();
    this.blit();
    if (isMoving) this.still = window.setTimeout(() => this.show(this.view, this.page, false), STILL);
  }

  /** Regions or their looks changed. */
  changed(): void {
    this.isStale = true;
    this.isDrawing = false;
    this.show(this.view, this.page, false);
  }

  /** Another picture is shown: nothing of what was drawn belongs there. */
  forget(): void {
    this.shown.clear();
    this.isDrawing = false;
    this.isStale = true;
  }

  dispose(): void {
    window.clearTimeout(this.still);
    window.cancelAnimationFrame(this.frame);
    this.shown.clear();
    this.next.clear();
    this.canvas.width = this.canvas.height = 0; // gives the memory back at once
  }

  /** Whether what is being drawn will be of use: one that moves fast would never see any drawn to its end otherwise. */
  private isWorthwhile(): boolean {
    const { view, page } = this.next;
    if (!this.isMoving) return plan(this.next, this.view, this.page, false) === "shift";
    const { scale, x, y } = between(view, this.view);
    const isNear = Math.abs(x) < page.width / 2 && Math.abs(y) < page.height / 2;
    return isNear && scale < 2 && scale > 0.5 && page.width === this.page.width && page.height === this.page.height;
  }

  private begin(): void {
    if (this.page.width === 0 || this.page.height === 0) return;
    this.next.begin(this.view, this.page, this);
    this.isDrawing = true;
    this.draw(this.isMoving ? SLICE : GLANCE);
  }

  private draw(milliseconds: number): void {
    this.isDrawing = !this.next.draw(milliseconds);
    if (this.isDrawing) return void (this.frame ||= window.requestAnimationFrame(() => this.goOn()));
    [this.shown, this.next] = [this.next, this.shown];
    this.isStale = false;
    if (!this.isMoving) this.next.clear();
  }

  private goOn(): void {
    this.frame = 0;
    if (!this.isDrawing) return;
    this.draw(SLICE);
    if (!this.isDrawing || this.shown.isEmpty) this.blit();
  }

  private blit(): void {
    const pen = prepared(this.canvas, this.page);
    (this.shown.isEmpty ? this.next : this.shown).show(pen, this.view);
  }
}
