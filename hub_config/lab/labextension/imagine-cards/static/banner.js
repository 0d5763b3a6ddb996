// The calm strip above a notebook's cells: one sentence, why, and what can be done with one click.
import { sentences } from "./words.js";

const TONES = { waiting: "waits", holding: "warns", lost: "tells", failed: "tells" };

/** An element with its class, its text and what it contains. Text is never read as markup. */
function element(kind, name, text = "", ...inside) {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  made.append(...inside);
  return made;
}

/** Makes the banner of one notebook; `acts` are the functions behind its buttons. */
export function makeBanner(acts) {
  const title = element("strong", "imagine-title");
  const text = element("span", "imagine-text");
  const list = element("ul", "imagine-list");
  const buttons = element("div", "imagine-buttons");
  const words = element("div", "imagine-words", "", title, text, list);
  const mark = element("span", "imagine-mark");
  mark.setAttribute("aria-hidden", "true");
  const node = element("div", "imagine-banner", "", mark, words, buttons);
  node.setAttribute("role", "status");
  node.hidden = true;
  let shown = "";

  function button(label, act, first) {
    const made = element("button", first ? "imagine-button imagine-first" : "imagine-button", label);
    made.type = "button";
    made.addEventListener("click", async () => {
      made.disabled = true;
      try {
        await act();
      } catch (error) {
        text.textContent = error.message;
      }
      made.disabled = false;
    });
    return made;
  }

  let dismissed = false;

  function dismiss() {
    dismissed = true;
    node.hidden = true;
  }

  const choices = {
    waiting: () => [button("Start on CPU instead", acts.startOnCpu, true), button("Stop waiting", acts.stop)],
    holding: () => [button("I still need it", acts.keep, true)],
    lost: () => [button("Restart with a card", acts.restart, true), button("Go on without", dismiss)],
    failed: () => [button("Try again", acts.restart, true)],
  };

  /** Shows what is so of the kernel; hides the banner where there is nothing to say. */
  function show(kernel, holders) {
    const said = sentences(kernel, holders);
    dismissed &&= kernel?.is === "lost";
    node.hidden = !said || dismissed;
    if (!said) {
      shown = "";
      return;
    }
    title.textContent = said.title;
    text.textContent = said.text;
    list.replaceChildren(...(said.list ?? []).map((line) => element("li", "", line)));
    if (shown !== kernel.is) {
      shown = kernel.is;
      node.dataset.tone = TONES[shown];
      buttons.replaceChildren(...choices[shown]());
    }
  }

  return { node, show };
}
