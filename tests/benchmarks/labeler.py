"""`make bench-labeler`: how soon a large scan is seen, how smoothly thousands of regions move; beside Annotorious 3.

Frames are those of headless Chromium without a graphics card; the ratio is of the main thread's time, which is what a
page has least of. Both draw the same regions on the same tiles, moved by the same steps.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
from playwright.sync_api import expect, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import browser  # noqa: E402
from jupyter_lab import Notebook, running  # noqa: E402

from imagine_widgets import bundle  # noqa: E402

FLAGS = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu-compositing", "--disable-accelerated-2d-canvas"),
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL in software: Annotorious draws with it
]
WORKS = (("boxes", 10_000), ("polygons", 10_000), ("boxes", 100_000))
SCALES = {"whole": 0, "quarter": 0.25, "1:1": 1}
FRAMES = 40
SCAN = (14_000, 22_000)
VIEWS = 4
CALM = 5000
CELL = """
from imagine_kernels.records import Sample
from imagine_kernels.use_case import Label
from imagine_widgets import Labeler
samples = [Sample("scan", {path!r}, {width}, {height})]
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        if "--frames" not in sys.argv:
            first_view(Path(folder))
        spent = frames(Path(folder))
    print(f"ratio: {spent['annotorious'] / spent['ours']:.2f}")


def first_view(folder):
    """A scan of 308 million pixels in 16 bits, through the real widget in a real JupyterLab."""
    width, height = SCAN
    path = folder / "scan.tif"
    noise = np.random.default_rng(0).normal(3000, 200, (1000, width)).astype(np.uint16)
    tifffile.imwrite(path, np.tile(noise, (height // 1000, 1)), rowsperstrip=64)
    with running(folder) as (address, token), browser.chromium() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        cells = [CELL.format(path=str(path), width=width, height=height), "Labeler(samples, [Label('a', 'A')])"]
        notebook = Notebook(page, address, token, folder, "scan", cells)
        notebook.run(0)
        first, *others = (seen(notebook) for _ in range(VIEWS))
        many = ", ".join(f"{one:.2f}" for one in others)
        said = f"first view of {width} × {height} pixels in 16 bits: {first:.2f} s in a new kernel, then {many} s"
        print(f"{said} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)", flush=True)
        page.locator(".im-stage").focus()
        waited = [fill(page) for _ in range(6)]
        print(f"a new view filled: {statistics.median(waited):.2f} s (longest {max(waited):.2f} s)", flush=True)


def seen(notebook):
    """Seconds from running the cell of a labeler until every tile of its picture is drawn."""
    stage = notebook.page.locator(".im-stage")
    notebook.command("notebook:clear-cell-output")
    expect(stage).to_have_count(0)
    begun = time.perf_counter()
    notebook.run(1, wait=False)
    notebook.page.wait_for_selector(".im-stage[data-loaded=true]")
    waited = time.perf_counter() - begun
    notebook.wait()
    notebook.page.wait_for_timeout(CALM)  # the overview is made anew, which is not what is measured next
    return waited


def fill(page):
    """Seconds until all tiles of a view one step closer are there."""
    begun = time.perf_counter()
    page.keyboard.press("+")
    page.wait_for_timeout(50)
    page.wait_for_selector(".im-stage[data-loaded=true]")
    return time.perf_counter() - begun


def frames(folder):
    """Prints each work's frames; the milliseconds of the main thread for a frame, summed over what both have done."""
    script = bundled(folder)
    spent = {"ours": 0.0, "annotorious": 0.0}
    with sync_playwright() as playwright:
        program = browser.program()
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for kind, count in WORKS:
            for engine in ("ours", "annotorious") if count == WORKS[0][1] else ("ours",):
                page = chromium.new_page(viewport={"width": 1240, "height": 840})
                page.add_script_tag(path=script)
                told = page.evaluate("work => prepare(...work)", [engine, kind, count])
                heap = used(page)
                print(
                    f"{engine}: {count:,} {kind}, shown after {told:.0f} ms, {heap:.0f} MB of scripts' memory",
                    flush=True,
                )
                both = sum(one_scale(page, name, scale) for name, scale in SCALES.items())
                spent[engine] += both if count == WORKS[0][1] else 0
                page.close()
        chromium.close()
    return spent


def one_scale(page, name, scale):
    """Milliseconds of the main thread for a frame."""
    page.evaluate("scale => stand(scale)", scale)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # of the processor, not of the clock
    before = busy(devtools)
    between = page.evaluate("frames => pan(frames)", FRAMES)
    cost = (busy(devtools) - before) / FRAMES * 1000
    p50, p95 = np.percentile(between, [50, 95])
    print(f"  {name}: frame p50 {p50:.1f} ms, p95 {p95:.1f} ms; main thread {cost:.1f} ms a frame", flush=True)
    return cost


def used(page):
    """Megabytes that the page's scripts hold."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def busy(devtools):
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def bundled(folder):
    """The page's script; what it is made of is fetched once."""
    widgets = HERE.parents[1] / "imagine_widgets"
    for packages in (widgets, HERE):
        bundle.fetch(packages)
    esbuild = widgets / "node_modules" / "esbuild" / "bin" / "esbuild"
    script = folder / "frames.js"
    options = ["--bundle", "--format=iife", "--loader:.css=empty", f"--outfile={script}", "--log-level=error"]
    subprocess.run([bundle.node(), esbuild, "labeler_frames.ts", *options], cwd=HERE, check=True)
    return script


if __name__ == "__main__":
    main()
