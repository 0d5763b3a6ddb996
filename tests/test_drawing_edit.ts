// Changing and making shapes by hand: handles, moving, turning, vertices, drawing anew, the brush.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Brush } from "../imagine_widgets/drawing/brush.ts";
import { dragged, grown, moved, turned, withHole, withoutVertex } from "../imagine_widgets/drawing/edit.ts";
import { type Handle, handles, heldAt } from "../imagine_widgets/drawing/handles.ts";
import { area } from "../imagine_widgets/drawing/hit.ts";
import { covers, pixelCount } from "../imagine_widgets/drawing/masks.ts";
import { type Box, bounds, corners, type Polygon, type RotatedBox, type Shape, type XY } from "../imagine_widgets/drawing/shapes.ts";
import { Sketch, type Tool } from "../imagine_widgets/drawing/sketch.ts";
import { near, numbers, someShape } from "./drawn_shapes.ts";

const PICTURE = { width: 200, height: 150 };
const find = (shape: Shape, role: Handle["role"], index = 0): Handle =>
  handles(shape, 1).find((one) => one.role === role && (!("index" in one) || one.index === index))!;

test("a handle dragged to a place is there afterwards", () => {
  for (const random of numbers(300)) {
    const shape = someShape(random);
    for (const handle of handles(shape, 1)) {
      if (handle.role === "turn" || (handle.role === "side" && shape.kind !== "Box")) continue;
      const to: XY = [handle.at[0] + random() * 2 - 0.7, handle.at[1] + random() * 2 - 0.7];
      const after = handles(dragged(shape, handle, to), 1);
      const wanted: XY = handle.role !== "side" ? to : handle.index % 2 ? [to[0], handle.at[1]] : [handle.at[0], to[1]];
      const least = Math.min(...after.map(({ at }) => Math.hypot(at[0] - wanted[0], at[1] - wanted[1])));
      assert.ok(least < 1e-6, `${JSON.stringify(shape)} by ${JSON.stringify(handle)}: ${least}`);
    }
  }
});

test("dragging a corner of a turned box leaves the opposite corner and the angle as they were", () => {
  for (const random of numbers(100)) {
    const box: RotatedBox = { kind: "RotatedBox", x: 50, y: 60, width: 30, height: 20, angle: random() * 360 };
    for (let index = 0; index < 4; index++) {
      const corner = corners(box)[index]!;
      const after = dragged(box, find(box, "corner", index), [corner[0] + random() * 4, corner[1] + random() * 4]) as RotatedBox;
      near([corners(after)[(index + 2) % 4]!], [corners(box)[(index + 2) % 4]!]);
      assert.equal(after.angle, box.angle);
    }
  }
});

test("a corner dragged over the opposite one turns the box inside out, never to nothing", () => {
  const box: Box = { kind: "Box", x: 10, y: 10, width: 20, height: 20 };
  assert.deepEqual(dragged(box, find(box, "corner", 0), [50, 40]), { kind: "Box", x: 30, y: 30, width: 20, height: 10 });
  const flat = dragged(box, find(box, "side", 1), [10, 0]) as Box;
  assert.deepEqual([flat.x, flat.width, flat.height], [10, 1, 20]);
});

test("the knob points the box and the ellipse where it is dragged", () => {
  for (const kind of ["RotatedBox", "Ellipse"] as const) {
    const shape: Shape =
      kind === "Ellipse"
        ? { kind, x: 50, y: 50, radius_x: 20, radius_y: 10, angle: 0 }
        : { kind, x: 50, y: 50, width: 40, height: 20, angle: 0 };
    const knob = find(shape, "turn");
    const angles = ([[50, 0], [100, 50], [50, 100], [0, 50]] as XY[]).map((to) => (dragged(shape, knob, to) as RotatedBox).angle);
    assert.deepEqual(angles, [0, 90, 180, 270]);
    const after = dragged(shape, knob, [100, 50]);
    assert.ok(find(after, "turn").at[0] > 50, "the knob follows");
  }
});

test("a shape moves as asked, stays in the picture and keeps its size", () => {
  for (const random of numbers(300)) {
    const shape = someShape(random);
    const after = moved(shape, random() * 600 - 300, random() * 600 - 300, PICTURE);
    const [old, now] = [bounds(shape), bounds(after)];
    if (old.left < 0 || old.top < 0) continue; // ellipses may begin outside
    assert.ok(now.left >= -1e-6 && now.top >= -1e-6 && now.right <= 200 + 1e-6 && now.bottom <= 150 + 1e-6, JSON.stringify(shape));
    assert.ok(Math.abs(now.right - now.left - (old.right - old.left)) < 1e-6);
    assert.ok(Math.abs(area(after) - area(shape)) < 1e-6);
  }
  assert.deepEqual(moved({ kind: "Point", x: 5, y: 5 }, 3, -2, PICTURE), { kind: "Point", x: 8, y: 3 });
});

