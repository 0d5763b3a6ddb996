// Which key does what in the labeler: the one table behind the keyboard and behind the help that "?" shows.
import type { Mode } from "./hand.ts";

export const MODES: [mode: Mode, key: string, title: string][] = [
  ["select", "v", "Select"],
  ["point", "p", "Point"],
  ["line", "l", "Line"],
  ["box", "b", "Box"],
  ["rotated box", "r", "Turned box"],
  ["ellipse", "e", "Ellipse"],
  ["polygon", "g", "Outline"],
  ["brush", "m", "Brush"],
  ["ruler", "k", "Ruler"],
];
export const LABEL_KEYS = "1234567890";

export const HELP: [keys: string, what: string][] = [
  ["1 … 9, 0", "label the selected region; what is drawn next gets this label too"],
  ["/", "search the labels"],
  ["V", "select, move and change regions"],
  ["P L B R E G", "draw a point, line, box, turned box, ellipse, outline"],
  ["Enter, double click", "finish a line or an outline; Backspace takes a point back"],
  ["M, [ and ]", "brush; smaller, larger. With Shift it rubs out"],
  ["K", "ruler: how long something is, in micrometres or the like where the scale is known"],
  ["T, Shift + T", "over the whole picture field by field: next, before; it goes on where you stopped"],
  ["Alt + click", "take a point of an outline away; drag the small ones to add one"],
  [", and .", "region before, next region"],
  ["A, Shift + A", "accept the model's region and go on; accept all in this picture"],
  ["X", "reject the model's region and go on"],
  ["Delete", "delete the selected region"],
  ["Alt + arrows", "move the selected region"],
  ["U or Ctrl + Z", "undo the last step"],
  ["arrows, + and −", "move the view, closer, farther. The space bar held: drag moves the view"],
  ["F, H", "closer to the selected region, the whole picture"],
  ["O", "regions filled, faint, as lines"],
  ["Page Down, Page Up", "next picture, picture before"],
  ["Esc", "let go; then Tab leaves the labeler"],
  ["?", "this help"],
];

/** What a person asks for: a name, and for some of them which, where to or how much. */
export type Action = [name: string, detail?: string | number];

const PLAIN: Record<string, Action> = {
  "/": ["search"],
  Enter: ["finish"],
  Backspace: ["remove"],
  Delete: ["remove"],
  "[": ["radius", 1 / 1.25],
  "]": ["radius", 1.25],
  ",": ["step", -1],
  ".": ["step", 1],
  a: ["accept"],
  x: ["reject"],
  u: ["undo"],
  "+": ["zoom", 1.5],
  "=": ["zoom", 1.5],
  "-": ["zoom", 1 / 1.5],
  f: ["near"],
  h: ["whole"],
  Home: ["whole"],
  o: ["fill"],
  PageDown: ["turn", 1],
  PageUp: ["turn", -1],
  Escape: ["letGo"],
  "?": ["help"],
  " ": ["nothing"],
  ArrowLeft: ["pan", "left"],
  ArrowRight: ["pan", "right"],
  ArrowUp: ["pan", "up"],
  ArrowDown: ["pan", "down"],
};
const WITH_CONTROL: Record<string, Action> = { z: ["undo"], s: ["nothing"], a: ["nothing"] };

/** The action of a key press, or null where the key is none of ours. */
export function actionOf(event: KeyboardEvent): Action | null {
  if (event.isComposing) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL[key] ?? null;
  if (key === "Enter" && event.shiftKey) return ["nothing"]; // a notebook runs a cell by it: here nothing happens
  if (event.altKey) return key.startsWith("Arrow") ? ["move", key.slice(5).toLowerCase()] : null;
  if (key === "a" && event.shiftKey) return ["acceptAll"];
  if (key === "t") return ["field", event.shiftKey ? -1 : 1];
  const label = LABEL_KEYS.indexOf(key);
  if (key.length === 1 && label >= 0) return ["label", label];
  const mode = MODES.find(([, letter]) => letter === key);
  return mode ? ["mode", mode[0]] : (PLAIN[key] ?? null);
}
