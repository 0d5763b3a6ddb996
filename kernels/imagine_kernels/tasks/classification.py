"""One label for the whole sample: builds timm networks, loads their weights once, turns pictures into regions."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from imagine_kernels.records import Region, Sample
from imagine_kernels.tasks import compute, inputs, networks, reading, scale, taxonomy
from imagine_kernels.tasks.weights import Shelf, packed, write
from imagine_kernels.use_case import Model

__all__ = ["SHELF", "Classifier", "begin", "features", "load", "packed", "preload", "write"]


@dataclass(frozen=True)
class Classifier:
    """A network with its weights, ready on its device, and the facts it was made by."""

    model: Model
    sha256: str
    network: nn.Module
    device: torch.device

    @property
    def origin(self) -> str:
        """Where what it knows comes from, for a line of text: the start of the sha256, or what it was told."""
        return self.sha256[:12] if len(self.sha256) == 64 else self.sha256

    @property
    def side(self) -> int | None:
        """Pixels: no picture needs to be larger than this to be prepared; None where its own size counts."""
        return self.model.side

    def prepare(self, image: inputs.Pixels) -> inputs.Pixels | inputs.Seen:
        """The picture (H, W, 3) as the square that networks look at, with the features that a forest asks for."""
        return inputs.prepare(image, self.model)

    def batch(self, seen: Sequence[inputs.Pixels | inputs.Seen]) -> tuple[torch.Tensor, ...]:
        """Prepared pictures as what the network takes."""
        return inputs.batch(seen, self.model.profile, self.device)

    def scores(self, seen: Sequence[inputs.Pixels | inputs.Seen]) -> npt.NDArray[np.float32]:
        """The score of every class, (pictures, classes), each row adding up to 1; calibrated where the model is."""
        batch = self.batch(seen)
        with torch.inference_mode():  # in float32: the same scores on every machine and in every batch
            outputs = self.network(*batch) / self.model.temperature
        found: npt.NDArray[np.float32] = outputs.float().softmax(1).cpu().numpy()
        return found

    def scores_of_all(self, seen: Sequence[inputs.Pixels | inputs.Seen], batch: int = 128) -> npt.NDArray[np.float32]:
        """As `scores`, of many pictures."""
        return np.concatenate([self.scores(seen[i : i + batch]) for i in range(0, len(seen), batch)])

    def features(self, seen: Sequence[inputs.Pixels | inputs.Seen]) -> npt.NDArray[np.float32]:
        """What the networks make of each picture before they name it, (pictures, features): like pictures lie near.

        Of a forest alone: what it measures.
        """
        squares, *measured = self.batch(seen)
        with torch.inference_mode():
            found = [
                network.forward_head(network.forward_features(squares), pre_logits=True).float().flatten(1)  # type: ignore[operator]
                for network in networks.taught(self.network)
            ]
        vectors: npt.NDArray[np.float32] = torch.cat(found or measured, 1).cpu().numpy()
        return vectors

    def regions(self, seen: Sequence[inputs.Pixels | inputs.Seen]) -> list[tuple[Region, ...]]:
        """One whole-sample region per picture, with the scores of all classes.

        Where the model is not sure, it is called by the taxon it is sure of, or `NONE`: see `taxonomy.answer`.
        """
        scores, names = self.scores(seen), self.model.label_names
        called, sure = taxonomy.answer(self.model, scores)
        return [
            (Region(answers[i], score, scores={n: min(1.0, s) for n, s in zip(names, row, strict=True)}),)
            for answers in [self.model.names]
            for i, score, row in zip(called.tolist(), sure.tolist(), scores.tolist(), strict=True)
        ]


def features(
    classifier: Classifier, samples: Iterable[Sample], batch: int = 64
) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Every sample's id and its features, streamed; those that cannot be read are left out (`predict` tells why)."""
    grey = classifier.model.profile.colour == "grey"
    with compute.free_threads() as threads:
        good = scale.checked(samples, classifier.model)
        reads = reading.read(good, classifier.prepare, side=classifier.side, threads=threads, grey=grey)
        read = ((item.sample.id, item.ready) for item in reads if item.ready is not None)
        while some := list(itertools.islice(read, batch)):
            vectors = classifier.features([ready for _, ready in some])
            yield from ((name, vector) for (name, _), vector in zip(some, vectors, strict=True))


def begin(model: Model, seed: int, starter: Classifier | None = None, number: int = 0) -> nn.Module:
    """A network to be taught: untrained, or with what `starter` knows, its head keeping the classes they share.

    Of a starter with several networks the one called `number` is taken, in turn where it has fewer.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = networks.single(model)
    if starter is not None and (known := networks.taught(starter.network)):
        old = known[number % len(known)]
        head = str(network.default_cfg["classifier"])  # type: ignore[index]
        state = {name: value for name, value in old.state_dict().items() if not name.startswith(f"{head}.")}
        network.load_state_dict(state, strict=False)
        _carry(network.get_submodule(head), old.get_submodule(head), model, starter.model)
    return network


def _carry(head: nn.Module, old: nn.Module, model: Model, before: Model) -> None:
    with torch.no_grad():
        for row, name in enumerate(model.label_names):
            if name in before.label_names:
                was = before.label_names.index(name)
                for kept, source in zip(head.parameters(), old.parameters(), strict=True):
                    kept[row] = source[was]


def _finished(model: Model, network: nn.Module, where: torch.device) -> Classifier:
    return Classifier(model, model.sha256, network, where)


SHELF = Shelf(networks.build, _finished)


def load(model: Model, weights: Path) -> Classifier:
    """The classifier of `model` with the weights in the file; read once per file, kept for the next call.

    Raises OSError where the file cannot be read, ValueError with a sentence where it is not the file of these facts.
    """
    return SHELF.load(model, weights)


def preload(model: Model, weights: Path) -> None:
    """Keeps it on the processor for this process and all that are forked from it; raises as `load` does."""
    SHELF.preload(model, weights)
