// What stands around the picture and follows the state: labels, the list of regions, the look, saved or not.
import { count, make, swatch } from "../elements.ts";
import { slider } from "./frame.ts";
import { LABEL_KEYS } from "./keys.ts";
import type { LabelerView } from "./view.ts";
import type { Drawn, RegionState } from "./wire.ts";
import { savedWords } from "../saved.ts";

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

export function drawHead({ state, parts, hand }: LabelerView): void {
  const { names, row, outbox, isCut, isReady, steps } = state;
  parts.saved.replaceChildren(...savedWords(outbox, isCut, isReady));
  parts.name.textContent = names[row] ?? "";
  parts.where.textContent = isReady ? (names.length ? `${count(row + 1)} of ${count(names.length)}` : "No pictures") : "";
  parts.undo.disabled = steps.length === 0;
  for (const one of parts.modes) one.setAttribute("aria-pressed", String(one.dataset.mode === hand.mode));
}

/** The labels that are offered: the first ones, or those that a search finds. */
export function offered({ state, parts }: LabelerView): number[] {
  const words = parts.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...state.classes.keys()];
  if (words.length === 0) return all.slice(0, OFFERED);
  const found = all.filter((i) => words.every((word) => state.classes[i]!.title.toLowerCase().includes(word)));
  const starts = (i: number): number => (state.classes[i]!.title.toLowerCase().startsWith(words[0]!) ? 0 : 1);
  return found.sort((a, b) => starts(a) - starts(b)).slice(0, OFFERED);
}

export function drawLabels(view: LabelerView): void {
  const { state, parts } = view;
  const found = offered(view);
  const rows = (found.includes(view.label) || parts.search.value ? found : [view.label, ...found]).map((label) => {
    const one = state.classes[label];
    const key = LABEL_KEYS[label];
    return make(
      "button",
      { type: "button", class: "im-label", role: "option", tabindex: -1, "aria-selected": label === view.label, onclick: () => view.act("label", label) },
      swatch(one),
      make("bdi", { text: one?.title ?? "", dir: "auto" }),
      ...(key ? [make("kbd", { text: key })] : []),
    );
  });
  parts.labels.replaceChildren(...rows);
}

export function drawRegions(view: LabelerView): void {
  const { state, parts } = view;
  const shown = view.listed();
  const whole = state.opened?.whole ?? [];
  parts.count.textContent = `${count(shown.length)}${whole.length ? `, whole picture: ${whole.join(", ")}` : ""}`;
  const at = shown.findIndex(({ id }) => id === view.selectedId);
  const first = Math.max(0, Math.min(at - LISTED / 2, shown.length - LISTED));
  parts.regions.replaceChildren(...shown.slice(first, first + LISTED).map((one) => regionRow(view, one)));
  const chosen = parts.regions.querySelector("[aria-selected=true]");
  chosen?.scrollIntoView({ block: "nearest" });
  parts.regions.setAttribute("aria-activedescendant", chosen?.id ?? "");
}

function regionRow(view: LabelerView, one: Drawn): HTMLElement {
  const found = view.state.classes[one.label];
  const [sign, words] = SIGNS[one.state];
  const score = one.score === null ? "" : `${Math.round(one.score * 100)} %`;
  return make(
    "div",
    {
      class: "im-region",
      id: `${view.state.me}-${one.id}`,
      role: "option",
      "aria-selected": one.id === view.selectedId,
      "aria-label": `${found?.title ?? ""}, ${one.shape.kind}, ${words}${score && `, ${score}`}`,
      onclick: () => view.state.guard(() => view.choose(one.id)),
    },
    swatch(found),
    make("bdi", { text: found?.title ?? "", dir: "auto" }),
    make("span", { class: "im-muted", text: `${one.shape.kind.replace("Rotated", "Turned ")} ${sign} ${score}`.trim() }),
  );
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
  const size = scale ? ` (${(x * scale.value).toPrecision(4)}, ${(y * scale.value).toPrecision(4)} ${scale.unit})` : "";
  parts.place.textContent = `${x}, ${y}${size}${value}`;
}
