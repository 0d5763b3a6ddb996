// Which key does what in a review beside what it does in the labeler; the labels' digits are the review's own.
import { KEYS as LABELER, HELP as LABELER_HELP } from "../labeler/keys.ts";
import type { Help, Table } from "../regions/keys.ts";

export const KEYS: Table = {
  ...LABELER,
  Enter: ["enter"],
  "~": ["doubt"],
};

/** Keys that decide: one that is held down decides once. */
export const DECIDING = /^([axd~\d]|Enter)$/i;

export const HELP: Help = [
  ["A or Enter", "accept what the model says, and go on"],
  ["1, 2, 3", "the model's best guesses, where it tells several; labels begin at 4 then. It goes on"],
  ["X", "reject: there is no such thing. It goes on"],
  ["D or ~", "cannot tell. It goes on; a second look: only=\"uncertain\""],
  [". and ,", "skip it, it comes again at the end; back to the one before"],
  ["U", "undo, back to that region"],
  ...LABELER_HELP,
];
