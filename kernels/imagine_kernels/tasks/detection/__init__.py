"""Boxes around what a picture shows: builds D-FINE detectors, loads their weights once, finds things in windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from imagine_kernels.images import overlaps
from imagine_kernels.records import Box, Region, Sample
from imagine_kernels.tasks import inputs, merging, weights
from imagine_kernels.tasks.detection import network as networks
from imagine_kernels.tasks.detection import windows
from imagine_kernels.tasks.views import View
from imagine_kernels.tasks.weights import packed, write
from imagine_kernels.use_case import Model

__all__ = ["Detector", "begin", "build", "load", "packed", "preload", "write"]

THRESHOLD = 0.5
"""What a model must be sure of to name it, where its facts tell nothing (`reject_below`)."""
LEAST = 0.01
"""Scores below this tell nothing about how good a model is."""
_SAME = 0.7
"""Two boxes of one label that overlap so much are one thing."""
_BATCH = 4
_NEAR_TILES = 0.5


@dataclass(frozen=True)
class Detector:
    """A detector with its weights, ready on its device, and the facts it was made by.

    It finds what it is at least `threshold` sure of.
    """

    model: Model
    sha256: str
    network: nn.Module
    device: torch.device

    @property
    def origin(self) -> str:
        """Where what it knows comes from, for a line of text."""
        return self.sha256[:12] if len(self.sha256) == 64 else self.sha256

    @property
    def threshold(self) -> float:
        """The least score of what it finds."""
        return THRESHOLD if self.model.reject_below is None else self.model.reject_below

    def at(self, threshold: float) -> "Detector":
        """The same detector with another threshold: `LEAST` for how good it is at any."""
        return replace(self, model=replace(self.model, reject_below=threshold))

    def find(self, sample: Sample) -> tuple[Region, ...]:
        """What it sees in a sample of any size, as boxes in pixels of the sample, the surest first.

        A picture larger than the model's window is looked at in overlapping windows, one after the other. Raises
        ValueError or OSError with a sentence where it cannot be read.
        """
        finds: list[merging.Find] = []
        with View(sample, self.model.profile) as view:
            for seen in _batches(windows.squares(view, self.model)):
                for square, regions in zip(seen, self.look(seen), strict=True):
                    finds += [merging.placed(region, square.window) for region in regions]
            times, far = view.scale, (float(sample.width), float(sample.height))
        merged = merging.merge(finds, same=_NEAR_TILES)
        found = [replace(find.region, shape=_scaled(find.box, times, far)) for find in merged]
        return tuple(sorted(found, key=lambda region: -(region.score or 0.0)))

    def look(self, seen: Sequence[windows.Square]) -> list[list[Region]]:
        """What each square shows, in pixels of its window."""
        logits, boxes = self.outputs([square.pixels for square in seen])
        scores = self.calibrated(logits)
        return [self._regions(*each) for each in zip(seen, scores, boxes, strict=True)]

    def outputs(self, squares: Sequence[inputs.Pixels]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Logits (N, Q, classes) and boxes (N, Q, 4) of squares, as the network gives them."""
        batch = inputs.tensor(np.stack(squares), self.model.profile).to(self.device)
        with torch.no_grad():  # in float32: the same scores on every machine
            logits, boxes = self.network(batch.contiguous(memory_format=torch.channels_last))
        return logits.float().cpu().numpy(), boxes.float().cpu().numpy()

    def calibrated(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Scores 0..1 that tell how often such a find is right, where the model is calibrated."""
        shift = float(str(self.model.options.get("shift", 0.0)))
        raised = np.clip((logits.astype(np.float64) + shift) / self.model.temperature, -60, 60)
        scores: npt.NDArray[np.float64] = 1 / (1 + np.exp(-raised))
        return scores

    def _regions(
        self, seen: windows.Square, scores: npt.NDArray[np.float64], boxes: npt.NDArray[np.float32]
    ) -> list[Region]:
        best, labels = scores.max(1), scores.argmax(1)
        corners = windows.in_view(boxes, seen)
        large = (corners[:, 2:] - corners[:, :2]).min(1) >= 1.0
        sure = np.flatnonzero((best >= self.threshold) & large)
        kept = alone(corners, best, labels, sure)
        return [self._region(corners[i], scores[i]) for i in kept]

    def _region(self, corners: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]) -> Region:
        left, top, right, bottom = corners.tolist()
        names = self.model.label_names
        named = dict(zip(names, scores.tolist(), strict=True)) if len(names) > 1 else {}
        box = Box(left, top, right - left, bottom - top)
        return Region(names[int(scores.argmax())], float(scores.max()), box, scores=named)


def alone(
    corners: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    sure: npt.NDArray[np.int64],
) -> list[int]:
    """Of the boxes `sure`, the surest of those that show the same thing: a network taught briefly tells some twice."""
    kept: list[int] = []
    for i in sure[np.argsort(-scores[sure], kind="stable")].tolist():
        same = [k for k in kept if labels[k] == labels[i]]
        if not same or overlaps.of_corners(corners[[i]], corners[same]).max() < _SAME:
            kept.append(i)
    return kept


def _batches(squares: Iterator[windows.Square]) -> Iterator[list[windows.Square]]:
    batch: list[windows.Square] = []
    for square in squares:
        batch.append(square)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _scaled(box: Box, times: float, far: tuple[float, float]) -> Box:
    """A box of the view in pixels of the sample, which it does not leave."""
    left, top = min(box.x * times, far[0] - 1), min(box.y * times, far[1] - 1)
    right, bottom = min((box.x + box.width) * times, far[0]), min((box.y + box.height) * times, far[1])
    return Box(left, top, max(right - left, 0.5), max(bottom - top, 0.5))


def build(model: Model) -> nn.Module:
    """The untrained network of `model`. Raises ValueError where it cannot be built."""
    return networks.build(model)


def begin(model: Model, seed: int, starter: Detector | None = None) -> networks.Network:
    """A network to be taught: untrained, or with what `starter` knows where both are built alike.

    Of its classes those that both share are kept.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = networks.build(model)
    if starter is not None:
        own = network.state_dict()
        for name, known in starter.network.state_dict().items():
            if name in own and own[name].shape == known.shape and not networks.by_class(name):
                own[name] = known
            elif name in own and own[name].shape[1:] == known.shape[1:] and networks.by_class(name):
                for row, label in enumerate(model.label_names):
                    if label in starter.model.label_names:
                        own[name][row] = known[starter.model.label_names.index(label)]
        network.load_state_dict(own)
    return network


def _finished(model: Model, network: nn.Module, where: torch.device) -> Detector:
    return Detector(model, model.sha256, network, where)


_SHELF = weights.Shelf(networks.build, _finished)


def load(model: Model, file: Path) -> Detector:
    """The detector of `model` with the weights in the file; read once per file, kept for the next call.

    Raises OSError where the file cannot be read, ValueError with a sentence where it is not the file of these facts.
    """
    return _SHELF.load(model, file)


def preload(model: Model, file: Path) -> None:
    """Keeps the detector on the processor for this process and all that are forked from it; raises as `load` does."""
    _SHELF.preload(model, file)
