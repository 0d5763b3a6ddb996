"""`make bench-scan`: a whole ZooScan scan of 14000 × 22000 pixels, from the file to counted and measured organisms.

Peak memory and seconds of a process of its own, and what it found beside the truth of the drawn scan.
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOST_BYTES = 1.5 * 2**30
PIXEL_UM = 25_400 / 2400


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, nargs=2, default=(14000, 22000))
    asked.add_argument("--bits", type=int, default=8)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--scan", type=Path, help="a scan drawn before (NAME.tif beside NAME_truth.csv)")
    asked.add_argument("--process", type=Path, help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.process:
        return process(told.process)
    with tempfile.TemporaryDirectory() as folder:
        path = told.scan or draw(Path(folder) / "scan.tif", tuple(told.size), told.seed, told.bits)
        return subprocess.run([sys.executable, __file__, "--process", path], check=False).returncode


def draw(path, size, seed, bits):
    from imagine_kernels.use_cases.zooplankton.samples import make_scan

    begun = time.perf_counter()
    truth = make_scan(path, size, seed=seed, bits=bits)
    print(f"drawn: {size[0]} × {size[1]} pixels, {len(truth)} organisms, {time.perf_counter() - begun:.0f} s")
    return path


def process(path):
    """The whole way in this process, whose peak memory is told."""
    from imagine_kernels.records import Quantity
    from imagine_kernels.tasks import finding

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    begun = time.perf_counter()
    found = finding.find(path, pixel_size=Quantity(PIXEL_UM, "micrometer"))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    compare(found, path.with_name(f"{path.stem}_truth.csv"))
    print(f"{len(found.samples)} objects, {len(found.cut)} more cut by the edge, {len(found.skipped)} skipped")
    print(f"peak memory: {peak / 2**20:,.0f} MB ({idle / 2**20:,.0f} MB before the scan was opened)")
    print(f"seconds: {seconds:.1f}")
    print("kept" if peak <= MOST_BYTES else "NOT KEPT")
    print(f"ratio: {MOST_BYTES / peak:.1f}")
    return 0 if peak <= MOST_BYTES else 1


def compare(found, path):
    with path.open(newline="") as file:
        truth = [{k: v if k == "label" else int(v) for k, v in row.items()} for row in csv.DictReader(file)]
    inside = {t["cluster"] for t in truth if not t["edge"]}
    print(f"truth: {len(truth)} organisms in {len({t['cluster'] for t in truth})} objects, {len(inside)} of them whole")


if __name__ == "__main__":
    sys.exit(main())
