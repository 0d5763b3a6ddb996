"""Pixels of a picture by class: builds networks, loads their weights once, looks tile by tile, finds things.

Of the model's scores the first is that of no class, then come its classes in order. A class that `options["rim"]` names
is no thing of its own: it parts things that touch, and each takes of it what lies nearest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from imagine_kernels.images import Pixels, Window
from imagine_kernels.records import Region, Sample
from imagine_kernels.tasks import facts, inputs, maps, outlines
from imagine_kernels.tasks.strips import Scores, Strip, strips
from imagine_kernels.tasks.things import Gatherer, Thing, Wanted, called
from imagine_kernels.tasks.views import View
from imagine_kernels.tasks.weights import Shelf, packed, write
from imagine_kernels.use_case import Model

__all__ = ["Segmenter", "begin", "build", "load", "packed", "preload", "write"]

NETWORKS = ("unet", "fpn")
"""What `options["decoder"]` may be; the encoder is the model's architecture, a timm network."""
PIXELS = ("reach", "core", "least", "widen")
"""Options that are numbers of pixels: see `things.Wanted` and `painting.kinds`."""
_STEP = 32
"""Encoders halve a picture five times."""


@dataclass(frozen=True)
class Segmenter:
    """A network with its weights, ready on its device, and the facts it was made by."""

    model: Model
    sha256: str
    network: nn.Module
    device: torch.device

    @property
    def overlap(self) -> int:
        """Pixels that neighbouring tiles share."""
        return self.model.profile.size // 4

    def find(self, sample: Sample) -> tuple[Region, ...]:
        """Every thing in the sample as a region with its shape; its score is the mean over its pixels.

        A picture of any size is read tile by tile. Raises ValueError or OSError with a sentence that names the file.
        """
        with View(sample, self.model.profile) as view:
            gatherers = {name: Gatherer(wanted) for name, wanted in self.wanted.items()}
            for strip in self.strips(view):
                for gatherer in gatherers.values():
                    gatherer.take(strip)
            least = self.model.reject_below or 0.0
            return tuple(
                self.drawn(thing, name, view)
                for name, gatherer in gatherers.items()
                for thing in gatherer.things()
                if thing.score >= least
            )

    def drawn(self, thing: Thing, label: str, view: View) -> Region:
        """A thing of a view as a region in the sample's own pixels."""
        return outlines.region(thing, label, str(self.model.options.get("shape", outlines.MASK)), view.scale)

    @property
    def wanted(self) -> dict[str, Wanted]:
        """What makes a thing of each class that has things."""
        options, names = self.model.options, self.model.label_names
        rim = names.index(str(options["rim"])) + 1 if "rim" in options else None
        reach, core, least = (int(str(options.get(name, 0))) for name in ("reach", "core", "least"))
        return {
            name: Wanted(number, rim, reach, core, least) for number, name in enumerate(names, start=1) if number != rim
        }

    def strips(self, view: View, only: Window | None = None) -> Iterator[Strip]:
        """The scores of a view's pixels, strip by strip from the top down."""
        return strips(view, self.look, self.model.profile.size, self.overlap, only)

    def look(self, tiles: Pixels) -> Scores:
        """The scores (N, side, side, classes + 1) of tiles (N, side, side, channels), in float32 everywhere."""
        with torch.inference_mode():
            batch = inputs.tensor(tiles, self.model.profile).to(self.device)
            outputs = self.network(batch.contiguous(memory_format=torch.channels_last)) / self.model.temperature
        scores: Scores = outputs.softmax(1).permute(0, 2, 3, 1).cpu().numpy()
        return scores

    def probabilities(self, sample: Sample, window: Window | None = None) -> Scores:
        """The scores (height, width, classes + 1) of the sample's pixels, or of those in a window of it.

        Raises ValueError with a sentence where that is more than the memory can hold.
        """
        maps.bearable(window or Window(0, 0, sample.width, sample.height), len(self.model.labels) + 1)
        return np.concatenate([scores for _, scores in self._rows(sample, window)])

    def class_map(self, sample: Sample, window: Window | None = None) -> npt.NDArray[np.uint8]:
        """The class of each pixel (height, width): 0 for none, else its number from 1 in the order of the model's."""
        return np.concatenate([called(scores) for _, scores in self._rows(sample, window)])

    def write_map(self, sample: Sample, path: Path) -> None:
        """Leaves the sample's class map as a TIFF at `path`, whole or not at all; written strip by strip."""
        maps.write(path, (sample.width, sample.height), (called(scores) for _, scores in self._rows(sample, None)))

    def _rows(self, sample: Sample, window: Window | None) -> Iterator[tuple[int, Scores]]:
        """Strips in the sample's own pixels: the row of the first, and the scores."""
        with View(sample, self.model.profile) as view:
            yield from maps.enlarged(view, window, lambda only: self.strips(view, only))