test("turning keeps the area, and an upright box becomes a turned one", () => {
  for (const random of numbers(100)) {
    const shape = someShape(random);
    const after = turned(shape, random() * 360);
    assert.ok(Math.abs(area(after) - area(shape)) < 1e-6);
    assert.equal(after.kind, shape.kind === "Box" ? "RotatedBox" : shape.kind);
  }
});

test("a middle becomes a vertex that can be dragged on and taken away again", () => {
  const polygon: Shape = { kind: "Polygon", points: [[0, 0], [10, 0], [10, 10]], holes: [[[4, 2], [8, 2], [8, 6]]] };
  for (const middle of handles(polygon, 1).filter(({ role }) => role === "middle")) {
    const more = dragged(polygon, middle, [middle.at[0] + 0.5, middle.at[1] + 0.5]);
    const held = { ...middle, role: "vertex" } as Handle;
    const on = dragged(more, held, [20, 20]);
    assert.ok(handles(on, 1).some(({ role, at }) => role === "vertex" && at[0] === 20 && at[1] === 20));
    assert.deepEqual(withoutVertex(on, held), polygon);
  }
});

test("an outline keeps three vertices, a line two, and a hole that would have two is closed", () => {
  const polygon: Shape = { kind: "Polygon", points: [[0, 0], [10, 0], [10, 10]], holes: [[[4, 2], [8, 2], [8, 6]]] };
  const [outer, hole] = [0, 1].map((ring) => handles(polygon, 1).find((one) => one.role === "vertex" && one.ring === ring)!);
  assert.deepEqual(withoutVertex(polygon, outer!), polygon);
  assert.deepEqual(withoutVertex(polygon, hole!), { ...polygon, holes: [] });
  const line: Shape = { kind: "Line", points: [[0, 0], [5, 5]] };
  assert.deepEqual(withoutVertex(line, find(line, "vertex", 1)), line);
});

test("where a vertex and a middle are both near, the vertex is held; beyond reach nothing is", () => {
  const line: Shape = { kind: "Line", points: [[0, 0], [10, 0]] };
  assert.equal(heldAt(handles(line, 1), [2.6, 0], 6)!.role, "vertex");
  assert.equal(heldAt(handles(line, 1), [4.5, 0], 6)!.role, "middle");
  assert.equal(heldAt(handles(line, 1), [5, 30], 6), undefined);
});

function drawn(tool: Tool, places: XY[], { drag = false, finish = false } = {}): Sketch {
  const sketch = new Sketch(tool);
  if (drag) {
    sketch.press(places[0]!);
    sketch.move(places[1]!);
    sketch.release(places[1]!, 1);
  } else {
    for (const place of places) {
      sketch.move(place);
      sketch.press(place);
      sketch.release(place, 1);
    }
  }
  if (finish) sketch.finish();
  return sketch;
}

test("a box and an ellipse are drawn by a drag or by two clicks, in any direction", () => {
  for (const drag of [true, false]) {
    const box = drawn("box", [[30, 40], [10, 20]], { drag });
    assert.equal(box.finished, true);
    assert.deepEqual(box.shape(), { kind: "Box", x: 10, y: 20, width: 20, height: 20 });
    const ellipse = drawn("ellipse", [[10, 20], [30, 60]], { drag });
    assert.deepEqual(ellipse.shape(), { kind: "Ellipse", x: 20, y: 40, radius_x: 10, radius_y: 20, angle: 0 });
  }
});

test("a turned box is drawn by its base and its height, on either side", () => {
  for (const height of [20, -20]) {
    const sketch = drawn("rotated box", [[10, 50], [40, 50], [25, 50 + height]]);
    assert.equal(sketch.finished, true);
    const { angle: _, ...box } = sketch.shape() as RotatedBox;
    assert.deepEqual(box, { kind: "RotatedBox", x: 25, y: 50 + height / 2, width: 30, height: 20 });
  }
  const slanted = drawn("rotated box", [[10, 10], [40, 40], [20, 60]]).shape() as RotatedBox;
  for (const corner of [[10, 10], [40, 40]] as XY[]) {
    assert.ok(corners(slanted).some(([x, y]) => Math.hypot(x - corner[0], y - corner[1]) < 1e-9));
  }
});

