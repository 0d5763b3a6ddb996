// The picture: OpenSeadragon for its tiles, our canvas of regions above, and SVG for the one that is selected.
import OpenSeadragon from "openseadragon";
import { Layer } from "../drawing/layer.ts";
import type { Places } from "../drawing/places.ts";
import type { Bounds, XY } from "../drawing/shapes.ts";
import { type Size, toPicture, type View } from "../drawing/view.ts";
import { make } from "../elements.ts";
import type { Opened } from "./wire.ts";

const RIM = 0.15; // of a region, around it, when the view goes there

export class Stage {
  readonly element: HTMLElement;
  readonly layer: Layer;
  readonly marks = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly moved: () => void;
  private picture: Size = { width: 1, height: 1 };
  private start: Bounds | undefined; // the part of a new picture that is shown first
  private isMoving = false;
  private readonly sight = new IntersectionObserver((seen) => this.rest(!seen.at(-1)?.isIntersecting));

  /** `moved` is called whenever the view did. */
  constructor(element: HTMLElement, places: Places, moved: () => void) {
    this.element = element;
    this.moved = moved;
    const ground = make("div", { class: "im-ground-picture" });
    const canvas = make("canvas", { class: "im-regions", "aria-hidden": "true" });
    this.marks.classList.add("im-marks");
    this.marks.setAttribute("aria-hidden", "true");
    element.append(ground, canvas, this.marks);
    this.layer = new Layer(canvas, places);
    this.viewer = new OpenSeadragon.Viewer(options(ground));
    this.viewer.addHandler("canvas-key", (event) => void (event.preventDefaultAction = true));
    this.viewer.addHandler("animation-start", () => void (this.isMoving = true));
    this.viewer.addHandler("animation-finish", () => this.settle());
    this.viewer.addHandler("update-viewport", () => this.show());
    this.viewer.addHandler("open", () => this.begin());
    this.viewer.world.addHandler("add-item", ({ item }) => this.watch(item));
    this.sight.observe(element);
    this.viewer.addHandler("resize", () => requestAnimationFrame(() => this.show()));
  }

  get view(): View {
    const bounds = this.viewer.viewport.getBounds(true);
    const { width } = this.picture;
    return { left: bounds.x * width, top: bounds.y * width, scale: this.page.width / (bounds.width * width) };
  }

  /** Pixels of the page for one of the picture, where the view is going. */
  get scale(): number {
    return this.page.width / (this.viewer.viewport.getBounds().width * this.picture.width);
  }

  get page(): Size {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  /** The picture's place under a pointer. */
  at(event: { clientX: number; clientY: number }): XY {
    const { left, top } = this.element.getBoundingClientRect();
    return toPicture([event.clientX - left, event.clientY - top], this.view);
  }

  /** Show a picture, all of it or the part `at`; with `keep` it is the one in sight made anew, and the view stays. */
  open(opened: Opened, source: OpenSeadragon.TileSource | null, keep: boolean, at?: Bounds): void {
    const isSame = keep && this.viewer.world.getItemCount() > 0;
    this.picture = { width: opened.width, height: opened.height };
    this.start = at;
    if (isSame && source) return this.viewer.addTiledImage({ tileSource: source as never });
    this.layer.forget();
    this.viewer.close();
    if (source) this.viewer.open(source as never);
  }

  /** Show a part of the picture that has the page's form. */
  fit({ left, top, right, bottom }: Bounds, atOnce = false): void {
    const { width } = this.picture;
    const part = new OpenSeadragon.Rect(left / width, top / width, (right - left) / width, (bottom - top) / width);
    this.viewer.viewport.fitBounds(part, atOnce);
  }

  zoom(factor: number): void {
    this.viewer.viewport.zoomBy(factor).applyConstraints();
  }

  whole(): void {
    this.viewer.viewport.goHome();
  }

  /** Move the view by shares of the page. */
  pan(x: number, y: number): void {
    const { width, height } = this.viewer.viewport.getBounds();
    this.viewer.viewport.panBy(new OpenSeadragon.Point(x * width, y * height)).applyConstraints();
  }

  /** Bring a part of the picture into view, if it is not; with `near`, as large as it goes. */
  reveal({ left, top, right, bottom }: Bounds, near = false): void {
    const { width } = this.picture;
    const wide = Math.max(right - left, 20) * (1 + 2 * RIM);
    const high = Math.max(bottom - top, 20) * (1 + 2 * RIM);
    const [x, y] = [(left + right - wide) / 2, (top + bottom - high) / 2];
    const part = new OpenSeadragon.Rect(x / width, y / width, wide / width, high / width);
    const shown = this.viewer.viewport.getBounds();
    const isSeen = shown.containsPoint(part.getTopLeft()) && shown.containsPoint(part.getBottomRight());
    if (near) this.viewer.viewport.fitBoundsWithConstraints(part);
    else if (!isSeen) this.viewer.viewport.panTo(part.getCenter()).applyConstraints();
  }

  /** Draw the regions for the view as it is. */
  show(): void {
    if (!this.viewer.world.getItemCount()) return;
    this.layer.show(this.view, this.page, this.isMoving);
    this.moved();
  }

  dispose(): void {
    this.sight.disconnect();
    this.layer.dispose();
    this.viewer.destroy();
    this.element.replaceChildren();
  }

  /** `data-loaded` tells whether every tile in sight is there; one made anew lies above the old one until then. */
  private watch(item: OpenSeadragon.TiledImage): void {
    const { world } = this.viewer;
    this.element.dataset.loaded = "false";
    item.addHandler("fully-loaded-change", ({ fullyLoaded }) => {
      const at = world.getIndexOfItem(item);
      if (at < 0 || at < world.getItemCount() - 1) return; // it will soon be taken away itself
      this.element.dataset.loaded = String(fullyLoaded);
      for (let under = at; fullyLoaded && under > 0; under--) world.removeItem(world.getItemAt(0));
    });
  }

  private begin(): void {
    if (this.start) this.fit(this.start, true);
    this.show();
  }

  /** Out of sight, the picture asks for no frames. */
  private rest(isResting: boolean): void {
    const viewer = Object.assign(this.viewer, { isResting }) as { goOn?: () => void };
    if (!isResting) viewer.goOn?.();
  }

  private settle(): void {
    this.isMoving = false;
    this.show();
  }
}

function options(element: HTMLElement): OpenSeadragon.Options {
  const gestures = { clickToZoom: false, dblClickToZoom: false, flickEnabled: false };
  return {
    element,
    drawer: "canvas", // a page has sixteen WebGL contexts at most, and many machines of a hub have no card
    showNavigationControl: false,
    animationTime: 0.25,
    springStiffness: 8,
    maxZoomPixelRatio: 16,
    minZoomImageRatio: 0.5,
    visibilityRatio: 0.4,
    imageLoaderLimit: 12,
    maxTilesPerFrame: 12, // one in each frame takes half a second to ask for a screen
    immediateRender: true, // the sharp ones first: the whole picture lies below them, from one tile
    maxImageCacheCount: 300,
    imageSmoothingEnabled: true,
    tileRetryMax: 2,
    timeout: 120_000,
    tabIndex: -1,
    gestureSettingsMouse: gestures,
    gestureSettingsPen: gestures,
    gestureSettingsTouch: { ...gestures, pinchToZoom: true },
  } as OpenSeadragon.Options;
}
