"""Files of weights → networks ready on their device, each read once: what every task loads with."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as unpack
from safetensors.torch import save as pack
from torch import nn

from imagine_kernels.tasks import compute
from imagine_kernels.use_case import Model

LARGEST = 512 * 2**20
"""Bytes. A bigger file is not one of ours, and reading it would fill the memory."""
_KEPT = 4
"""A person compares a few models; more would only hold memory."""

Ready = TypeVar("Ready")
_Signature = tuple[int, int, int]


class Shelf(Generic[Ready]):
    """The loaded models of one task.

    `build` makes the untrained network of facts; `finish` makes it what a caller gets, ready on the device. `preloaded`
    is shared by all kernels that are forked from the process that read them, with the signatures of their files.
    """

    def __init__(
        self, build: Callable[[Model], nn.Module], finish: Callable[[Model, nn.Module, torch.device], Ready]
    ) -> None:
        self._build, self._finish = build, finish
        self.kept: dict[str, Ready] = {}
        self.preloaded: dict[str, tuple[_Signature, Ready]] = {}

    def load(self, model: Model, weights: Path) -> Ready:
        """The network with the weights in the file; read once, kept for the next call.

        Raises OSError where the file cannot be read, ValueError with a sentence where it is not the file of the facts.
        """
        where = compute.device()
        key = f"{where} {model!r}"
        if (found := self.preloaded.get(key)) is not None and _signature(weights) == found[0]:
            return found[1]
        data = read(model, weights)
        if key not in self.kept:
            while len(self.kept) >= _KEPT:
                self.kept.pop(next(iter(self.kept)))
            network = self._build(model)
            _fill(network, data, model)
            self.kept[key] = self._placed(model, network, where)
        return self.kept[key]

    def preload(self, model: Model, weights: Path) -> None:
        """Keeps it on the processor for this process and all that are forked from it; raises as `load` does.

        No memory is filled twice, and no numbers are drawn for weights that are replaced at once.
        """
        signature, data = _signature(weights), read(model, weights)
        with torch.device("meta"):
            network = self._build(model)
        _fill(network, data, model, assign=True)
        named = (*network.named_parameters(), *network.named_buffers())
        if empty := [name for name, value in named if value.is_meta]:
            raise ValueError(f"The weights of {model.name} lack {', '.join(empty)}.")
        where = torch.device("cpu")
        self.preloaded[f"{where} {model!r}"] = signature, self._placed(model, network, where)

    def _placed(self, model: Model, network: nn.Module, where: torch.device) -> Ready:
        network = compute.placed(network, where).eval().requires_grad_(requires_grad=False)
        return self._finish(model, network, where)


def read(model: Model, weights: Path) -> bytes:
    """The bytes of the file, which must be those the facts name by their sha256."""
    size = weights.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{weights} holds {size / 2**20:.0f} MB: more than weights of a model here.")
    data = weights.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise ValueError(
            f"{weights} is not the file the model {model.name} was measured with: its sha256 is {found[:12]}…, "
            f"{model.sha256[:12]}… was expected. Fetch it again, or name the weights it belongs to."
        )
    return data


def packed(network: nn.Module) -> tuple[bytes, str]:
    """The weights as half floats in the safetensors format, and their sha256; what is told in long floats stays so."""
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


def _signature(file: Path) -> _Signature:
    """Changes when the file does."""
    found = file.stat()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _fill(network: nn.Module, data: bytes, model: Model, *, assign: bool = False) -> None:
    try:
        state = {name: value.float() if value.dtype == torch.float16 else value for name, value in unpack(data).items()}
        network.load_state_dict(state, assign=assign)
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(
            f"The weights of {model.name} do not fit {model.architecture} with its options: take the file that belongs "
            "to these facts, or train again."
        ) from error
