// Seconds and hertz on the page, tracks cut and joined, keys by name, bars of the strip.
import assert from "node:assert/strict";
import { test } from "node:test";
import { actionOf, named } from "../imagine_widgets/regions/keys.ts";
import { rowsOf } from "../imagine_widgets/recording/strip.ts";
import type { Key, TimeFrequency, Track } from "../imagine_widgets/recording/wire.ts";
import { type Axes, boxOf, clock, hertzOf, moment, steps, stretchOf, yOf } from "../imagine_widgets/sound/axes.ts";
import { palette } from "../imagine_widgets/sound/spectrum.ts";
import { frequencies } from "../imagine_widgets/sound/ruler.ts";
import { Reel } from "../imagine_widgets/video/reel.ts";
import { at, joined, seenParts, span, split, withKey, withoutKey } from "../imagine_widgets/video/track.ts";
import { numbers } from "./drawn_shapes.ts";

const axes = (isLog: boolean): Axes => ({ seconds: 100, top: 24000, least: 20, isLog, perSecond: 37.3, height: 611 });
const close = (one: number, other: number, by = 1e-6): void => assert.ok(Math.abs(one - other) <= by, `${one} ${other}`);

test("hertz go to a pixel and back, evenly and by powers of ten", () => {
  for (const isLog of [false, true]) {
    for (const random of numbers(200)) {
      const hertz = 20 + random() * 23980;
      close(hertzOf(yOf(hertz, axes(isLog)), axes(isLog)), hertz, 1e-6 * hertz);
    }
    close(yOf(24000, axes(isLog)), 0);
    close(yOf(0, axes(isLog)), 611);
    close(hertzOf(611, axes(isLog)), 0);
  }
  close(yOf(Math.sqrt(20 * 24000), axes(true)), 305.5);
});

test("a box that nobody moved stands for the very same seconds and hertz", () => {
  for (const isLog of [false, true]) {
    for (const random of numbers(200)) {
      const start = random() * 90;
      const low = random() * 20000;
      const was: TimeFrequency = { kind: "TimeFrequency", start, end: start + random() * 9 + 0.01, low, high: low + 100 + random() * 3000 };
      assert.deepEqual(stretchOf(boxOf(was, axes(isLog)), axes(isLog), was), was);
      const open: TimeFrequency = { kind: "TimeFrequency", start, end: start + 1, low: null, high: null };
      const box = boxOf(open, axes(isLog));
      const moved = stretchOf({ ...box, x: box.x + 37.3 }, axes(isLog), open);
      close(moved.start, start + 1, 2e-6);
      assert.deepEqual([moved.low, moved.high], [null, null]);
    }
  }
});

test("no box leaves the sound", () => {
  const far = stretchOf({ kind: "Box", x: -50, y: -50, width: 1e5, height: 1e4 }, axes(false));
  assert.deepEqual(far, { kind: "TimeFrequency", start: 0, end: 100, low: 0, high: 24000 });
});

