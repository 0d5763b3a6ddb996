// One picture of tiles with many regions upon it, moved by one step in each frame: by our layer, or by Annotorious.
import { createOSDAnnotator } from "@annotorious/openseadragon";
import OpenSeadragon from "openseadragon";
import { Layer } from "../../imagine_widgets/drawing/layer.ts";
import { Places, type Region } from "../../imagine_widgets/drawing/places.ts";
import { bounds, type Polygon } from "../../imagine_widgets/drawing/shapes.ts";

const [WIDTH, HEIGHT, TILE] = [20000, 14000, 512];
const STEP = 16; // pixels of the page in a frame: a screen in a second

let seed = 1;
const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;

function regions(kind: "boxes" | "polygons", count: number): Region[] {
  seed = 7;
  return Array.from({ length: count }, (_, i) => {
    const [x, y, size] = [random() * (WIDTH - 100), random() * (HEIGHT - 100), 20 + random() * 60];
    if (kind === "boxes") return { id: `r${i}`, label: i % 8, shape: { kind: "Box", x, y, width: size, height: size * 0.7 } };
    const points = Array.from({ length: 40 }, (_, n): [number, number] => {
      const [turn, far] = [(n / 40) * 2 * Math.PI, (size / 2) * (0.8 + 0.2 * random())];
      return [x + 50 + far * Math.cos(turn), y + 50 + far * Math.sin(turn)];
    });
    return { id: `r${i}`, label: i % 8, shape: { kind: "Polygon", points } };
  });
}

function viewer(element: HTMLElement): OpenSeadragon.Viewer {
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [TILE, TILE];
  const pen = tile.getContext("2d")!;
  for (let i = 0; i < 400; i++) {
    pen.fillStyle = `hsl(${200 + random() * 60} 40% ${30 + random() * 40}%)`;
    pen.fillRect(random() * TILE, random() * TILE, 40, 40);
  }
  const options = { width: WIDTH, height: HEIGHT, tileSize: TILE, tileOverlap: 0, minLevel: 8, maxLevel: 15 };
  const source = new OpenSeadragon.TileSource(options as unknown as OpenSeadragon.TileSourceOptions);
  source.getTileUrl = (level, x, y) => `${level}/${x}/${y}`;
  source.downloadTileStart = (job) => tile.toBlob((blob) => job.finish(blob, null, "rasterBlob"), "image/jpeg");
  source.hasTransparency = () => false;
  const shared = { drawer: "canvas", showNavigationControl: false, animationTime: 0.01, maxZoomPixelRatio: 4 };
  return new OpenSeadragon.Viewer({ element, tileSources: source, ...shared } as never);
}

function ours(view: OpenSeadragon.Viewer, element: HTMLElement, all: Region[]): void {
  const canvas = document.createElement("canvas");
  canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
  element.append(canvas);
  const layer = new Layer(canvas, new Places(all));
  const page = { width: element.clientWidth, height: element.clientHeight };
  view.addHandler("update-viewport", () => {
    const seen = view.viewport.getBounds(true);
    layer.show({ left: seen.x * WIDTH, top: seen.y * WIDTH, scale: page.width / (seen.width * WIDTH) }, page, true);
  });
}

function annotorious(view: OpenSeadragon.Viewer, all: Region[]): void {
  const annotator = createOSDAnnotator(view);
  const told = all.map(({ id, shape }) => {
    const { left, top, right, bottom } = bounds(shape);
    const box = { minX: left, minY: top, maxX: right, maxY: bottom };
    const rectangle = { x: left, y: top, w: right - left, h: bottom - top, bounds: box };
    const selector =
      shape.kind === "Box"
        ? { type: "RECTANGLE", geometry: rectangle }
        : { type: "POLYGON", geometry: { bounds: box, points: (shape as Polygon).points } };
    return { id, bodies: [], target: { annotation: id, selector } };
  });
  annotator.setAnnotations(told as never);
}

const frame = (): Promise<number> => new Promise(requestAnimationFrame);

let open: OpenSeadragon.Viewer | undefined;

/** A viewer with so many regions; the milliseconds until they are shown. */
async function prepare(engine: "ours" | "annotorious", kind: "boxes" | "polygons", count: number): Promise<number> {
  open?.destroy();
  const element = document.createElement("div");
  element.style.cssText = "position:relative;width:1200px;height:800px";
  document.body.replaceChildren(element);
  const view = viewer(element);
  open = view;
  await new Promise((opened) => view.addOnceHandler("open", opened));
  const all = regions(kind, count);
  const began = performance.now();
  if (engine === "ours") ours(view, element, all);
  else annotorious(view, all);
  view.forceRedraw();
  await frame();
  await frame();
  return performance.now() - began;
}

/** Go to the middle at a scale (0: the whole picture), and wait until its tiles are there. */
async function stand(scale: number): Promise<void> {
  const { viewport } = open!;
  if (scale === 0) viewport.goHome(true);
  else viewport.zoomTo(viewport.imageToViewportZoom(scale), undefined, true);
  viewport.panTo(new OpenSeadragon.Point(0.5, HEIGHT / WIDTH / 2), true);
  const end = performance.now() + 4000;
  for (let i = 0; performance.now() < end; i++) {
    await frame();
    if (i > 5 && open!.world.getItemAt(0).getFullyLoaded()) return;
  }
}

/** Move on and on for so many frames; the milliseconds between one and the next. */
async function pan(frames: number): Promise<number[]> {
  const { viewport } = open!;
  const between: number[] = [];
  let last = await frame();
  for (let i = 0; i < frames; i++) {
    viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(STEP, STEP / 2)), true);
    const now = await frame();
    between.push(now - last);
    last = now;
  }
  return between;
}

Object.assign(window, { prepare, stand, pan });
