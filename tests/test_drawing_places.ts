// Finding regions, looking at a part of the picture, and what is drawn of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { paint, painting, type Pen } from "../imagine_widgets/drawing/paint.ts";
import { COLOURS, colourOf, dashOf, inkOn } from "../imagine_widgets/drawing/palette.ts";
import { Places, type Region } from "../imagine_widgets/drawing/places.ts";
import { bounds } from "../imagine_widgets/drawing/shapes.ts";
import { plan } from "../imagine_widgets/drawing/sheet.ts";
import { detail, trace } from "../imagine_widgets/drawing/trace.ts";
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
  for (const name of ["moveTo", "lineTo", "closePath", "ellipse", "rect", "beginPath", "stroke", "fill", "setLineDash", "fillRect", "strokeRect"]) {
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

test("ten thousand boxes are drawn one by one in portions, each as one line without a rim", () => {
  const regions = Array.from({ length: 10_000 }, (_, i): Region => ({
    id: `${i}`,
    label: i % 5,
    shape: { kind: "Box", x: i, y: i, width: 9, height: 9 },
  }));
  const [view, look] = [{ left: 0, top: 0, scale: 1 }, { fill: 0.2, line: 2 }];
  const pen = counting();
  let portions = 0;
  for (const _ of painting(pen, regions, view, look)) {
    portions++;
    assert.ok((pen.n_strokeRect ?? 0) <= portions * 400, "no portion is much larger than another");
  }
  assert.equal(pen.n_strokeRect, 10_000, "so many have no dark rim");
  assert.equal(pen.n_fillRect ?? 0, 0, "and no inside");
  const few = counting();
  paint(few, regions.slice(0, 100), view, look);
  assert.deepEqual([few.n_strokeRect, few.n_fillRect], [200, 100]);
  const tiny = counting();
  paint(tiny, regions, { ...view, scale: 0.1 }, look);
  assert.deepEqual([tiny.n_fillRect, tiny.n_strokeRect ?? 0], [10_000, 0], "a dot each");
});

test("vertices that the page shows as one are taken once, the first and the last always", () => {
  const points = Array.from({ length: 400 }, (_, i) => [500 + 400 * Math.cos(i / 63.7), 500 + 400 * Math.sin(i / 63.7)] as [number, number]);
  for (const scale of [1, 0.1, 0.03]) {
    const drawn: [number, number][] = [];
    const note = (x: number, y: number): void => void drawn.push([x, y]);
    trace({ ...counting(), moveTo: note, lineTo: note } as never, { kind: "Line", points }, { left: 0, top: 0, scale });
    assert.ok(drawn.length <= 2 + (2 * Math.PI * 400 * scale * Math.SQRT2) / 1.5);
    near([drawn[0]!, drawn.at(-1)!], [points[0]!, points.at(-1)!].map(([x, y]) => [x * scale, y * scale] as [number, number]));
    for (const [x, y] of points) assert.ok(drawn.some(([a, b]) => Math.abs(a - x * scale) + Math.abs(b - y * scale) < 1.5));
  }
});

test("a view that moves shifts what was drawn as long as that covers the page with some to spare", () => {
  const view: View = { left: 0, top: 0, scale: 1 };
  const drawn = { view, page: PAGE, cost: 50 };
  assert.equal(plan(drawn, view, PAGE, true), "shift");
  assert.equal(plan(drawn, view, PAGE, false), "shift", "it is what is wanted");
  assert.equal(plan(drawn, { ...view, left: 1 }, PAGE, false), "paint", "what stands still is drawn sharp");
  assert.equal(plan(drawn, { ...view, left: 100 }, PAGE, true), "shift");
  assert.equal(plan(drawn, { ...view, left: 150 }, PAGE, true), "paint", "near the end of the rim");
  assert.equal(plan(drawn, { ...view, top: -100 }, PAGE, true), "paint", "near the end of the rim");
  assert.equal(plan(drawn, zoomed(view, 1.5, [400, 300]), PAGE, true), "shift");
  assert.equal(plan({ ...drawn, cost: 1 }, zoomed(view, 1.5, [400, 300]), PAGE, true), "paint", "what is quick is drawn sharp");
  assert.equal(plan(drawn, zoomed(view, 2, [400, 300]), PAGE, true), "paint", "too coarse");
  assert.equal(plan(drawn, zoomed(view, 0.5, [400, 300]), PAGE, true), "paint", "too small");
  assert.equal(plan(drawn, view, { width: 900, height: 600 }, true), "paint");
});
