// The labels beside the picture: those at hand, or those that a few letters find, with their keys and what is above them.
import { bring, make, swatch } from "../elements.ts";
import { Search } from "../grid/search.ts";
import type { Class } from "../wire.ts";
import type { Deeds } from "./deeds.ts";

const OFFERED = 12; // labels in sight; the others are found by searching
const RECENT = 6; // of them, those that were used last
const ABOVE = 2; // parents that are shown
const searches = new WeakMap<Class[], Search>();

/** The labels that are offered: all where they are few, else those on keys and those used last; or what a search finds. */
export function offered<S>({ state, parts, label }: Deeds<S>): number[] {
  const { classes, favourites, used } = state;
  const typed = parts.search.value.trim();
  if (typed) return searchOf(classes).find(typed, (one) => used.get(one) ?? 0, OFFERED);
  const all = [...classes.keys()];
  if (all.length <= OFFERED) return all;
  const laid = Object.keys(favourites).sort().map((key) => favourites[key]!);
  const recent = [...used].sort((a, b) => b[1] - a[1]).map(([one]) => one).slice(0, RECENT);
  return [...new Set([...laid, label, ...recent, ...all.slice(0, OFFERED)])].slice(0, OFFERED);
}

function searchOf(classes: Class[]): Search {
  const found = searches.get(classes) ?? new Search(classes);
  searches.set(classes, found);
  return found;
}

export function drawLabels<S>(view: Deeds<S>): void {
  const { labels, search } = view.parts;
  const found = offered(view);
  view.found = Math.max(0, Math.min(view.found, found.length - 1));
  const isSought = search === search.ownerDocument.activeElement || search.value.trim() !== "";
  const rows = found.map((label, i) => labelRow(view, label, isSought ? i === view.found : label === view.label));
  const nothing = make("p", { class: "im-muted", text: "No label is called so" });
  labels.replaceChildren(...(rows.length || !view.state.isReady ? rows : [nothing]));
  const here = isSought ? rows[view.found] : undefined;
  bring(labels, here);
  search.setAttribute("aria-activedescendant", here?.id ?? "");
}

function labelRow<S>(view: Deeds<S>, label: number, isChosen: boolean): HTMLElement {
  const one = view.state.classes[label];
  const key = view.keyOf(label);
  const above = (one?.parents ?? []).slice(0, ABOVE).join(" › ");
  const title = make("bdi", { text: one?.title ?? "", dir: "auto", title: [one?.title, ...(one?.parents ?? [])].join(" › ") });
  return make(
    "div",
    {
      class: "im-label",
      role: "option",
      id: `${view.state.me}-label-${label}`,
      "aria-selected": isChosen,
      onclick: (event: MouseEvent) => view.ask(event.shiftKey ? "also" : "label", label),
    },
    swatch(one),
    make("span", { class: "im-named" }, title, ...(above ? [make("bdi", { class: "im-muted", text: above, dir: "auto" })] : [])),
    ...handles(view, label, one?.title ?? ""),
    ...(key ? [make("kbd", { text: key })] : []),
  );
}

/** For the mouse and for fingers: a further label, and the star that lays it on a key. Keys do the same, so no reader needs them. */
function handles<S>(view: Deeds<S>, label: number, title: string): HTMLElement[] {
  const one = view.picked();
  const isLaid = Object.values(view.state.favourites).includes(label);
  const has = one !== undefined && [one.label, ...(one.also ?? [])].includes(label);
  const handle = (text: string, words: string, action: string, isOn: boolean): HTMLElement => {
    const click = (event: MouseEvent): void => {
      event.stopPropagation();
      view.ask(action, label);
    };
    return make("span", { class: `im-also${isOn ? " im-on" : ""}`, text, title: words, "aria-hidden": "true", onclick: click });
  };
  const star = handle(isLaid ? "★" : "☆", `${title}: ${isLaid ? "take it off its key" : "lay it on a key"}`, "lay", isLaid);
  return one ? [handle(has ? "✓" : "+", `${title}: ${has ? "take it away" : "give it to the region, too"}`, "also", has), star] : [star];
}
