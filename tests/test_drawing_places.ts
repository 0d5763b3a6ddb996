// Finding regions, looking at a part of the picture, and what is drawn of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { plan } from "../imagine_widgets/drawing/layer.ts";
import { detail, paint, type Pen, trace } from "../imagine_widgets/drawing/paint.ts";
import { COLOURS, colourOf, dashOf, inkOn } from "../imagine_widgets/drawing/palette.ts";
import { Places, type Region } from "../imagine_widgets/drawing/places.ts";
import { bounds } from "../imagine_widgets/drawing/shapes.ts";
import { between, fitting, seen, toPage, toPicture, type View, zoomed } from "../imagine_widgets/drawing/view.ts";
import { near, numbers, someShape } from "./drawn_shapes.ts";

const PAGE = { width: 800, height: 600 };

function meets(region: Region, part: { left: number; top: number; right: number; bottom: number }): boolean {
  const box = bounds(region.shape);
  return box.left <= part.right && box.right >= part.left && box.top <= part.bottom && box.bottom >= part.top;
}

test("what lies in a part of the picture is found, through thousands of changes, as by looking at each region", () => {
  const [random] = [...numbers(1)] as [() => number];
  const truth = new Map<string, Region>();
  const region = (id: string): Region => ({ id, label: 0, shape: someShape(random) });
  for (let i = 0; i < 2000; i++) truth.set(`${i}`, region(`${i}`));
  const places = new Places(truth.values());
  for (let step = 0; step < 3000; step++) {
    const id = `${Math.floor(random() * 2500)}`;
    if (random() < 0.3) assert.equal(places.remove(id), truth.delete(id));
    else {
      const one = region(id);
      truth.set(id, one);
      places.put(one);
    }
    if (step % 50) continue;
    const [left, top] = [random() * 80, random() * 80];
    const part = { left, top, right: left + random() * 30, bottom: top + random() * 30 };
    const wanted = [...truth.values()].filter((one) => meets(one, part)).map(({ id }) => id);
    assert.deepEqual(places.within(part).map(({ id }) => id).sort(), wanted.sort());
  }
  assert.equal(places.size, truth.size);
});

test("a picture without regions has none anywhere", () => {
  assert.deepEqual(new Places().within({ left: 0, top: 0, right: 9, bottom: 9 }), []);
});

test("page and picture are each other's way back, and zooming keeps what is under the pointer", () => {
  for (const random of numbers(50)) {
    const view = { left: random() * 1000, top: random() * 1000, scale: random() * 5 + 0.01 };
    const at: [number, number] = [random() * 800, random() * 600];
    near([toPage(toPicture(at, view), view)], [at]);
    const larger = zoomed(view, 1 + random(), at);
    near([toPicture(at, larger)], [toPicture(at, view)]);
    const { scale, x, y } = between(view, larger);
    const [pageX, pageY] = toPage([50, 60], view);
    near([[pageX * scale + x, pageY * scale + y]], [toPage([50, 60], larger)]);
  }
});

test("a fitting view shows the whole part, in the middle", () => {
  const part = { left: 100, top: 50, right: 500, bottom: 90 };
  const view = fitting(part, PAGE, 0.1);
  const shown = seen(view, PAGE);
  assert.ok(shown.left < part.left && shown.right > part.right && shown.top < part.top && shown.bottom > part.bottom);
  near([[(shown.left + shown.right) / 2, (shown.top + shown.bottom) / 2]], [[300, 70]]);
});

test("the palette is that of the Python side, and its eight colours come back dashed", () => {
  const python = readFileSync(new URL("../imagine_widgets/palette.py", import.meta.url), "utf8");
  const [, told] = /^COLOURS = \((.*)\)$/m.exec(python)!;
  assert.deepEqual(told!.split(",").map((one) => one.trim().slice(1, -1)), [...COLOURS]);
  const looks = new Set(Array.from({ length: 48 }, (_, label) => `${colourOf(label)} ${dashOf(label).join()}`));
  assert.equal(looks.size, 48);
  assert.equal(inkOn("#f0e442"), "#000000");
  assert.equal(inkOn("#0072b2"), "#ffffff");
});

/** A pen that counts what it is told. */
function counting(): Pen & Record<string, number> {
  const told: Record<string, unknown> = {};
  for (const name of ["moveTo", "lineTo", "closePath", "ellipse", "rect", "beginPath", "stroke", "fill", "setLineDash"]) {
    told[name] = () => void (told[`n_${name}`] = ((told[`n_${name}`] as number) ?? 0) + 1);
  }
  return told as unknown as Pen & Record<string, number>;
}

test("what is small on the page is drawn as a box, what is tiny as a dot", () => {
  const shape = { kind: "Polygon", points: Array.from({ length: 40 }, (_, i) => [50 + 40 * Math.cos(i), 50 + 40 * Math.sin(i)] as [number, number]) } as const;
  assert.deepEqual([1, 0.1, 0.02].map((scale) => detail(shape, scale)), ["whole", "box", "dot"]);
  assert.equal(detail({ kind: "Point", x: 1, y: 1 }, 0.001), "whole");
  const steps = (scale: number): number => {
    const pen = counting();
    trace(pen, shape, { left: 0, top: 0, scale });
    return (pen.n_lineTo ?? 0) + (pen.n_rect ?? 0);
  };
  assert.deepEqual([steps(1), steps(0.1), steps(0.02)], [39, 1, 1]);
});

test("ten thousand regions of five classes are five paths", () => {
  const regions = Array.from({ length: 10_000 }, (_, i): Region => ({
    id: `${i}`,
    label: i % 5,
    shape: { kind: "Box", x: i, y: i, width: 9, height: 9 },
  }));
  const pen = counting();
  paint(pen, regions, { left: 0, top: 0, scale: 1 }, { fill: 0.2, line: 2 });
  assert.equal(pen.n_beginPath, 5);
  assert.equal(pen.n_stroke, 5, "so many have no dark rim");
  assert.equal(pen.n_rect, 10_000);
});

test("a view that moves shifts what was slow to draw, as long as that covers the page", () => {
  const view: View = { left: 0, top: 0, scale: 1 };
  const drawn = { view, page: PAGE, cost: 50 };
  assert.equal(plan(undefined, view, PAGE, true), "paint");
  assert.equal(plan({ ...drawn, cost: 1 }, view, PAGE, true), "paint", "what is quick is drawn sharp");
  assert.equal(plan(drawn, view, PAGE, false), "paint", "what stands still is drawn sharp");
  assert.equal(plan(drawn, { ...view, left: 150 }, PAGE, true), "shift");
  assert.equal(plan(drawn, { ...view, left: 250 }, PAGE, true), "paint", "beyond the rim");
  assert.equal(plan(drawn, zoomed(view, 1.5, [400, 300]), PAGE, true), "shift");
  assert.equal(plan(drawn, zoomed(view, 2, [400, 300]), PAGE, true), "paint", "too coarse");
  assert.equal(plan(drawn, zoomed(view, 0.5, [400, 300]), PAGE, true), "paint", "too small");
  assert.equal(plan(drawn, view, { width: 900, height: 600 }, true), "paint");
});