test("scales have round numbers", () => {
  assert.deepEqual(steps(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(steps(0.31, 0.49, 4).map((one) => Number(one.toFixed(6))), [0.35, 0.4, 0.45]);
  assert.deepEqual([clock(3.25, 2), clock(75), clock(3725.5, 1)], ["3.25 s", "1:15", "1:02:05.5"]);
  const seen = frequencies(axes(true), { left: 0, top: 0, scale: 1 }, { width: 800, height: 611 });
  assert.ok(seen.includes(100) && seen.includes(1000) && seen.includes(10000), seen.join());
});

test("colours rise from dark to bright between the two levels", () => {
  const colours = palette([-100, -50], { lowest: -150, highest: 0 });
  assert.equal(colours[0], colours[84]);
  assert.equal(colours[255], colours[171]);
  assert.equal(colours[0]! >>> 0, 0xff540144); // as the bytes lie: red 44, green 01, blue 54
  assert.ok(new Set(colours.slice(85, 170)).size > 80);
});

const box = (x: number) => ({ kind: "Box", x, y: 0, width: 4, height: 4 }) as const;
const key = (time: number, x: number | null): Key => ({ kind: "Key", time, shape: x === null ? null : box(x) });
const track = (...keys: Key[]): Track => ({ kind: "Track", keys });

test("a track that is split and joined again is where it was at each time", () => {
  const whole = track(key(1, 0), key(2, 10), key(3, 10), key(4, 50), key(5, null));
  for (const time of [1.5, 2, 2.25, 3.999, 4.5]) {
    const [first, second] = split(whole, time)!;
    assert.deepEqual(span(first, 9), { from: 1, to: time });
    assert.deepEqual(span(second, 9), { from: time, to: 5 });
    for (const again of [joined(first, second), joined(second, first)]) {
      for (let now = 0.5; now < 6; now += 0.125) {
        const [was, is] = [at(whole, now), at(again, now)] as { x: number }[];
        assert.equal(is === undefined, was === undefined, `${time} ${now}`);
        if (was && is) close(is.x, was.x);
      }
    }
  }
  assert.equal(split(whole, 1), undefined);
  assert.equal(split(whole, 5.5), undefined);
});

test("of two tracks that overlap the later one holds while it is seen, and a gap between two stays", () => {
  const over = joined(track(key(0, 0), key(10, 100)), track(key(4, 500), key(6, null)));
  const where = [0, 4, 5, 6, 8, 10].map((time) => (at(over, time) as { x: number }).x);
  assert.deepEqual(where, [0, 500, (500 + 60) / 2, 60, 80, 100]);
  const gap = joined(track(key(0, 0), key(1, null)), track(key(3, 30)));
  assert.deepEqual([0.5, 2, 3, 99].map((time) => (at(gap, time) as { x: number } | undefined)?.x), [0, undefined, 30, 30]);
});

test("key frames are added, replaced and taken away, and one that shows something stays", () => {
  const two = withKey(withKey(track(key(1, 0)), 3, box(20)), 1, box(2));
  assert.deepEqual(two.keys.map(({ time, shape }) => [time, (shape as { x: number }).x]), [[1, 2], [3, 20]]);
  assert.deepEqual(withoutKey(two, 1)!.keys.map(({ time }) => time), [3]);
  assert.equal(withoutKey(track(key(1, 0), key(2, null)), 1), undefined);
});

const deaf = { at: () => undefined, from: () => undefined, stop: () => undefined };

/** What a reel shows of a film of 100 frames a second, looked at 50 times a second. */
function played(rate: number, heard: (now: number) => number | undefined, isHere: (frame: number) => boolean = () => true, most = 50) {
  const looks: ((now: number) => void)[] = [];
  const shown: number[] = [];
  const begun: number[] = [];
  Object.assign(globalThis, { requestAnimationFrame: (look: (now: number) => void) => looks.push(look), cancelAnimationFrame: () => undefined });
  let now = performance.now();
  const start = now;
  const ear = { at: () => heard((now - start) / 1000), from: (time: number) => void begun.push(time), stop: () => undefined };
  const reel: Reel = new Reel(isHere, () => void shown.push(reel.frame), ear);
  reel.times = Float64Array.from({ length: 1000 }, (_, i) => i / 100);
  reel.rate = rate;
  reel.toggle();
  for (let look = 0; look < most; look++) looks.pop()?.((now += 20));
  return { shown, begun, stride: reel.stride, aim: reel.aim };
}

test("playing shows no more frames than can be seen, at the times at which they are seen", () => {
  const { shown, stride } = played(1, () => undefined);
  assert.equal(stride, 3);
  assert.ok(shown.every((frame) => frame % stride === 0));
  assert.ok(shown.length > 25 && shown.length <= 34, `${shown.length}`);
  assert.ok(Math.abs(shown.at(-1)! - 100) <= stride + 2, `${shown.at(-1)}`);
  assert.equal(played(4, () => undefined).stride, 13);
  assert.ok(Math.abs(played(4, () => undefined).shown.at(-1)! - 400) <= 22);
});

test("the picture follows what is heard, waits for it, and the sound waits for a picture that comes late", () => {
  const late = played(1, (now) => Math.max(0, now - 0.5));
  assert.ok(Math.abs(late.shown.at(-1)! - 50) <= 3, `${late.shown.at(-1)}`);
  assert.deepEqual(late.begun, [0]);
  const stuck = played(1, (now) => now, (frame) => frame <= 20, 200);
  assert.ok(stuck.shown.every((frame) => frame <= 20));
  const slow = played(1, (now) => now, (frame) => frame % 24 === 0);
  assert.deepEqual([...new Set(slow.shown)].slice(0, 4), [0, 24, 48, 72], "the latest that is here, and on with the sound");
  assert.ok(slow.aim >= 96, "what is asked for is where the sound is");
  assert.deepEqual(slow.begun, [0]);
  assert.ok(stuck.begun.length > 1, "the sound goes back to where the picture is");
  assert.ok(stuck.begun.slice(1).every((time) => time <= 0.25));
});

test("a track that left and came back is seen in two parts", () => {
  const back = track(key(1, 0), key(2, null), key(3, 5), key(4, 6));
  assert.deepEqual(seenParts(back, 9), [[1, 2], [3, 9]]);
  assert.deepEqual(seenParts(track(key(1, 0), key(2, 4)), 9), [[1, 9]]);
});

test("a second of a recording has a date where it is known when it began", () => {
  assert.equal(moment("2026-01-02T23:59:59.5+01:00", 86_401), ", 2026-01-03 23:00:00.5 UTC");
  assert.equal(moment("2026-01-02T23:59:59", 0.25), ", 2026-01-02 23:59:59.2");
  for (const unknown of [null, undefined, "", "2026-01-02", "Tuesday"]) assert.equal(moment(unknown, 5), "");
});

test("the frame of a time is the last that began", () => {
  const reel = new Reel(() => true, () => undefined, deaf);
  reel.times = Float64Array.of(0, 0.04, 0.5, 0.51);
  assert.deepEqual([0, 0.039, 0.04, 0.4999, 0.5, 0.51, 99].map((time) => reel.frameAt(time)), [0, 0, 1, 1, 2, 3, 3]);
});

test("keys have one name each, and no letter goes on to the notebook", () => {
  const press = (key: string, held: Partial<KeyboardEvent> = {}): KeyboardEvent =>
    ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...held }) as KeyboardEvent;
  assert.equal(named(press("Z", { ctrlKey: true, shiftKey: true })), "Control+Shift+z");
  assert.equal(named(press("?", { shiftKey: true })), "?");
  assert.deepEqual(actionOf(press("3"), {}), ["key", "3"]);
  const two = { key: "@", code: "Digit2", shiftKey: true };
  assert.deepEqual(actionOf(press("@", two), {}), ["alsoKey", "2"]);
  assert.deepEqual(actionOf(press("/", { code: "Digit7", shiftKey: true }), {}), ["search"]); // where / lies on the 7
  assert.deepEqual(actionOf(press("2", { ...two, key: "2" }), {}), ["key", "2"]); // where Shift makes the digits

  assert.deepEqual(actionOf(press("y"), {}), ["nothing"]);
  assert.deepEqual(actionOf(press("ArrowLeft"), { ArrowLeft: ["frames", -1] }), ["frames", -1]);
  assert.equal(actionOf(press("Tab"), {}), null);
  assert.equal(actionOf(press("F5"), {}), null);
});

test("bars at one time lie in rows of their own", () => {
  const bar = (from: number, to: number) => ({ from, to, label: 0, isSelected: false, isOpen: false, keys: [] });
  assert.deepEqual(rowsOf([bar(0, 5), bar(1, 2), bar(2, 3), bar(5, 6)]), [0, 1, 1, 0]);
  assert.equal(Math.max(...rowsOf(Array.from({ length: 9 }, () => bar(0, 1)))), 3);
});
