// What stands around the pictures and follows the state: progress, saved or not, the classes, the choices.
import { count, make, swatch } from "../elements.ts";
import type { GridState } from "./state.ts";
import type { GridView } from "./view.ts";
import { savedWords } from "../saved.ts";

export function titleOf(state: GridState, group: number): string {
  return state.classes[state.groups[group]?.label ?? -1]?.title ?? "Not predicted";
}

export function drawHead({ state, parts }: GridView): void {
  parts.saved.replaceChildren(...savedWords(state.outbox, state.isCut, state.ready));
  if (!state.ready) return;
  const { total, decided, corrected } = state.progress();
  parts.counts.textContent = `${count(decided)} of ${count(total)} decided, ${count(corrected)} corrected`;
  parts.bar.style.width = `${total ? (100 * decided) / total : 0}%`;
  parts.undo.disabled = state.steps.length === 0;
}

export function drawRail(view: GridView): void {
  const { state, parts } = view;
  const tabs = state.groups.map((group, g) => {
    const open = state.open(group.rows).length;
    const done = group.rows.length - open;
    const bar = make("span", { class: "im-bar", "aria-hidden": "true" }, make("span", { class: "im-bar-done" }));
    (bar.firstElementChild as HTMLElement).style.width = `${(100 * done) / group.rows.length}%`;
    return make(
      "button",
      {
        type: "button",
        role: "tab",
        class: "im-tab",
        tabindex: g === view.group ? 0 : -1,
        "aria-selected": g === view.group,
        title: titleOf(state, g),
        "aria-label": `${titleOf(state, g)}, ${open} of ${group.rows.length} open`,
        onclick: () => state.guard(() => view.act("open", g)),
      },
      swatch(state.classes[group.label]),
      make("bdi", { class: "im-tab-title", text: titleOf(state, g), dir: "auto" }),
      bar,
      make("span", { class: "im-tab-count", text: open ? `${count(open)} open` : "✓ done" }),
    );
  });
  replaceKeepingFocus(parts.rail, tabs);
}

/** New children in place of the old ones; the one that had the keyboard keeps it by its place. */
function replaceKeepingFocus(box: HTMLElement, children: HTMLElement[]): void {
  const place = [...box.children].indexOf(document.activeElement as Element);
  box.replaceChildren(...children);
  if (place >= 0) children[place]?.focus({ preventScroll: true });
}

export function drawChoices(view: GridView): void {
  const { state, parts, selected } = view;
  const group = state.groups[view.group];
  parts.title.replaceChildren(
    swatch(state.classes[group?.label ?? -1]),
    make("bdi", { text: group ? titleOf(state, view.group) : "No pictures", dir: "auto" }),
    make("span", { class: "im-muted", text: group ? `${count(group.rows.length)} predicted, least sure first` : "" }),
  );
  parts.where.textContent = `Page ${view.number + 1} of ${view.pages()}`;
  const what = selected.size ? `Label ${count(selected.size)} selected as` : "Label this one as";
  parts.choices.setAttribute("aria-label", what);
  const chips = state.classes.map((one, label) =>
    make(
      "button",
      { type: "button", class: "im-chip", tabindex: -1, onclick: () => state.guard(() => view.act("label", label)) },
      swatch(one),
      make("bdi", { text: one.title, dir: "auto" }),
      ...(one.key ? [make("kbd", { text: one.key.toUpperCase() })] : []),
    ),
  );
  parts.choices.replaceChildren(make("span", { class: "im-muted", text: what }), ...chips);
  parts.choices.classList.toggle("im-active", selected.size > 0);
  drawAccept(view);
}

function drawAccept({ state, parts, page, group }: GridView): void {
  const open = state.open(page.rows).filter((row) => state.predicted[row]! >= 0).length;
  const words = open ? `Confirm ${count(open)} as ${titleOf(state, group)}` : "Next open page";
  parts.accept.firstElementChild!.textContent = words;
}
