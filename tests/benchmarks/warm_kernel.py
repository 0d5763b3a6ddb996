"""`make bench-warm-kernel`: from asking for a kernel to the first prediction of the preinstalled model, beside stock.

Stock is ipykernel's own kernelspec, started as Jupyter starts any kernel, in the same environment and with the same
threads; its first cell imports and loads what ours does. Ours and stock take turns, so that both have the same machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
import warm_kernels
from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from imagine_kernels import environment
from imagine_kernels.sources import open_samples
from imagine_kernels.use_cases.phytoplankton import samples

CELL = """
from imagine_kernels import predict, use_case
from imagine_kernels.sources import open_samples
run = predict.predict(use_case.get("phytoplankton"), open_samples({pictures!r}).samples, progress=False)
assert len(run.predictions) == 1 and run.predictions[0].regions[0].score > 0
"""
CORES = str(min(2, os.cpu_count() or 1))


@dataclass
class Way:
    """One way of starting kernels, and what it took: seconds, and megabytes private and proportional to each."""

    title: str
    specs: KernelSpecManager
    name: str
    transport: str
    env: dict[str, str]
    seconds: list[float] = field(default_factory=list)
    private: list[float] = field(default_factory=list)
    proportional: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        middle, late = statistics.median(self.seconds), percentile(self.seconds, 95)
        memory = (
            f"private {statistics.median(self.private):4.0f} MB, PSS {statistics.median(self.proportional):4.0f} MB"
        )
        return f"{self.title:28} median {middle:6.3f} s   p95 {late:6.3f} s   {memory} per kernel"


def percentile(values: list[float], percent: int) -> float:
    """The value that `percent` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, round(percent / 100 * len(values)))]


@contextmanager
def predicting(way: Way, folder: Path, cell: str):
    """A kernel that has just made its first prediction, and the seconds that took from asking for it."""
    manager = KernelManager(kernel_name=way.name, kernel_spec_manager=way.specs, transport=way.transport)
    number = f"{time.monotonic_ns()}"
    manager.connection_file = str(folder / f"kernel-{number}.json")
    if way.transport == "ipc":
        manager.ip = str(folder / number)
    began = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager.start_kernel(env={**os.environ, **way.env}, cwd=str(folder), **quiet)
    client = manager.client()
    client.start_channels(iopub=False, stdin=False, hb=False)
    try:
        client.execute(cell)
        reply = client.get_shell_msg(timeout=600)["content"]
        seconds = time.perf_counter() - began
        if reply["status"] != "ok":
            raise SystemExit("\n".join(reply["traceback"]))
        yield manager, seconds
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def once(way: Way, folder: Path, cell: str) -> None:
    """One kernel alone."""
    with predicting(way, folder, cell) as (manager, seconds):
        way.seconds.append(seconds)
        weigh(way, [manager])


def weigh(way: Way, managers: list[KernelManager]) -> None:
    """Notes what each kernel's process has to itself, and its share of what it has with others."""
    for manager in managers:
        found = psutil.Process(manager.provisioner.pid).memory_full_info()
        way.private.append(found.uss / 2**20)
        way.proportional.append(found.pss / 2**20)


def herd(way: Way, folder: Path, cell: str, count: int) -> float:
    """`count` kernels asked for at the same time; the seconds until the last has predicted. All stay until then."""
    way.seconds, way.private, way.proportional = [], [], []
    kernels = [predicting(way, folder, cell) for _ in range(count)]
    began = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        entered = list(pool.map(lambda kernel: kernel.__enter__(), kernels))
        wall = time.perf_counter() - began
        way.seconds.extend(seconds for _, seconds in entered)
        weigh(way, [manager for manager, _ in entered])
        list(pool.map(lambda kernel: kernel.__exit__(None, None, None), kernels))
    return wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="kernels of each kind, one after the other")
    parser.add_argument("--herd", type=int, default=30, help="kernels of each kind at the same time; 0: no herd")
    asked = parser.parse_args()
    with warm_kernels.running() as folder, tempfile.TemporaryDirectory() as drawn:
        samples.make_images(drawn, count=1, seed=1)
        assert len(open_samples(drawn).samples) == 1
        os.environ["JUPYTER_RUNTIME_DIR"] = str(folder)
        own = warm_kernels.OwnProcess(folder)
        measure(folder, own, CELL.format(pictures=drawn), asked)
        own.end()


def measure(folder: Path, own: warm_kernels.OwnProcess, cell: str, asked: argparse.Namespace) -> None:
    """Prints the figures; the last line is the ratio of the medians."""
    write_kernel_spec(folder / "stock" / "stock")
    places = {"ours": folder / "share/jupyter/kernels", "stock": folder / "stock"}
    specs = {name: KernelSpecManager(kernel_dirs=[str(at)], ensure_native_kernel=False) for name, at in places.items()}
    both = {**dict.fromkeys(environment.THREADS, CORES), environment.WAIT_POLICY: "PASSIVE", **environment.QUIET}
    ours = Way("ours", specs["ours"], "phytoplankton", "ipc", {**both, environment.ZYGOTE: str(own.socket)})
    stock = Way("stock", specs["stock"], "stock", "tcp", both)
    print(f"one kernel after the other, {asked.rounds} of each; load of the machine {os.getloadavg()[0]:.1f}")
    for way in (ours, stock):  # whatever a file system or a home needs once
        once(way, folder, cell)
        way.seconds.clear()
    for _ in range(asked.rounds):
        once(ours, folder, cell)
        once(stock, folder, cell)
    print(ours, stock, sep="\n")
    ratio = statistics.median(stock.seconds) / statistics.median(ours.seconds)
    if asked.herd:
        walls = {way.title: partial(herd, way, folder, cell, asked.herd)() for way in (ours, stock)}
        print(f"{asked.herd} at the same time: " + ", ".join(f"{name} {wall:.1f} s" for name, wall in walls.items()))
        print(ours, stock, sep="\n")
    shared = psutil.Process(own.fork.pid).memory_full_info()
    print(f"a person's warm process: private {shared.uss / 2**20:.0f} MB, PSS {shared.pss / 2**20:.0f} MB")
    print(f"ratio: {ratio:.1f}")


if __name__ == "__main__":
    main()
