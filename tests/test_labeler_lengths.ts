// Lengths beside the pointer and at the ruler, in a unit that a person can read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lengths } from "../imagine_widgets/labeler/lengths.ts";

test("a length stays in its unit below a thousand and takes the next larger one above", () => {
  assert.equal(lengths([94.34], { value: 10.6, unit: "µm" }), "1 mm");
  assert.equal(lengths([94], { value: 10.6, unit: "µm" }), "996.4 µm");
  assert.equal(lengths([1245], { value: 10.6, unit: "µm" }), "13.2 mm");
  assert.equal(lengths([5e6], { value: 1, unit: "mm" }), "5 km");
});

test("a place has one unit for both numbers, and zero is zero", () => {
  assert.equal(lengths([0, 2000], { value: 10, unit: "µm" }), "0, 20 mm");
  assert.equal(lengths([-311, 10], { value: 10.6, unit: "µm" }), "-3.297, 0.106 mm");
});

test("a unit that has no larger one is written without an exponent", () => {
  assert.equal(lengths([123456], { value: 1, unit: "px of the plate" }), "123500 px of the plate");
});
