"""The graphics cards of this machine, as its driver lists them, and those that imagine.toml declares to rehearse."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub_config.settings import Settings


@dataclass(frozen=True)
class Card:
    """One card, or one slice of a card that is partitioned (MIG); `device` is what CUDA_VISIBLE_DEVICES takes."""

    device: str
    name: str
    memory_gb: float
    pretend: bool = False


def cards(settings: Settings) -> tuple[Card, ...]:
    """All cards that can be lent. Raises ValueError with a sentence for a pretend card that is misspelt."""
    return (*real(), *pretended(settings))


def shares(settings: Settings) -> int:
    """How many shares of cards there are to lend in all."""
    return len(cards(settings)) * max(1, settings.gpus.shares)


def pretended(settings: Settings) -> tuple[Card, ...]:
    """The cards that imagine.toml declares as "name:GB"."""
    return tuple(_pretend(text, number, settings) for number, text in enumerate(settings.gpus.pretend))


def _pretend(text: str, number: int, settings: Settings) -> Card:
    name, _, size = text.rpartition(":")
    try:
        memory = float(size)
    except ValueError:
        memory = 0.0
    if not name or not 0 < memory < float("inf"):
        raise ValueError(f'{settings.file}: gpus.pretend holds {text!r}; write such a card as "name:GB".')
    return Card(f"PRETEND-{number}", name, memory, pretend=True)


def real() -> tuple[Card, ...]:
    """What the driver lists; nothing, at once and silently, where there is no driver."""
    with _driver() as nvml:
        return tuple(_listed(nvml)) if nvml else ()


@contextlib.contextmanager
def _driver() -> Iterator[Any]:
    """NVIDIA's management library (NVML), started; None where it is missing or does not start."""
    try:
        import pynvml as nvml

        nvml.nvmlInit()
    except (ImportError, OSError):
        nvml = None
    except nvml.NVMLError:
        nvml = None
    try:
        yield nvml
    finally:
        if nvml:
            with contextlib.suppress(nvml.NVMLError):
                nvml.nvmlShutdown()


def _listed(nvml: Any) -> Iterator[Card]:  # noqa: ANN401 - a module
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            card = nvml.nvmlDeviceGetHandleByIndex(index)
            yield from (_card(nvml, part) for part in _slices(nvml, card) or [card])
        except nvml.NVMLError:  # fallen off the bus, or not for this account
            continue


def _slices(nvml: Any, card: Any) -> list[Any]:  # noqa: ANN401
    """The slices of a card that is partitioned; a partitioned card itself cannot be used."""
    try:
        if nvml.nvmlDeviceGetMigMode(card)[0] != nvml.NVML_DEVICE_MIG_ENABLE:
            return []
    except nvml.NVMLError:  # it cannot be partitioned
        return []
    slices = []
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(card)):
        with contextlib.suppress(nvml.NVMLError):  # a slice that was not made
            slices.append(nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, index))
    return slices


def _card(nvml: Any, handle: Any) -> Card:  # noqa: ANN401
    memory = nvml.nvmlDeviceGetMemoryInfo(handle).total / 1e9
    return Card(nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle), round(memory, 1))


class Utilisation:
    """How busy processes kept the cards, as the driver samples it; slices and pretend cards tell nothing."""

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()  # kept open: to start the driver anew each time may take it seconds
        self._nvml = self._open.enter_context(_driver())
        self._since = int(time.time() * 1e6)

    def close(self) -> None:
        """Lets go of the driver."""
        self._open.close()

    def read(self, devices: set[str]) -> dict[str, dict[int, float]]:
        """For each of `devices` that tells: the part of the time since the last reading that each process computed.

        A process that did not compute is missing; a device that cannot tell is missing.
        """
        since, self._since = self._since, int(time.time() * 1e6)
        found = {}
        nvml = self._nvml
        for device in sorted(devices) if nvml else ():
            with contextlib.suppress(nvml.NVMLError):
                found[device] = _computed(nvml, nvml.nvmlDeviceGetHandleByUUID(device), since)
        return found


def _computed(nvml: Any, handle: Any, since: int) -> dict[int, float]:  # noqa: ANN401
    try:
        samples = nvml.nvmlDeviceGetProcessUtilization(handle, since)
    except nvml.NVMLError_NotFound:  # nobody computed since
        return {}
    parts: dict[int, list[float]] = {}
    for sample in samples:
        if sample.timeStamp > since:
            parts.setdefault(sample.pid, []).append(sample.smUtil / 100)
    return {pid: sum(found) / len(found) for pid, found in parts.items()}
