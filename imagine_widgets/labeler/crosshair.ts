// A pen for hands that have keys only: arrows move it over the picture, Enter puts it down and lifts it.
import type { XY } from "../drawing/shapes.ts";
import { toPage, type Size, type View } from "../drawing/view.ts";
import type { Hand } from "./hand.ts";

const STEP = 12; // pixels of the page that an arrow moves it; with Shift one
const RIM = 24; // pixels of the page to the rim where the view goes with it

/** What it moves over. */
interface Sheet {
  readonly view: View;
  readonly page: Size;
  pan(x: number, y: number): void;
}

export class Crosshair {
  /** Where it is in the picture, while it is seen. */
  at: XY | undefined;
  private last: XY | undefined; // where it was put down last

  /** Put it down or lift it; it comes first where it is not seen yet. What was done, in words. */
  press(hand: Hand, { view, page }: Sheet, picture: Size, away = false): string {
    const { at } = this;
    if (!at) {
      const place: XY = [view.left + page.width / view.scale / 2, view.top + page.height / view.scale / 2];
      this.at = [Math.min(picture.width, Math.max(0, place[0])), Math.min(picture.height, Math.max(0, place[1]))];
      return "Crosshair: arrows move it, with Shift finely; Enter puts it down; Esc puts it away";
    }
    const isTwice = hand.sketch !== undefined && this.last?.join() === at.join();
    this.last = at;
    if (isTwice) hand.finish();
    else if (hand.isHolding || (hand.press(at, away, away) && !hand.isHolding)) hand.lift(at);
    if (hand.isHolding) return "Taken: arrows move it, Enter lets it go";
    return hand.sketch ? "Next corner; Enter twice ends a line or an outline" : "";
  }

  /** By an arrow. */
  move(x: number, y: number, hand: Hand, sheet: Sheet, picture: Size, isFine: boolean): void {
    if (!this.at) return;
    const { view, page } = sheet;
    const step = (isFine ? 1 : STEP) / view.scale;
    const to: XY = [clamped(this.at[0] + x * step, picture.width), clamped(this.at[1] + y * step, picture.height)];
    this.at = to;
    hand.follow(to);
    const [left, top] = toPage(to, view);
    const isOut = left < RIM || top < RIM || left > page.width - RIM || top > page.height - RIM;
    if (isOut) sheet.pan(x / 4, y / 4);
  }

  /** Whether it was there to be put away. */
  leave(): boolean {
    const was = this.at !== undefined;
    this.at = this.last = undefined;
    return was;
  }
}

function clamped(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
