// Moving and scaling what a stage shows: wheel, drag, two fingers. What the hand takes never comes here.
import type { XY } from "../drawing/shapes.ts";

export interface Panned {
  /** Move by pixels of the page. */
  pan(dx: number, dy: number): void;
  /** Scale around a place of the stage; `isOther` with the Shift key. */
  scale(factor: number, at: XY, isOther: boolean): void;
  /** A press that moved nothing. */
  tapped(at: XY): void;
}

const SLIP = 3; // pixels of the page that a click may slip
const STEP = 0.0015; // of the scale for each unit that a wheel turns

export function pannable(element: HTMLElement, panned: Panned): void {
  const held = new Map<number, XY>();
  let far = 0;
  const placed = (event: MouseEvent): XY => {
    const { left, top } = element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  element.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, placed(event));
    far = 0;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = placed(event);
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, now);
    far += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (other) panned.scale(apart(now, other) / Math.max(apart(before, other), 1), other, false);
    else if (far > SLIP) panned.pan(now[0] - before[0], now[1] - before[1]);
  });
  const release = (event: PointerEvent): void => {
    if (held.delete(event.pointerId) && event.type === "pointerup" && far <= SLIP) panned.tapped(placed(event));
  };
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const turned = event.deltaY || event.deltaX; // with Shift, browsers turn the wheel sideways
      panned.scale(Math.exp(-turned * STEP), placed(event), event.shiftKey);
    },
    { passive: false },
  );
}

function apart([ax, ay]: XY, [bx, by]: XY): number {
  return Math.hypot(ax - bx, ay - by);
}
