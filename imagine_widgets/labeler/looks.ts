// How the picture and its regions look, and what lies under the pointer.
import { count } from "../elements.ts";
import { slider } from "../regions/frame.ts";
import { lengths } from "./lengths.ts";
import type { LabelerView } from "./view.ts";

export function drawWhere({ state, parts }: LabelerView): void {
  const { names, row, isReady } = state;
  parts.name.textContent = names[row] ?? "";
  if (!state.isOpen) parts.stage.dataset.loaded = "false"; // what is seen is the picture before
  parts.where.textContent = isReady ? (names.length ? `${count(row + 1)} of ${count(names.length)}` : "No pictures") : "";
}

/** Sliders of how the picture and the regions are drawn; made anew with each picture, for their ranges are its own. */
export function drawLooks(view: LabelerView): void {
  const { opened } = view.state;
  const [low, high, gamma] = view.look;
  const most = opened?.brightest ?? 255;
  const top = most > 255 ? Math.min(most, Math.ceil((opened?.look?.[1] ?? most) * 2)) : most;
  view.parts.looks.replaceChildren(
    slider("Dark", [0, top, 1], low, (value) => view.setLook([value, view.look[1], view.look[2]])),
    slider("Bright", [0, top, 1], high, (value) => view.setLook([view.look[0], value, view.look[2]])),
    slider("Gamma", [0.2, 4, 0.05], gamma, (value) => view.setLook([view.look[0], view.look[1], value])),
    slider("Regions", [0, 0.8, 0.05], view.stage.layer.look.fill, (value) => view.setFill(value)),
  );
}

/** Where the pointer is, what the pixel holds, and how large that is where the scale is known. */
export function drawPlace({ state, parts, pointer }: LabelerView): void {
  if (!pointer || !state.opened) return;
  const [x, y] = pointer.map(Math.floor) as [number, number];
  const { scale } = state.opened;
  const value = state.value?.x === x && state.value.y === y ? `: ${state.value.value.join(", ")}` : "";
  const size = scale ? ` (${lengths([x, y], scale)})` : "";
  parts.place.textContent = `${x}, ${y}${size}${value}`;
}
