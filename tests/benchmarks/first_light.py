"""`make bench-first-light`: how long a person waits, what the idle house costs, and our prediction beside a plain loop.

Starts a house of its own on free ports with fresh state, drives it in Chromium, and ends it again.
"""

import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import predict as prediction  # beside this file
from browser import Visitor, chromium
from house import House, write_settings

from hub_config import processes, settings

CELLS_TO_FIRST_PREDICTION = 6
"""Parameters, imports, load, predict, and two of text between: run before the first label is on the page."""


def until_log_in_page(house):
    """Seconds from asking for the house (installed, fresh state) to its log-in page, and to all parts answering."""
    began = time.perf_counter()
    started = house.command("start")
    if started.returncode:
        raise SystemExit(started.stderr)
    page = re.search(r"log-in page answers \(([\d.]+) s\)", started.stdout)
    return float(page[1]) if page else float("nan"), time.perf_counter() - began


def memory(house):
    """Proportional set size of every process of the house, MiB."""
    return sum(process.memory_full_info().pss for process in processes.ours(house.settings)) / 2**20


def until_first_prediction(house, folder):
    """Seconds from the log-in button to the table of predictions in the notebook, in a real browser."""
    with chromium() as browser:
        visitor = Visitor(browser, folder)
        page = visitor.page
        page.set_default_timeout(120_000)
        page.goto(f"{house.url}/hub/login")
        page.fill("input[name=username]", "bench")
        page.fill("input[name=password]", house.credentials.class_password)
        began = time.perf_counter()
        page.click("[type=submit]")
        page.get_by_role("button", name="Start Phytoplankton").click()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        page.get_by_text("| Idle").wait_for()  # JupyterLab drops Shift+Enter before
        page.locator(".jp-CodeCell").first.click()
        for _ in range(CELLS_TO_FIRST_PREDICTION):
            page.keyboard.press("Shift+Enter")
            page.wait_for_timeout(50)
        page.locator("th", has_text="margin").wait_for(state="attached")
        seconds = time.perf_counter() - began
        visitor.context.close()
    return seconds


def disk():
    """Size of each environment on disk, MB; where uv shares files between environments, each counts them."""
    folders = settings.load().folders.environments
    return {name: size(folders / name) for name in ("hub", "kernel", "labelstudio")}


def size(folder):
    """MB a folder takes on disk, a file with several names once."""
    found = {path.lstat().st_ino: path.lstat().st_blocks * 512 for path in folder.rglob("*")}
    return sum(found.values()) / 1e6


def main():
    with tempfile.TemporaryDirectory() as folder:
        house = House(settings.load(write_settings(Path(folder))))
        try:
            page, whole = until_log_in_page(house)
            idle = memory(house)
            first = until_first_prediction(house, Path(folder) / "shots")
        finally:
            house.command("stop")
        own = prediction.shipped(Path(folder), batch=1)
    print(f"make up (installed, fresh state) to the log-in page: {page:.1f} s; to all parts answering: {whole:.1f} s")
    print(f"log-in to the first prediction in the notebook: {first:.1f} s")
    print(f"memory of the idle stack (PSS): {idle:.0f} MiB")
    print("disk: " + ", ".join(f"{name} {size:.0f} MB" for name, size in disk().items()))
    ours, plain = (1000 / own.rate(what) for what in ("ours", "plain"))
    print(f"1,000 vignettes: ours {ours:.2f} s, a plain timm loop one by one {plain:.2f} s")
    print(f"ratio: {own.over_plain:.2f}")


if __name__ == "__main__":
    main()
