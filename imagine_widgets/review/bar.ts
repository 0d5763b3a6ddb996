// What stands above the picture in a review: how far she is, what is asked, and a button for each answer.
import { button, make, swatch } from "../elements.ts";
import type { ReviewView } from "./view.ts";

export class Bar {
  readonly element = make("div", { class: "im-review" });
  private readonly share = make("div", { class: "im-bar-done" });
  private readonly words = make("span", { class: "im-progress-words" });
  private readonly meter = make("div", { class: "im-bar", role: "progressbar", "aria-label": "Looked at", "aria-valuemin": 0 }, this.share);
  private readonly asked = make("div", { class: "im-asked" });

  constructor() {
    this.element.append(this.meter, this.words, this.asked);
  }

  draw(view: ReviewView): void {
    const { queue, isReady } = view.state;
    if (!queue) return;
    const done = queue.total - queue.open;
    this.words.textContent = isReady ? queue.progress() : "";
    this.share.style.width = `${(100 * done) / Math.max(1, queue.total)}%`;
    this.meter.setAttribute("aria-valuemax", String(queue.total));
    this.meter.setAttribute("aria-valuenow", String(done));
    this.element.dataset.open = String(queue.open);
    this.asked.replaceChildren(...(queue.item ? question(view) : []));
  }
}

function question(view: ReviewView): HTMLElement[] {
  const { state } = view;
  const item = state.queue!.item!;
  const became = state.queue!.became(state.queue!.at);
  const label = view.inQuestion()?.label ?? item.label;
  const title = make("bdi", { class: "im-question", text: `${view.title(label)}${became === "open" ? "?" : ""}`, dir: "auto" });
  const known = make("span", { class: "im-muted", text: became === "open" ? "" : became });
  const answer = (words: string, key: string, name: string, detail?: string | number): HTMLElement =>
    button(words, key, () => view.ask(name, detail), { class: "im-answer", "data-action": name });
  const others = item.guesses.slice(0, state.guesses).flatMap((guess, i) => {
    const one = answer(view.title(guess), String(i + 1), "label", guess);
    one.prepend(swatch(state.classes[guess]));
    return guess === label ? [] : [one];
  });
  return [
    swatch(state.classes[label]),
    title,
    known,
    answer("Accept", "A", "accept"),
    ...others,
    answer("Reject", "X", "reject"),
    answer("Cannot tell", "D", "doubt"),
    answer("Back", ",", "step", -1),
    answer("Skip", ".", "step", 1),
  ];
}