def build(model: Model) -> nn.Module:
    """The untrained network of `model`. Raises ValueError where there is no such network."""
    import segmentation_models_pytorch as smp

    facts.check(model)
    _check(model)
    options: dict[str, Any] = {}
    if "decoder_channels" in model.options:
        options["decoder_channels"] = tuple(model.options["decoder_channels"])  # type: ignore[arg-type]
    try:
        network: nn.Module = smp.create_model(
            str(model.options.get("decoder", NETWORKS[0])),
            encoder_name=f"tu-{model.architecture}",
            encoder_weights=None,
            in_channels=model.profile.channels,
            classes=len(model.labels) + 1,
            **options,
        )
    except (RuntimeError, TypeError, ValueError, KeyError) as error:
        raise ValueError(f"The model {model.name} names a network that cannot be built: {error}.") from error
    return network


def _check(model: Model) -> None:
    options = model.options
    if model.profile.size % _STEP or model.profile.views:
        raise ValueError(f"The model {model.name} needs tiles of a multiple of {_STEP} pixels, without views.")
    if options.get("decoder", NETWORKS[0]) not in NETWORKS:
        raise ValueError(f"The model {model.name} names the decoder {options['decoder']!r}: {', '.join(NETWORKS)}.")
    if "rim" in options and options["rim"] not in model.label_names:
        raise ValueError(f"The model {model.name} has no class {options['rim']!r} for the rim of things.")
    if options.get("shape", outlines.MASK) not in {outlines.MASK, outlines.ROTATED_BOX}:
        raise ValueError(f"The model {model.name} cannot draw {options['shape']!r} around what it finds.")
    numbers = [options.get(name, 0) for name in PIXELS]
    if not all(type(number) is int and 0 <= number < 2**20 for number in numbers):
        raise ValueError(f"The model {model.name} needs whole numbers of pixels from 0 on as {', '.join(PIXELS)}.")


def begin(model: Model, seed: int, starter: Segmenter | None = None) -> nn.Module:
    """A network to be taught: untrained, or with what `starter` knows, its head keeping the classes they share.

    Raises ValueError where the starter is of another architecture.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(model)
    if starter is not None:
        state = starter.network.state_dict()
        body = {name: value for name, value in state.items() if not name.startswith("segmentation_head.")}
        try:
            network.load_state_dict({**network.state_dict(), **body})
        except RuntimeError as error:
            raise ValueError(f"{starter.model.name} is of another architecture than {model.name}.") from error
        _carry(network, starter, model)
    return network


def _carry(network: nn.Module, starter: Segmenter, model: Model) -> None:
    head, old = network.get_submodule("segmentation_head"), starter.network.get_submodule("segmentation_head")
    before = ("", *starter.model.label_names)
    with torch.no_grad():
        for row, name in enumerate(("", *model.label_names)):
            if name in before:
                for kept, source in zip(head.parameters(), old.parameters(), strict=True):
                    kept[row] = source[before.index(name)].to(kept.device)


def _finished(model: Model, network: nn.Module, where: torch.device) -> Segmenter:
    return Segmenter(model, model.sha256, network, where)


_shelf = Shelf(build, _finished)


def load(model: Model, weights: Path) -> Segmenter:
    """The segmenter of `model` with the weights in the file; read once per file, kept for the next call.

    Raises OSError where the file cannot be read, ValueError with a sentence where it is not the file of these facts.
    """
    return _shelf.load(model, weights)


def preload(model: Model, weights: Path) -> None:
    """Keeps it on the processor for this process and all that are forked from it; raises as `load` does."""
    _shelf.preload(model, weights)
