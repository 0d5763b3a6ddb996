// Which key does what to regions in every widget that draws them; each widget adds its own before these.

/** What a person asks for: a name, and for some of them which, where to or how much. */
export type Action = [name: string, detail?: string | number];
/** Keys as `named` has them. */
export type Table = Record<string, Action>;
export type Help = [keys: string, what: string][];

export const LABEL_KEYS = "1234567890";

export const HELP: Help = [
  ["1 … 9, 0", "label the selected region; what is drawn next gets this label too"],
  ["Shift + 1 … 9", "give the selected region this label too, or take it away"],
  ["W", "label the whole; then a label's key changes it"],
  ["/", "find a label by a few letters: Enter gives it, Shift + Enter gives it too"],
  ["Shift + 1 … 9 there", "lay the label on this key; ☆ does it, too"],
  [", and .", "region before, next region"],
  ["A, Shift + A", "accept the model's region and go on; accept all"],
  ["X, D", "reject the model's region and go on; say that you cannot tell"],
  ["Delete", "delete the selected region"],
  ["U or Ctrl + Z", "undo the last step"],
  ["Shift + U or Ctrl + Y", "do it again"],
  ["I", "show how sure the model was, or hide it: who sees it first agrees too easily"],
  ["Esc", "let go; then Tab leaves the widget"],
  ["?", "this help"],
];

const SHARED: Table = {
  "/": ["search"],
  "Control+k": ["search"],
  w: ["labelWhole"],
  d: ["doubt"],
  Enter: ["nothing"],
  "Shift+Enter": ["nothing"], // a notebook runs a cell by it: here nothing happens
  Backspace: ["remove"],
  Delete: ["remove"],
  ",": ["step", -1],
  ".": ["step", 1],
  a: ["accept"],
  "Shift+a": ["acceptAll"],
  x: ["reject"],
  i: ["scores"],
  u: ["undo"],
  "Shift+u": ["redo"],
  "Control+z": ["undo"],
  "Control+Shift+z": ["redo"],
  "Control+y": ["redo"],
  "Control+s": ["nothing"],
  "Control+a": ["nothing"],
  "+": ["zoom", 1.5],
  "=": ["zoom", 1.5],
  "-": ["zoom", 1 / 1.5],
  f: ["near"],
  h: ["whole"],
  Escape: ["letGo"],
  "?": ["help"],
  "Alt+ArrowLeft": ["nudge", "-1 0"],
  "Alt+ArrowRight": ["nudge", "1 0"],
  "Alt+ArrowUp": ["nudge", "0 -1"],
  "Alt+ArrowDown": ["nudge", "0 1"],
  "Alt+Shift+ArrowLeft": ["grow", "-1 0"],
  "Alt+Shift+ArrowRight": ["grow", "1 0"],
  "Alt+Shift+ArrowUp": ["grow", "0 -1"],
  "Alt+Shift+ArrowDown": ["grow", "0 1"],
};

/** A key press in words: "Control+Shift+z", "Alt+ArrowLeft", "a"; signs have no Shift, for it made them. */
export function named(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const isSign = event.key.length === 1 && !/[a-z ]/i.test(event.key);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const held = [event.ctrlKey || event.metaKey ? "Control+" : "", event.altKey ? "Alt+" : "", event.shiftKey && !isSign ? "Shift+" : ""];
  return held.join("") + key;
}

/** The digit from 1 to 9 that Shift is held over, whatever sign it makes on this keyboard; "" for other keys. */
export function shifted({ code, key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): string {
  if (!shiftKey || ctrlKey || metaKey || altKey || LABEL_KEYS.includes(key)) return ""; // where Shift makes the digits
  return /^Digit([1-9])$/.exec(code ?? "")?.[1] ?? "";
}

/** The action of a key press, or null where the key is none of ours. */
export function actionOf(event: KeyboardEvent, own: Table): Action | null {
  if (event.isComposing) return null;
  const name = named(event);
  const found = own[name] ?? SHARED[name];
  if (found) return found;
  if (name.length === 1 && LABEL_KEYS.includes(name)) return ["key", name];
  const digit = shifted(event);
  if (digit) return ["alsoKey", digit];
  const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
  return isLetter ? ["nothing"] : null; // no letter of ours goes on to the notebook
}
