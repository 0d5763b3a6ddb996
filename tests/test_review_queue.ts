// The queue of a review in the browser: what comes next, how far it is, how long it takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { around, tilesOf } from "../imagine_widgets/review/ahead.ts";
import { Queue } from "../imagine_widgets/review/queue.ts";

const queue = (codes: number[], at = 0, speed: [number, number] = [0, 0]): Queue => new Queue(new Uint8Array(codes), at, speed);

test("the next open one comes, and after the last those that were skipped", () => {
  const line = queue([0, 1, 0, 3, 0]);
  assert.equal(line.next(), 2);
  assert.equal(line.next(2), 4);
  assert.equal(line.next(4), 0);
  assert.deepEqual(line.coming(5), [2, 4]);
  assert.deepEqual(line.coming(1), [2]);
});

test("where nothing else is open nothing comes next", () => {
  assert.equal(queue([1, 0, 2], 1).next(), -1);
  assert.equal(queue([1, 1], 1).next(), -1);
  assert.deepEqual(queue([1, 0, 2], 1).coming(3), []);
  assert.deepEqual(queue([1, 0, 0], 0).coming(3), [1, 2]);
  assert.deepEqual(queue([]).coming(3), []);
});

test("what is decided and taken back is counted", () => {
  const line = queue([0, 0, 0]);
  line.set(1, 2);
  assert.deepEqual([line.open, line.became(1)], [2, "corrected"]);
  line.set(1, 0);
  assert.deepEqual([line.open, line.became(1)], [3, "open"]);
});

test("the kernel is asked for what is near and not known", () => {
  const line = queue([0, 0, 1, 0]);
  const item = { row: 0, id: "a", label: 0, bounds: null, guesses: [] };
  assert.equal(line.unknown(2), 0);
  for (const place of [0, 1]) line.items.set(place, item);
  assert.equal(line.unknown(1), undefined);
  assert.equal(line.unknown(2), 3);
  assert.equal(queue([]).unknown(2), undefined);
});

test("progress is told with the time that is left once her speed is known, without her pauses", () => {
  const line = queue(Array<number>(400).fill(0).fill(1, 0, 40));
  assert.equal(line.progress(), "40 of 400 looked at");
  for (let i = 0; i < 5; i++) line.took(2);
  assert.equal(line.progress(), "40 of 400 looked at, 12 min left at your speed");
  line.took(3600);
  assert.equal(line.progress(), "40 of 400 looked at, 70 min left at your speed");
  assert.equal(queue([0], 0, [10, 20]).progress(), "0 of 1 looked at, less than a minute left at your speed");
  assert.equal(queue([1, 1, 3], 0).progress(), "All 3 looked at: 2 accepted, 1 rejected");
  assert.equal(queue([]).progress(), "There is no region of a model to look at");
});

test("a region is shown with what is around it, inside the picture", () => {
  const picture = { width: 1000, height: 800 };
  assert.deepEqual(around([400, 300, 100, 40], picture), { left: 325, top: 225, right: 575, bottom: 415 });
  assert.deepEqual(around([0, 790, 4, 4], picture), { left: 0, top: 754, right: 40, bottom: 800 });
  assert.deepEqual(around(null, picture), { left: 0, top: 0, right: 1000, bottom: 800 });
});

test("the tiles of a view are those that lie in it, at the level that is drawn", () => {
  const picture = { width: 20_000, height: 14_000, side: 512, deepest: 15 };
  const page = { width: 800, height: 600 };
  const near = tilesOf({ left: 5000, top: 5000, right: 5400, bottom: 5300 }, page, picture);
  assert.deepEqual(near, [[15, 9, 9], [15, 10, 9], [15, 9, 10], [15, 10, 10]]);
  const corner = tilesOf({ left: 0, top: 0, right: 100, bottom: 100 }, page, picture);
  assert.deepEqual(corner, [[15, 0, 0]]);
  const whole = tilesOf({ left: 0, top: 0, right: 20_000, bottom: 14_000 }, page, picture);
  assert.deepEqual([...new Set(whole.map(([level]) => level))], [11]);
  assert.equal(whole.length, 3 * 2);
});
