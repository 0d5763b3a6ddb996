"""One label for the whole sample: builds timm networks, loads their weights once, turns pictures into regions."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as unpack
from safetensors.torch import save as pack
from torch import nn

from imagine_kernels.records import Region
from imagine_kernels.tasks import compute, inputs, networks, taxonomy
from imagine_kernels.use_case import Model

LARGEST = 512 * 2**20
"""Bytes. A bigger file is not one of ours, and reading it would fill the memory."""


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
        found: npt.NDArray[np.float32] = outputs.softmax(1).cpu().numpy()
        return found

    def scores_of_all(self, seen: Sequence[inputs.Pixels | inputs.Seen], batch: int = 128) -> npt.NDArray[np.float32]:
        """As `scores`, of many pictures."""
        return np.concatenate([self.scores(seen[i : i + batch]) for i in range(0, len(seen), batch)])

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


def load(model: Model, weights: Path) -> Classifier:
    """The classifier of `model` with the weights in the file; read once per file, kept for the next call.

    Raises OSError where the file cannot be read, ValueError with a sentence where it is not the file of these facts.
    """
    where = str(compute.device())
    if (found := _preloaded.get(_Key(model, model.sha256, where))) is not None and _signature(weights) == found[0]:
        return found[1]
    return _ready(_Key(model, model.sha256, where), _read(model, weights))


def preload(model: Model, weights: Path) -> None:
    """Keeps the classifier on the processor for this process and all that are forked from it; raises as `load` does.

    No memory is filled twice, and no numbers are drawn for weights that are replaced at once.
    """
    signature = _signature(weights)
    key, data = _Key(model, model.sha256, "cpu"), _read(model, weights)
    with torch.device("meta"):
        network = networks.build(model)
    _fill(network, data, model, assign=True)
    empty = [name for name, value in (*network.named_parameters(), *network.named_buffers()) if value.is_meta]
    if empty:
        raise ValueError(f"The weights of {model.name} lack {', '.join(empty)}.")
    _preloaded[key] = signature, _placed(key, network)


def _signature(file: Path) -> tuple[int, int, int]:
    """Changes when the file does."""
    found = file.stat()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _read(model: Model, weights: Path) -> bytes:
    size = weights.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{weights} holds {size / 2**20:.0f} MB: more than weights of a classifier here.")
    data = weights.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise ValueError(
            f"{weights} is not the file the model {model.name} was measured with: its sha256 is {found[:12]}…, "
            f"{model.sha256[:12]}… was expected. Fetch it again, or name the weights it belongs to."
        )
    return data


@dataclass(frozen=True, eq=False)
class _Key:
    """What makes two loads the same: the facts that shape the network, the bytes, the device."""

    model: Model
    sha256: str
    device: str

    def _shape(self) -> tuple[object, ...]:
        model = self.model
        options = json.dumps(dict(model.options), sort_keys=True, default=list)
        made = (model.architecture, options, model.parts, model.turns, model.profile, model.labels, model.taxa)
        said = (model.temperature, model.reject_below, model.back_off, model.confusion)
        return (model.name, *made, *said, self.sha256, self.device)

    def __hash__(self) -> int:
        return hash(self._shape())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._shape() == other._shape()


_kept: dict[_Key, Classifier] = {}
_preloaded: dict[_Key, tuple[tuple[int, int, int], Classifier]] = {}
"""Shared by all kernels that are forked from the process that read them, with the signatures of their files."""


def _ready(key: _Key, data: bytes) -> Classifier:
    if key not in _kept:
        while len(_kept) >= 4:  # a person compares a few models; more would only hold memory
            _kept.pop(next(iter(_kept)))
        network = networks.build(key.model)
        _fill(network, data, key.model)
        _kept[key] = _placed(key, network)
    return _kept[key]


def _placed(key: _Key, network: nn.Module) -> Classifier:
    where = torch.device(key.device)
    network = compute.placed(network, where).eval().requires_grad_(requires_grad=False)
    return Classifier(key.model, key.sha256, network, where)


def _fill(network: nn.Module, data: bytes, model: Model, *, assign: bool = False) -> None:
    try:
        state = {name: value.float() if value.dtype == torch.float16 else value for name, value in unpack(data).items()}
        network.load_state_dict(state, assign=assign)
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(
            f"The weights of {model.name} do not fit {model.architecture} with its options: take the file that belongs "
            "to these facts, or train again."
        ) from error


def packed(network: nn.Module) -> tuple[bytes, str]:
    """The weights as half floats in the safetensors format, and their sha256; a forest's thresholds stay exact."""
    state = {
        name: (value.half() if value.dtype == torch.float32 else value).contiguous().cpu()
        for name, value in network.state_dict().items()
    }
    data = pack(state)
    return data, hashlib.sha256(data).hexdigest()


def write(data: bytes, path: Path) -> None:
    """Leaves `data` at `path`, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
