// How a sound is drawn and heard: its windows and colours, the darkest and the brightest level, how loud it plays.
import { make } from "../elements.ts";
import { slider } from "../recording/frame.ts";
import type { Player } from "./player.ts";
import { COLOURS, type Facts, type Spectrum } from "./spectrum.ts";

const LOUDEST = 60; // decibels: much of what is heard below water is far below full scale
const WINDOWS = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768];
const OVERLAPS = [0.5, 0.75, 0.875];

/** What levels are told in: only a hydrophone whose full scale is known measures pressure. */
export function unitOf({ full_scale }: Facts): string {
  return full_scale === null ? "dB re full scale (uncalibrated)" : "dB re 1 µPa";
}

export function drawLooks(box: HTMLElement, facts: Facts, spectrum: Spectrum, player: Player, redraw: () => void): void {
  const shift = facts.full_scale ?? 0;
  const range: [number, number, number] = [facts.lowest + shift, facts.highest + shift, 1];
  const scale = make("div", { class: "im-scale", "aria-hidden": "true" });
  const told = make("span", { class: "im-muted" });
  const draw = (): void => {
    const [low, high] = spectrum.contrast;
    told.textContent = `${low + shift} to ${high + shift} ${unitOf(facts)}`;
    scale.style.background = `linear-gradient(90deg, ${COLOURS[spectrum.colours].match(/.{6}/g)!.map((one) => `#${one}`).join()})`;
    redraw();
  };
  const set = (which: 0 | 1, level: number): void => {
    spectrum.contrast = spectrum.contrast.with(which, level - shift) as [number, number];
    draw();
  };
  const choose = <Name extends "window" | "overlap" | "colours">(title: string, name: Name, all: [Spectrum[Name], string][]): HTMLElement =>
    choice(title, all.map(([, words]) => words), all.findIndex(([one]) => one === spectrum[name]), (i) => {
      (spectrum as Pick<Spectrum, Name>)[name] = all[i]![0];
      draw();
    });
  const length = (window: number): string => `${window}: ${short(window / facts.rate)}s, ${short(facts.rate / window)}Hz`;
  const volume = player.decibels;
  box.replaceChildren(
    scale,
    told,
    slider("Dark", range, spectrum.contrast[0] + shift, (level) => set(0, level)),
    slider("Bright", range, spectrum.contrast[1] + shift, (level) => set(1, level)),
    slider("Louder", [0, LOUDEST, 1], volume, (decibels) => (player.decibels = decibels)),
    choose("Window", "window", WINDOWS.map((one) => [one, length(one)])),
    choose("Overlap", "overlap", OVERLAPS.map((one) => [one, `${one * 100} %`])),
    choose("Colours", "colours", (Object.keys(COLOURS) as Spectrum["colours"][]).map((one) => [one, one])),
  );
  draw();
}

/** "23.2 m", "43.1 ", "1.5 k": a number and what stands before its unit. */
function short(number: number): string {
  const [value, sign] = number < 1 ? [number * 1000, "m"] : number < 1000 ? [number, ""] : [number / 1000, "k"];
  return `${Number(value.toPrecision(3))} ${sign}`;
}

/** One of several, by mouse and by arrows; its keys are its own. */
function choice(name: string, words: string[], chosen: number, changed: (index: number) => void): HTMLElement {
  const list = make("select", { "aria-label": name }, ...words.map((text, i) => make("option", { text, selected: i === chosen })));
  list.addEventListener("change", () => changed(list.selectedIndex));
  list.addEventListener("keydown", (event) => event.stopPropagation());
  return make("label", { class: "im-slider" }, make("span", { text: name }), list);
}
