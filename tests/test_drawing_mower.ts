// Going over a picture field by field: nothing is left out, each step goes to a neighbour.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, fieldNear, fieldsOf } from "../imagine_widgets/drawing/mower.ts";
import { Sketch } from "../imagine_widgets/drawing/sketch.ts";
import { numbers } from "./drawn_shapes.ts";

test("every place of a picture is in a field, and each step goes to a neighbour", () => {
  for (const random of numbers(60)) {
    const picture = { width: 100 + random() * 5000, height: 100 + random() * 5000 };
    const field = { width: 80 + random() * 900, height: 80 + random() * 900 };
    const { across, down } = fieldsOf(picture, field);
    const all = Array.from({ length: across * down }, (_, index) => fieldAt(index, picture, field));
    for (let i = 0; i < 100; i++) {
      const [x, y] = [random() * picture.width, random() * picture.height];
      assert.ok(all.some(({ left, top, right, bottom }) => x >= left - 1e-6 && x <= right + 1e-6 && y >= top - 1e-6 && y <= bottom + 1e-6));
    }
    all.slice(1).forEach((to, i) => {
      const from = all[i]!;
      const [x, y] = [Math.abs(to.left - from.left), Math.abs(to.top - from.top)];
      assert.ok((x < 1e-6 || y < 1e-6) && x <= field.width + 1e-6 && y <= field.height + 1e-6);
    });
    const index = Math.floor(random() * all.length);
    const { left, top, right, bottom } = all[index]!;
    assert.equal(fieldNear([(left + right) / 2, (top + bottom) / 2], picture, field), index);
  }
});

test("a field larger than the picture shows all of it, in the middle", () => {
  const picture = { width: 100, height: 50 };
  assert.deepEqual(fieldsOf(picture, { width: 400, height: 300 }), { across: 1, down: 1 });
  assert.deepEqual(fieldAt(0, picture, { width: 400, height: 300 }), { left: -150, top: -125, right: 250, bottom: 175 });
});

test("a ruler is a line of two points, drawn by a drag or by two clicks", () => {
  for (const isDrag of [true, false]) {
    const sketch = new Sketch("ruler");
    sketch.press([10, 10]);
    if (!isDrag) {
      sketch.release([10, 10], 1);
      sketch.press([40, 50]);
    }
    sketch.release([40, 50], 1);
    assert.equal(sketch.finished, true);
    assert.deepEqual(sketch.shape(), { kind: "Line", points: [[10, 10], [40, 50]] });
  }
});
