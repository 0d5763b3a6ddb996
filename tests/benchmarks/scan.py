"""`make bench-scan`: a whole ZooScan scan of 14000 × 22000 pixels, from the file to counted and measured organisms.

Peak memory and seconds of a process of its own, and what it found beside the truth of the drawn scan.
"""

import argparse
import csv
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

MOST_BYTES = 1.5 * 2**30
PIXEL_UM = 25_400 / 2400
VOLUME, PARTS = 400.0, 8
"""Cubic metres that the net of the drawn sample filtered, and in how many parts it was split before one was scanned."""


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, nargs=2, default=(14000, 22000))
    asked.add_argument("--bits", type=int, default=8, choices=(8, 16))
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--scan", type=Path, help="a scan drawn before (NAME.tif beside NAME_truth.csv)")
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = told.scan or Path(folder) / "scan.tif"
        if told.scan is None:
            apart(draw, path, tuple(told.size), told.seed, told.bits)
        return apart(process, path)


def apart(work, *given):
    """The work in a process of its own, begun anew: a forked one would count its parent's memory as its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def draw(path, size, seed, bits):
    from imagine_kernels.use_cases.zooplankton.samples import make_scan

    begun = time.perf_counter()
    truth = make_scan(path, size, seed=seed, bits=bits)
    print(
        f"drawn: {size[0]} × {size[1]} pixels, {len(truth)} organisms, {time.perf_counter() - begun:.0f} s", flush=True
    )


def process(path):
    """The whole way in this process, whose peak memory is told."""
    from imagine_kernels import biovolume, measure, spectrum
    from imagine_kernels.records import Effort, Quantity
    from imagine_kernels.tasks import finding

    effort = Effort(Quantity(VOLUME / PARTS, "meter ** 3"))
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    begun = time.perf_counter()
    found = finding.find(path, pixel_size=Quantity(PIXEL_UM, "micrometer"), effort=effort)
    (count,) = measure.concentrations(found.samples, {}, per="meter ** 3")
    (volume,) = biovolume.biovolumes(found.samples, {})
    line = spectrum.spectrum(found.samples, shape="sphere")
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{VOLUME:g} m³ filtered, 1 of {PARTS} parts scanned:")
    show("individuals per m³", count.concentration, count.low, count.high)
    show("biovolume, mm³ per m³", volume.biovolume, volume.low, volume.high)
    compare(found, read_truth(path), line, effort)
    print(f"peak memory: {peak / 2**20:,.0f} MB ({idle / 2**20:,.0f} MB before the scan was opened)")
    print(f"seconds: {seconds:.1f}")
    print("kept" if peak <= MOST_BYTES else "NOT KEPT")
    print(f"ratio: {MOST_BYTES / peak:.1f}", flush=True)
    return 0 if peak <= MOST_BYTES else 1


def show(what, middle, low, high):
    print(f"  {what:24} {middle.value:9.3f}  [{low.value:.3f}-{high.value:.3f}]")


def read_truth(path):
    with path.with_name(f"{path.stem}_truth.csv").open(newline="") as file:
        return [{k: v if k == "label" else int(v) for k, v in row.items()} for row in csv.DictReader(file)]


def compare(found, truth, line, effort):
    """What was found beside what was drawn: objects, organisms, areas, and the slope of the size spectrum."""
    from imagine_kernels import spectrum
    from imagine_kernels.records import Quantity, Sample

    whole = [t for t in truth if not t["edge"]]
    parts = {o.id for o in found.separated}
    objects = len(found.separated) + sum(s.id.rpartition("_")[0] not in parts for s in found.samples)
    matched = match(found.samples, whole)
    areas = sorted(abs(s.measures["area"].value / t["area"] - 1) for s, t in matched)
    pixel = Quantity(PIXEL_UM, "micrometer")
    drawn = [
        Sample(str(t["number"]), "-", 9, 9, None, "-", None, pixel, effort, {"area": Quantity(t["area"], "pixel ** 2")})
        for t in whole
    ]
    true = spectrum.spectrum(drawn, shape="sphere")
    print(f"{'beside the truth':26} {'drawn':>7} {'found':>7}")
    print(f"  {'objects':24} {len({t['cluster'] for t in whole}):7} {objects:7}")
    print(f"  {'organisms':24} {len(whole):7} {len(found.samples):7}")
    print(f"  {'cut by the edge':24} {len(truth) - len(whole):7} {len(found.cut):7}")
    interval = f"[{line.slope_low:.2f}-{line.slope_high:.2f}]"
    print(f"  {'slope of the spectrum':24} {true.slope:7.2f} {line.slope:7.2f}  {interval}")
    off = areas[len(areas) // 2]
    print(f"organisms found at their place: {len(matched)} of {len(whole)}; area off by {off:.1%} (median)")
    print(f"objects separated: {len(found.separated)} of {touching(whole)} that hold several organisms")


def touching(whole):
    clusters = [t["cluster"] for t in whole]
    return len({c for c in clusters if clusters.count(c) > 1})


def match(samples, truth):
    """Samples and organisms whose boxes share more than half (intersection over union), each once."""
    left = {t["number"]: t for t in truth}
    pairs = []
    for sample in samples:
        x, y, width, height = (sample.measures[name].value for name in ("bx", "by", "width", "height"))
        best, share = None, 0.5
        for number, t in left.items():
            across = min(x + width, t["x"] + t["width"]) - max(x, t["x"])
            down = min(y + height, t["y"] + t["height"]) - max(y, t["y"])
            if across > 0 and down > 0:
                both = across * down
                shared = both / (width * height + t["width"] * t["height"] - both)
                if shared > share:
                    best, share = number, shared
        if best is not None:
            pairs.append((sample, left.pop(best)))
    return pairs


if __name__ == "__main__":
    sys.exit(main())
