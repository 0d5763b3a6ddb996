// What stands beside a picture or recording and follows its state: labels, the list of regions, saved or not.
import { count, make, swatch } from "../elements.ts";
import { savedWords } from "../saved.ts";
import type { Deeds } from "./deeds.ts";
import { LABEL_KEYS } from "./keys.ts";
import type { Labelled, RegionState } from "./wire.ts";

const LISTED = 200; // regions in the list; more would cost more than they tell
const OFFERED = 12; // labels in sight; the others are found by searching

const SIGNS: Record<RegionState, [sign: string, words: string]> = {
  "": ["", "drawn"],
  predicted: ["?", "by the model"],
  accepted: ["✓", "accepted"],
  corrected: ["✎", "corrected"],
  rejected: ["✗", "rejected"],
  uncertain: ["~", "uncertain"],
};

/** Saved or not, the tool in hand, what can be undone. */
export function drawTools<S>({ state, parts, hand }: Deeds<S>, buttons: Iterable<HTMLButtonElement>): void {
  parts.saved.replaceChildren(...savedWords(state.outbox, state.isCut, state.isReady));
  for (const one of buttons) {
    const { action, mode } = one.dataset;
    if (action === "mode") one.setAttribute("aria-pressed", String(mode === hand.mode));
    if (action === "undo") one.disabled = state.steps.length === 0;
    if (action === "redo") one.disabled = state.undone.length === 0;
  }
}

/** The labels that are offered: the first ones, or those that a search finds. */
export function offered<S>({ state, parts }: Deeds<S>): number[] {
  const words = parts.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...state.classes.keys()];
  if (words.length === 0) return all.slice(0, OFFERED);
  const title = (i: number): string => [state.classes[i]!.title, ...(state.classes[i]!.parents ?? [])].join(" ").toLowerCase();
  const found = all.filter((i) => words.every((word) => title(i).includes(word)));
  const starts = (i: number): number => (title(i).startsWith(words[0]!) ? 0 : 1);
  return found.sort((a, b) => starts(a) - starts(b)).slice(0, OFFERED);
}

export function drawLabels<S>(view: Deeds<S>): void {
  const { state, parts } = view;
  const found = offered(view);
  const rows = found.includes(view.label) || parts.search.value || !state.isReady ? found : [view.label, ...found];
  parts.labels.replaceChildren(...rows.map((label) => labelRow(view, label)));
}

function labelRow<S>(view: Deeds<S>, label: number): HTMLElement {
  const one = view.state.classes[label];
  const key = LABEL_KEYS[label];
  const isChosen = label === view.label;
  return make(
    "button",
    { type: "button", class: "im-label", role: "option", tabindex: -1, "aria-selected": isChosen, onclick: () => view.ask("label", label) },
    swatch(one),
    make("bdi", { text: one?.title ?? "", dir: "auto" }),
    ...(key ? [make("kbd", { text: key })] : []),
  );
}

export function drawRegions<S>(view: Deeds<S>): void {
  const { state, parts } = view;
  const shown = view.all();
  parts.count.textContent = `${count(shown.length)}${state.others.length ? `, elsewhere: ${state.others.join(", ")}` : ""}`;
  const at = shown.findIndex(({ id }) => id === view.selectedId);
  const first = Math.max(0, Math.min(at - LISTED / 2, shown.length - LISTED));
  parts.regions.replaceChildren(...shown.slice(first, first + LISTED).map((one) => regionRow(view, one)));
  const chosen = parts.regions.querySelector("[aria-selected=true]");
  chosen?.scrollIntoView({ block: "nearest" });
  parts.regions.setAttribute("aria-activedescendant", chosen?.id ?? "");
}

function regionRow<S>(view: Deeds<S>, one: Labelled<S | null>): HTMLElement {
  const found = view.state.classes[one.label];
  const [sign, words] = SIGNS[one.state];
  const score = one.score === null ? "" : `${Math.round(one.score * 100)} %`;
  const where = view.words(one);
  return make(
    "div",
    {
      class: "im-region",
      id: `${view.state.me}-${one.id}`,
      role: "option",
      "aria-selected": one.id === view.selectedId,
      "aria-label": `${found?.title ?? ""}, ${where}, ${words}${score && `, ${score}`}`,
      onclick: () => view.state.guard(() => view.choose(one.id)),
    },
    swatch(found),
    make("bdi", { text: found?.title ?? "", dir: "auto" }),
    make("span", { class: "im-muted", text: `${sign} ${score}`.trim() }),
    make("span", { class: "im-muted im-when", text: where }),
  );
}
