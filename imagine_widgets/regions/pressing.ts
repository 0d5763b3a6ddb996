// Where a key press goes: to the help, to the search, to the list, to the regions, or on to the page around.
import type { Deeds } from "./deeds.ts";
import { type Action, actionOf, shifted, type Table } from "./keys.ts";
import { drawLabels, offered } from "./labels.ts";

export function press<S>(view: Deeds<S>, event: KeyboardEvent, own: Table): void {
  const { parts } = view;
  event.stopPropagation();
  if (!parts.sheet.hidden) return pressInSheet(view, event);
  if (event.target === parts.search) return pressInSearch(view, event);
  const isInput = event.target instanceof HTMLInputElement && event.key.startsWith("Arrow");
  const isButton = event.target instanceof HTMLButtonElement && ["Enter", " "].includes(event.key);
  const action = isInput || isButton ? null : (inList(view, event) ?? actionOf(event, own));
  if (!action || (action[0] === "copy" && hasText(event.currentTarget))) return;
  event.preventDefault();
  view.act(...action);
}

/** Whether words of the widget are marked: she copies those. */
function hasText(root: EventTarget | null): boolean {
  const marked = getSelection();
  return !!marked && !marked.isCollapsed && (root as Node).contains(marked.anchorNode);
}

/** In the list, arrows go through the regions. */
function inList<S>({ parts }: Deeds<S>, event: KeyboardEvent): Action | null {
  if (event.target !== parts.regions || event.altKey) return null;
  if (event.key === "ArrowDown") return ["step", 1];
  return event.key === "ArrowUp" ? ["step", -1] : null;
}

/** Up and down choose, Enter gives the label, Shift + Enter gives it too, Shift + a digit lays it on that key. */
function pressInSearch<S>(view: Deeds<S>, event: KeyboardEvent): void {
  if (event.isComposing) return;
  const [found, digit] = [offered(view), shifted(event)];
  const label = found[view.found];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  if (!step && !digit && event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  if (step) view.state.acts++;
  if (step && found.length) view.found = (view.found + step + found.length) % found.length;
  if (digit && label !== undefined) view.lay(label, digit);
  if (event.key === "Enter" && label !== undefined) view.act(event.shiftKey ? "also" : "label", label);
  if (event.key === "Enter" || event.key === "Escape") shut(view);
  drawLabels(view);
}

function shut<S>(view: Deeds<S>): void {
  const { parts } = view;
  view.found = 0;
  parts.search.value = "";
  parts.stage.focus({ preventScroll: true });
}

function pressInSheet<S>(view: Deeds<S>, event: KeyboardEvent): void {
  const shuts = event.key === "Escape" || event.key === "?";
  if (event.key === "Tab" || shuts) event.preventDefault();
  if (shuts) view.closeSheet();
}
