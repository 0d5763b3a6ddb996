// The parts of the labeler's page that stay: head, tools, picture, labels, regions, look.
import { button, make } from "../elements.ts";
import { partsOf, rootOf, sideOf } from "../regions/frame.ts";
import { MODES } from "./keys.ts";

export type Act = (name: string, detail?: string | number) => void;
export type Parts = ReturnType<typeof frame>;

/** Every part by name; `act(name, detail)` is called for what the mouse asks. */
export function frame(act: Act) {
  const parts = { ...partsOf("Picture with regions"), where: make("span", { class: "im-where" }) };
  const tool = (label: string, key: string, action: string, detail?: string): HTMLButtonElement => {
    const isMode = action === "mode" && { "data-mode": detail, "aria-pressed": "false" };
    return button(label, key, () => act(action, detail), { class: "im-mode", "data-action": action, ...isMode });
  };
  const modes = MODES.map(([mode, key, title]) => tool(title, key.replace("Shift+", "⇧").toUpperCase(), "mode", mode));
  const whole = tool("Whole", "W", "labelWhole");
  const buttons = [...modes, whole, tool("Undo", "U", "undo"), tool("Redo", "⇧U", "redo")];
  const small = (label: string, words: string, name: string, detail?: number): HTMLElement =>
    button(label, "", () => act(name, detail), { "aria-label": words, title: words, class: "im-small" });
  const turning = [small("‹", "Picture before", "turn", -1), parts.where, small("›", "Next picture", "turn", 1)];
  const zooming = [small("−", "Farther", "zoom", 1 / 1.5), small("+", "Closer", "zoom", 1.5), small("⤢", "Whole picture", "whole")];
  const help = button("Keys", "?", () => act("help"), { class: "im-small" });
  const root = rootOf(
    parts,
    "Labeler",
    "",
    make("div", { class: "im-head" }, make("strong", { text: "Label" }), parts.name, ...turning, parts.speed, parts.saved),
    make("div", { class: "im-tools", role: "toolbar", "aria-label": "Tools" }, ...buttons, ...zooming, help),
    make("div", { class: "im-work" }, make("div", { class: "im-picture" }, parts.stage, parts.why, parts.place), sideOf(parts)),
  );
  return { ...parts, buttons, root };
}
