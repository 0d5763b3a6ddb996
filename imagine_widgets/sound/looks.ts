// How a sound is drawn and heard: sliders for the darkest and the brightest level, and for how loud it plays.
import { make } from "../elements.ts";
import { slider } from "../recording/frame.ts";
import type { Player } from "./player.ts";
import type { Facts, Spectrum } from "./spectrum.ts";

const LOUDEST = 60; // decibels: much of what is heard below water is far below full scale

export function drawLooks(box: HTMLElement, facts: Facts, spectrum: Spectrum, player: Player, redraw: () => void): void {
  const shift = facts.full_scale ?? 0;
  const unit = facts.full_scale === null ? "dB re full scale (uncalibrated)" : "dB re 1 µPa";
  const range: [number, number, number] = [facts.lowest + shift, facts.highest + shift, 1];
  const told = make("span", { class: "im-muted" });
  const set = (which: 0 | 1, level: number): void => {
    spectrum.contrast = spectrum.contrast.with(which, level - shift) as [number, number];
    const [low, high] = spectrum.contrast;
    told.textContent = `${low + shift} to ${high + shift} ${unit}`;
    redraw();
  };
  const [low, high] = spectrum.contrast;
  box.replaceChildren(
    make("div", { class: "im-scale", "aria-hidden": "true" }),
    told,
    slider("Dark", range, low + shift, (level) => set(0, level)),
    slider("Bright", range, high + shift, (level) => set(1, level)),
    slider("Volume", [0, LOUDEST, 1], 0, (decibels) => (player.gain = 10 ** (decibels / 20))),
  );
  set(0, low + shift);
}
