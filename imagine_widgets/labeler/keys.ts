// Which key does what in the labeler beside what it does to regions everywhere: behind the keyboard, and the help on "?".
import type { Help, Table } from "../regions/keys.ts";
import type { Mode } from "./hand.ts";

export const MODES: [mode: Mode, key: string, title: string][] = [
  ["select", "v", "Select"],
  ["point", "p", "Point"],
  ["line", "l", "Line"],
  ["box", "b", "Box"],
  ["rotated box", "r", "Turned box"],
  ["ellipse", "e", "Ellipse"],
  ["polygon", "g", "Outline"],
  ["hole", "Shift+g", "Hole"],
  ["brush", "m", "Brush"],
  ["ruler", "k", "Ruler"],
];

export const HELP: Help = [
  ["V", "select, move and change regions"],
  ["P L B R E G", "draw a point, line, box, turned box, ellipse, outline"],
  ["Shift + G", "draw a hole into the selected outline; its points are dragged and taken away like others"],
  ["Enter, double click", "finish a line or an outline; Backspace takes a point back"],
  ["Enter or C", "a crosshair: arrows move it (Shift: finely), Enter puts it down, takes hold, lets go. Draws without a mouse"],
  ["M, [ and ]", "brush; smaller, larger. With Shift it rubs out"],
  ["K", "ruler: how long something is, in micrometres or the like; in pixels where the scale is not known"],
  ["T, Shift + T", "over the whole picture field by field: next, before; it goes on where you stopped"],
  ["Alt + click", "take a point of an outline away; drag the small ones to add one. Alt + Enter at the crosshair"],
  ["Alt + arrows", "move the selected region; with Shift, make it larger or smaller"],
  ["Alt + [ and ]", "turn the selected region"],
  ["Ctrl + D", "the selected region once more, beside it"],
  ["arrows, + and −", "move the view, closer, farther. The space bar held: drag moves the view"],
  ["F, H", "closer to the selected region, the whole picture"],
  ["O", "regions filled, faint, as lines"],
  ["Page Down, Page Up", "next picture, picture before"],
];

export const KEYS: Table = {
  ...Object.fromEntries(MODES.map(([mode, key]) => [key, ["mode", mode]])),
  Enter: ["pen"],
  c: ["pen"],
  "Alt+Enter": ["pen", 1],
  "Control+d": ["twice"],
  "Alt+[": ["rotate", -5],
  "Alt+]": ["rotate", 5],
  "[": ["radius", 1 / 1.25],
  "]": ["radius", 1.25],
  t: ["field", 1],
  "Shift+t": ["field", -1],
  Home: ["whole"],
  o: ["fill"],
  PageDown: ["turn", 1],
  PageUp: ["turn", -1],
  " ": ["free"],
  ArrowLeft: ["pan", "-1 0"],
  ArrowRight: ["pan", "1 0"],
  ArrowUp: ["pan", "0 -1"],
  ArrowDown: ["pan", "0 1"],
  "Shift+ArrowLeft": ["pan", "-1 0 1"],
  "Shift+ArrowRight": ["pan", "1 0 1"],
  "Shift+ArrowUp": ["pan", "0 -1 1"],
  "Shift+ArrowDown": ["pan", "0 1 1"],
};
