// What stands beside a picture or recording and follows its state: the list of regions, saved or not.
import { bring, count, make, swatch } from "../elements.ts";
import { savedWords } from "../saved.ts";
import type { Deeds } from "./deeds.ts";
import type { Labelled, RegionState } from "./wire.ts";

const LISTED = 200; // regions in the list; more would cost more than they tell

const SIGNS: Record<RegionState, [sign: string, words: string]> = {
  "": ["", "drawn"],
  predicted: ["?", "by the model"],
  accepted: ["✓", "accepted"],
  corrected: ["✎", "corrected"],
  rejected: ["✗", "rejected"],
  uncertain: ["~", "uncertain"],
};

/** What became of a region, as a sign, and how sure the model was where that is shown. */
export function signs(one: Labelled, isScored: boolean): string[] {
  return [SIGNS[one.state][0], scoreOf(one, isScored)].filter(Boolean);
}

function scoreOf({ score }: Labelled, isScored: boolean): string {
  return score === null || !isScored ? "" : `${Math.round(score * 100)} %`;
}

/** Saved or not, the tool in hand, what can be undone. */
export function drawTools<S>({ state, parts, hand }: Deeds<S>, buttons: Iterable<HTMLButtonElement>): void {
  parts.speed.textContent = state.speed;
  parts.saved.replaceChildren(...savedWords(state.outbox, state.isCut, state.isReady));
  for (const one of buttons) {
    const { action, mode } = one.dataset;
    if (action === "mode") one.setAttribute("aria-pressed", String(mode === hand.mode));
    if (action === "undo") one.disabled = state.steps.length === 0;
    if (action === "redo") one.disabled = state.undone.length === 0;
  }
}

export function drawRegions<S>(view: Deeds<S>): void {
  const { state, parts } = view;
  const shown = view.all();
  parts.count.textContent = `${count(shown.length)}${state.others.length ? `, elsewhere: ${state.others.join(", ")}` : ""}`;
  const at = shown.findIndex(({ id }) => id === view.selectedId);
  const first = Math.max(0, Math.min(at - LISTED / 2, shown.length - LISTED));
  parts.regions.replaceChildren(...shown.slice(first, first + LISTED).map((one) => regionRow(view, one)));
  const chosen = parts.regions.querySelector("[aria-selected=true]");
  bring(parts.regions, chosen);
  parts.regions.setAttribute("aria-activedescendant", chosen?.id ?? "");
}

/** Each title for itself: one may run from right to left. */
function titles<S>(view: Deeds<S>, { label, also }: Labelled<S | null>): (Node | string)[] {
  const made = [label, ...(also ?? [])].map((one) => make("bdi", { text: view.title(one), dir: "auto" }));
  return made.flatMap((one, i) => (i ? [" + ", one] : [one]));
}

function regionRow<S>(view: Deeds<S>, one: Labelled<S | null>): HTMLElement {
  const found = view.state.classes[one.label];
  const [, words] = SIGNS[one.state];
  const score = scoreOf(one, view.state.isScored);
  const where = view.words(one);
  return make(
    "div",
    {
      class: "im-region",
      id: `${view.state.me}-${one.id}`,
      role: "option",
      "aria-selected": one.id === view.selectedId,
      "aria-label": `${view.titles(one)}, ${where}, ${words}${score && `, ${score}`}`,
      onclick: () => view.state.guard(() => view.choose(one.id)),
    },
    make("span", { class: "im-swatches" }, swatch(found), ...(one.also ?? []).map((label) => swatch(view.state.classes[label]))),
    make("span", { class: "im-titles", title: view.titles(one) }, ...titles(view, one)),
    make("span", { class: "im-muted", text: signs(one, view.state.isScored).join(" ") }),
    make("span", { class: "im-muted im-when", text: where }),
  );
}