test("an outline closes by a click on its first vertex or by finishing; clicks elsewhere go on", () => {
  const places: XY[] = [[10, 10], [60, 10], [60, 60], [10, 60]];
  const open = drawn("polygon", places);
  assert.equal(open.finished, false);
  const closed = drawn("polygon", [...places, [12, 11]]);
  assert.equal(closed.finished, true);
  assert.deepEqual(closed.shape(), { kind: "Polygon", points: places });
  assert.deepEqual(drawn("polygon", places, { finish: true }).shape(), { kind: "Polygon", points: places });
  assert.deepEqual(drawn("line", places.slice(0, 2), { finish: true }).shape(), { kind: "Line", points: places.slice(0, 2) });
});

test("what is no shape yet is not finished: a line of one point, an outline of two", () => {
  assert.equal(drawn("line", [[5, 5]], { finish: true }).finished, false);
  assert.equal(drawn("polygon", [[5, 5], [50, 5]], { finish: true }).finished, false);
  assert.equal(drawn("box", [[5, 5]]).finished, false);
  assert.equal(new Sketch("box").shape(), undefined);
  assert.equal(drawn("point", [[5, 5]]).finished, true);
});

test("a vertex is taken back while drawing", () => {
  const sketch = drawn("polygon", [[10, 10], [60, 10], [60, 60], [10, 60]]);
  assert.equal(sketch.back(), true);
  sketch.finish();
  assert.deepEqual(sketch.shape(), { kind: "Polygon", points: [[10, 10], [60, 10], [60, 60]] });
});

test("the brush paints discs, joins strokes, rubs out, and stays in the picture", () => {
  const brush = new Brush(PICTURE);
  assert.equal(brush.mask(), undefined);
  brush.stroke([50, 50], [90, 50], 10);
  const first = brush.mask()!;
  assert.deepEqual([first.x, first.y, first.width, first.height], [40, 40, 60, 20]);
  assert.ok(Math.abs(pixelCount(first) - (Math.PI * 100 + 40 * 20)) < 60);
  brush.stroke([0, 0], [0, 0], 5);
  brush.stroke([199, 149], [260, 149], 5);
  const grown = brush.mask()!;
  assert.deepEqual([grown.x, grown.y, grown.width, grown.height], [0, 0, 200, 150]);
  assert.ok(covers(grown, [70, 50]) && covers(grown, [199.5, 149.5]) && covers(grown, [0, 0]));
  brush.stroke([0, 75], [200, 75], 200, true);
  assert.equal(brush.mask(), undefined, "all is rubbed out");
});

test("a brush goes on from a mask that was there, and the finest one paints a pixel", () => {
  const brush = new Brush(PICTURE, { kind: "Mask", x: 5, y: 6, width: 2, height: 2, counts: [0, 1, 2, 1] });
  brush.stroke([20.2, 20.9], [20.2, 20.9], 0.1);
  const after = brush.mask()!;
  assert.equal(pixelCount(after), 3);
  assert.ok(covers(after, [5.5, 6.5]) && !covers(after, [6.5, 6.5]) && covers(after, [6.5, 7.5]) && covers(after, [20.5, 20.5]));
});

test("a hole is cut into the outline around it, and into nothing else", () => {
  const outline: Polygon = { kind: "Polygon", points: [[0, 0], [10, 0], [10, 10], [0, 10]] };
  const far: Polygon = { kind: "Polygon", points: [[20, 0], [30, 0], [30, 10], [20, 10]] };
  const hole = [[22, 2], [24, 2], [24, 4]] as const;
  assert.deepEqual(withHole(far, hole), { ...far, holes: [hole] });
  assert.equal(withHole(outline, hole), undefined);
  assert.equal(withHole({ kind: "Box", x: 0, y: 0, width: 99, height: 99 }, hole), undefined);
  const both = withHole({ kind: "MultiPolygon", parts: [outline, far] }, hole);
  assert.deepEqual(both, { kind: "MultiPolygon", parts: [outline, { ...far, holes: [hole] }] });
});

test("a box grows from its middle, keeps a pixel, and stays in the picture", () => {
  const picture = { width: 100, height: 100 };
  const box = { kind: "Box", x: 10, y: 10, width: 20, height: 20 } as const;
  assert.deepEqual(grown(box, 4, -4, picture), { kind: "Box", x: 8, y: 12, width: 24, height: 16 });
  assert.deepEqual(grown(box, -99, 0, picture), { kind: "Box", x: 19.5, y: 10, width: 1, height: 20 });
  assert.deepEqual(grown(box, 60, 0, picture), { kind: "Box", x: 0, y: 10, width: 60, height: 20 });
  assert.equal(grown({ kind: "Point", x: 1, y: 1 }, 1, 1, picture), undefined);
});
