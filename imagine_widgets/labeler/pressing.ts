// Where a key press goes: to the help, to the search, to the list, to the picture, or on to the page around.
import { actionOf } from "./keys.ts";
import { drawLabels, offered } from "./sides.ts";
import type { LabelerView } from "./view.ts";

export function press(view: LabelerView, event: KeyboardEvent): void {
  const { parts, hand } = view;
  event.stopPropagation();
  if (!parts.sheet.hidden) return pressInSheet(view, event);
  if (event.target === parts.search) return pressInSearch(view, event);
  const isInput = event.target instanceof HTMLInputElement && event.key.startsWith("Arrow");
  const isButton = event.target instanceof HTMLButtonElement && ["Enter", " "].includes(event.key);
  const action = isInput || isButton ? null : (inList(view, event) ?? actionOf(event));
  if (!action) return;
  event.preventDefault();
  if (event.key === " ") hand.free = true;
  view.act(...action);
}

export function release({ hand }: LabelerView, event: KeyboardEvent): void {
  event.stopPropagation();
  if (event.key === " ") hand.free = false;
}

/** In the list, arrows go through the regions. */
function inList({ parts }: LabelerView, event: KeyboardEvent): [string, number] | null {
  if (event.target !== parts.regions || event.altKey) return null;
  if (event.key === "ArrowDown") return ["step", 1];
  return event.key === "ArrowUp" ? ["step", -1] : null;
}

function pressInSearch(view: LabelerView, event: KeyboardEvent): void {
  const { parts } = view;
  const [first] = offered(view);
  if (event.key === "Enter" && first !== undefined) view.act("label", first);
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  parts.search.value = "";
  drawLabels(view);
  parts.stage.focus({ preventScroll: true });
}

function pressInSheet(view: LabelerView, event: KeyboardEvent): void {
  const shuts = event.key === "Escape" || event.key === "?";
  if (event.key === "Tab" || shuts) event.preventDefault();
  if (shuts) view.closeSheet();
}
