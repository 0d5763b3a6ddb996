// Which key does what in the grid: the one table behind the keyboard and behind the help that "?" shows.
import type { Class } from "../wire.ts";
import type { Favourites } from "./wire.ts";

/** What a person asks for: a name, and for some of them where to, which one or how far. */
export type Action = [name: string, detail?: string | number];

export const HELP: [keys: string, what: string][] = [
  ["← ↑ → ↓", "move"],
  ["Space", "select this picture"],
  ["Shift + arrows", "select a range"],
  ["a finger held", "select a range by touch"],
  ["Ctrl + A", "select the page"],
  ["a class's key", "label the selected pictures, else this one"],
  ["G", "label them with the model's second guess, each its own"],
  ["/ or Ctrl + K", "find a class by a few letters"],
  ["Shift + 1…9 there", "lay the class on this key"],
  ["Enter or A", "confirm what you saw of this page, go on"],
  ["U or Ctrl + Z", "undo the last step"],
  ["R or Ctrl + Y", "do again what was undone"],
  ["S, O", "least sure first, outliers first"],
  ["P", "pin this picture: those like it come first"],
  ["L", "those like the pinned one first"],
  ["I", "show how sure the model was, or hide it: who sees it first agrees too easily"],
  ["W", "the whole class on one long page, or pages"],
  ["Page Up, Page Down", "turn the page"],
  ["Home, End", "first, last picture"],
  ["Tab, Shift + Tab", "next, previous class"],
  ["Z", "look closer"],
  ["+ and −", "larger, smaller pictures"],
  ["Esc", "let go of the selection; then Tab leaves the grid"],
  ["?", "this help"],
];

const PLAIN: Record<string, Action> = {
  ArrowLeft: ["move", "left"],
  ArrowRight: ["move", "right"],
  ArrowUp: ["move", "up"],
  ArrowDown: ["move", "down"],
  Home: ["move", "first"],
  End: ["move", "last"],
  PageUp: ["turn", -1],
  PageDown: ["turn", 1],
  " ": ["toggle"],
  Enter: ["accept"],
  a: ["accept"],
  u: ["undo"],
  r: ["redo"],
  g: ["second"],
  "/": ["search"],
  s: ["sort", "doubt"],
  o: ["sort", "outliers"],
  l: ["sort", "likeness"],
  p: ["pin"],
  i: ["scores"],
  w: ["whole"],
  z: ["closer"],
  "?": ["help"],
  "+": ["size", 1],
  "=": ["size", 1],
  "-": ["size", -1],
  Escape: ["letGo"],
};
const WITH_CONTROL: Record<string, Action> = { z: ["undo"], y: ["redo"], a: ["all"], k: ["search"], s: ["nothing"] };

/** The action of a key press as [name, detail], or null where the key is none of ours. */
export function actionOf(event: KeyboardEvent, classes: Class[], favourites: Favourites = {}): Action | null {
  if (event.isComposing || event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && event.shiftKey && key === "z") return ["redo"];
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL[key] ?? null;
  if (key === "Enter" && event.shiftKey) return ["nothing"]; // a notebook runs a cell by it: here nothing happens
  if (key === "Tab") return ["class", event.shiftKey ? -1 : 1];
  const laid = favourites[key];
  if (laid !== undefined) return ["label", laid];
  const label = classes.findIndex((one) => one.key && one.key === key);
  if (label >= 0) return ["label", label];
  const action = PLAIN[key];
  if (!action) return null;
  return action[0] === "move" && event.shiftKey ? ["stretch", action[1]] : action;
}

/** Where an arrow leads from `index` in a page of `count` pictures with `columns` in a row. */
export function moved(index: number, where: string, count: number, columns: number): number {
  const places: Record<string, number> = {
    left: index - 1,
    right: index + 1,
    up: index - columns,
    down: index + columns,
    first: 0,
    last: count - 1,
  };
  const to = places[where] ?? index;
  if (where === "up" && to < 0) return index;
  if (where === "down" && to >= count) {
    const isLastRow = Math.floor(index / columns) === Math.floor((count - 1) / columns);
    return isLastRow ? index : count - 1;
  }
  return Math.max(0, Math.min(count - 1, to));
}
