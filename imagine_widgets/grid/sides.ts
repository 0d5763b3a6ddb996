// What stands around the pictures and follows the state: progress, saved or not, the classes, the choices.
import { button, count, make, swatch } from "../elements.ts";
import { type GridState, NONE } from "./state.ts";
import type { GridView } from "./view.ts";
import type { By } from "./wire.ts";
import { savedWords } from "../saved.ts";

export function titleOf(state: GridState, group: number): string {
  return state.classes[state.groups[group]?.label ?? -1]?.title ?? "Not predicted";
}

export function drawHead({ state, parts }: GridView): void {
  parts.saved.replaceChildren(...savedWords(state.outbox, state.isCut, state.isReady));
  if (!state.isReady) return;
  const { total, confirmed, corrected } = state.arrangement;
  const decided = confirmed + corrected;
  parts.counts.textContent = `${count(decided)} of ${count(total)} decided, ${count(corrected)} corrected`;
  parts.bar.style.width = `${total ? (100 * decided) / total : 0}%`;
  parts.speed.textContent = state.speed;
  parts.undo.disabled = state.steps.length === 0;
  parts.redo.disabled = state.undone.length === 0;
}

/** The classes as tabs: made once, then only told what changed, for there may be thousands. */
export function drawRail(view: GridView): void {
  const { state, parts, told } = view;
  const tabs = parts.rail.children as HTMLCollectionOf<HTMLElement>;
  if (tabs.length !== state.groups.length) {
    parts.rail.replaceChildren(...state.groups.map((_, g) => tab(view, g)));
    Object.assign(told, { at: -1, open: new Int32Array(tabs.length).fill(-1) });
  }
  if (told.at !== view.group) for (const g of [told.at, view.group]) choose(tabs[g], g === view.group);
  told.at = view.group;
  state.groups.forEach(({ open }, g) => {
    if (told.open[g] !== open) showOpen(view, tabs[g]!, g);
    told.open[g] = open;
  });
}

function choose(one: HTMLElement | undefined, isHere: boolean): void {
  one?.setAttribute("aria-selected", String(isHere));
  if (one) one.tabIndex = isHere ? 0 : -1;
}

function showOpen({ state }: GridView, one: HTMLElement, g: number): void {
  const { open, rows } = state.groups[g]!;
  one.setAttribute("aria-label", `${titleOf(state, g)}, ${open} of ${rows.length} open`);
  one.querySelector<HTMLElement>(".im-bar-done")!.style.width = `${100 * (1 - open / rows.length)}%`;
  one.lastElementChild!.textContent = open ? `${count(open)} open` : "✓ done";
}

function tab(view: GridView, g: number): HTMLElement {
  return make(
    "button",
    {
      type: "button",
      role: "tab",
      class: "im-tab",
      tabindex: -1,
      "aria-selected": "false",
      title: titleOf(view.state, g),
      onclick: () => view.state.guard(() => view.act("open", g)),
    },
    swatch(view.state.classes[view.state.groups[g]!.label]),
    make("bdi", { class: "im-tab-title", text: titleOf(view.state, g), dir: "auto" }),
    make("span", { class: "im-bar", "aria-hidden": "true" }, make("span", { class: "im-bar-done" })),
    make("span", { class: "im-tab-count" }),
  );
}

const ORDERS: [by: By, title: string, key: string, words: string][] = [
  ["doubt", "Least sure", "S", "least sure first"],
  ["outliers", "Outliers", "O", "outliers first"],
  ["likeness", "Like pinned", "L", "most like the pinned one first"],
];

export function orderWords(by: By, isOrdered: boolean): string {
  return isOrdered && by === "doubt" ? "in the order given" : ORDERS.find(([one]) => one === by)![3];
}

