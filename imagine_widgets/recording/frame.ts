// The parts of a recording's page that stay: head, tools, stage with its strip, labels, regions.
import { button, make } from "../elements.ts";
import { partsOf, rootOf, sideOf, slider } from "../regions/frame.ts";

export { slider };
export type Act = (name: string, detail?: string | number) => void;
export type Parts = ReturnType<typeof frame>;
export type Tool = [label: string, key: string, action: string, detail?: string | number];

/** Every part by name; `act(name, detail)` is called for what the mouse asks. A tool with the action "mode" stays pressed. */
export function frame(title: string, tools: Tool[], act: Act) {
  const marks = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  marks.classList.add("im-marks");
  marks.setAttribute("aria-hidden", "true");
  const parts = {
    ...partsOf(`${title} with regions`),
    ground: make("canvas", { class: "im-regions", "aria-hidden": "true" }),
    marks,
    strip: make("canvas", { class: "im-strip", role: "slider", tabindex: 0, "aria-label": "Time" }),
    clock: make("span", { class: "im-clock" }),
  };
  const buttons = tools.map(([label, key, action, detail]) => {
    const isMode = action === "mode";
    const more = { class: "im-mode", "data-action": action, "data-mode": isMode ? detail : null, ...(isMode && { "aria-pressed": "false" }) };
    return button(label, key, () => act(action, detail), more);
  });
  parts.stage.append(parts.ground, marks);
  const foot = make("div", { class: "im-foot" }, parts.clock, parts.strip);
  const picture = make("div", {}, make("div", { class: "im-picture" }, parts.stage, parts.why, parts.place), foot);
  const root = rootOf(
    parts,
    title,
    "im-recording",
    make("div", { class: "im-head" }, make("strong", { text: title }), parts.name, parts.speed, parts.saved),
    make("div", { class: "im-tools", role: "toolbar", "aria-label": "Tools" }, ...buttons),
    make("div", { class: "im-work" }, picture, sideOf(parts)),
  );
  return { ...parts, buttons, root };
}