/** The orders, and the pinned picture. */
function drawOrders(view: GridView): void {
  const { state, parts } = view;
  const { by, pinned } = state.arrangement;
  const words = `${by}${pinned}${state.thumbs.kept.has(pinned ?? -1)}`;
  if (parts.orders.dataset.words === words) return;
  parts.orders.dataset.words = words;
  const chips = ORDERS.map(([one, title, key]) => {
    const more = { role: "radio", "aria-checked": one === by, class: "im-small", disabled: one === "likeness" && pinned === undefined };
    return button(one === "doubt" && state.isOrdered ? "As given" : title, key, () => state.guard(() => view.act("sort", one)), more);
  });
  const kept = pinned === undefined ? undefined : state.thumbs.kept.get(pinned);
  const small = kept?.url ? [make("img", { class: "im-pin", src: kept.url, alt: `pinned: ${kept.name}`, title: kept.name })] : [];
  const hadKeyboard = parts.orders.contains(document.activeElement);
  parts.orders.replaceChildren(...chips, ...small);
  if (hadKeyboard) view.page.focus(view.at);
}

export function drawChoices(view: GridView): void {
  const { state, parts, selected } = view;
  const group = state.groups[view.group];
  const { by, orders } = state.arrangement;
  const what = group?.label === NONE ? "pictures" : "predicted";
  const words = group ? `${count(group.rows.length)} ${what}, ${orders.has(by) ? orderWords(by, state.isOrdered) : "the pictures are being compared…"}` : "";
  parts.title.replaceChildren(
    swatch(state.classes[group?.label ?? -1]),
    make("bdi", { text: group ? titleOf(state, view.group) : "No pictures", dir: "auto" }),
    make("span", { class: "im-muted", text: words }),
  );
  drawOrders(view);
  parts.where.textContent = view.isWhole ? "Whole class" : `Page ${view.number + 1} of ${view.pages()}`;
  parts.root.querySelector(".im-whole")!.setAttribute("aria-pressed", String(view.isWhole));
  const asked = selected.size ? `Label ${count(selected.size)} selected as` : "Label this one as";
  parts.choices.setAttribute("aria-label", asked);
  const find = button("Find a class", "/", () => state.guard(() => view.act("search")), { class: "im-chip", tabindex: -1 });
  parts.choices.replaceChildren(make("span", { class: "im-muted", text: asked }), ...chips(view), find);
  parts.choices.classList.toggle("im-active", selected.size > 0);
  drawAccept(view);
}

const CHIPS = 36;
const RECENT = 8;

/** Classes at hand: all where they are few, else those on keys and those used last; others are found by letters. */
function chips(view: GridView): HTMLElement[] {
  const { classes, favourites, used } = view.state;
  if (classes.length <= CHIPS) return classes.map((_, label) => chip(view, label));
  const laid = Object.keys(favourites).sort().map((key) => favourites[key]!);
  const recent = [...used].sort((a, b) => b[1] - a[1]).map(([label]) => label);
  const keyed = [...classes.keys()].filter((label) => classes[label]!.key);
  return [...new Set([...laid, ...recent.slice(0, RECENT), ...keyed])].slice(0, CHIPS).map((label) => chip(view, label));
}

function chip(view: GridView, label: number): HTMLElement {
  const one = view.state.classes[label]!;
  const key = keyOf(view.state, label);
  return make(
    "button",
    { type: "button", class: "im-chip", tabindex: -1, onclick: () => view.state.guard(() => view.act("label", label)) },
    swatch(one),
    make("bdi", { text: one.title, dir: "auto" }),
    ...(key ? [make("kbd", { text: key.toUpperCase() })] : []),
  );
}

/** The key that labels with a class: the one a person laid it on, else its own where no other class lies on that. */
export function keyOf(state: GridState, label: number): string {
  const laid = Object.entries(state.favourites).find(([, place]) => place === label)?.[0];
  const own = state.classes[label]!.key ?? "";
  return laid ?? (own in state.favourites ? "" : own);
}

/** What Enter would confirm now; asked anew while the pictures move by. */
export function drawAccept(view: GridView): void {
  const { state, parts, page, group } = view;
  const number = view.ready().length;
  const isMore = number === 0 && state.open(page.rows).length > 0;
  const words = number ? `Confirm ${count(number)} as ${titleOf(state, group)}` : isMore ? "Go on" : "Next open page";
  parts.accept.firstElementChild!.textContent = words;
}
