"""A network compiled for the processor: OpenVINO runs it several times as fast as torch, with the same scores."""

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from imagine_kernels.tasks import compute
from imagine_kernels.tasks.inputs import colours
from imagine_kernels.use_case import Profile

_PIXELS = 4 * 224 * 224
"""Pixels at a time: with more, what the layers hand on no longer fits into a core's own memory."""


class Compiled(nn.Module):
    """Stands where the network stood. Takes squares as bytes (N, C, S, S): what is done to them is compiled, too.

    Each thread takes a few pictures through the whole network: none ever waits for another at a layer. It answers in
    the process that made it alone, since its threads do not outlive a fork.
    """

    def __init__(self, network: nn.Module, profile: Profile) -> None:
        super().__init__()
        self.process = os.getpid()
        self._lanes = _lanes(graph(network, profile), compute.granted())

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        """What the network says of each square."""
        pictures = np.ascontiguousarray(squares.permute(0, 2, 3, 1).numpy())
        lanes = self._lanes[: max(1, torch.get_num_threads())]
        rows = max(1, min(_PIXELS // pictures[0, :, :, 0].size, -(-len(pictures) // len(lanes))))
        parts = [pictures[at : at + rows] for at in range(0, len(pictures), rows)]
        return torch.from_numpy(np.concatenate(_run(lanes, parts)))


def _run(lanes: Sequence[Any], parts: Sequence[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """The answers to all parts, in order; as many at once as there are lanes."""
    from openvino import Tensor

    found: list[np.ndarray[Any, Any]] = []
    for number, part in enumerate(parts):
        lane = lanes[number % len(lanes)]
        if number >= len(lanes):
            found.append(_answer(lane))
        lane.set_input_tensor(Tensor(part, shared_memory=True))  # `parts` keeps its memory until all have answered
        lane.start_async()  # given arrays, it would look at them for longer than a small network needs for a picture
    found += [_answer(lanes[number % len(lanes)]) for number in range(len(found), len(parts))]
    return found


def _answer(lane: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401
    lane.wait()
    found: np.ndarray[Any, Any] = lane.get_output_tensor(0).data.copy()
    return found


class _Whole(nn.Module):
    """Bytes as they lie in memory → floats with the background near 0 → the network."""

    def __init__(self, network: nn.Module, profile: Profile) -> None:
        super().__init__()
        self.network = network
        self.mean, self.std = colours(profile)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        seen = squares.permute(0, 3, 1, 2).float().sub(self.mean).div(self.std)
        return cast("torch.Tensor", self.network(seen))


def graph(network: nn.Module, profile: Profile) -> Any:  # noqa: ANN401
    """The network as OpenVINO's graph, for any number of pictures. Raises RuntimeError where it cannot be told so."""
    _quiet()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example = torch.zeros((2, profile.size, profile.size, profile.channels), dtype=torch.uint8)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sum of constants is no loop that tracing could miss: the check would show
        whole = _Whole(network, profile).eval()
        traced = torch.jit.trace(whole, example, check_trace=False)  # type: ignore[no-untyped-call]
    reader = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)
    read = reader.load(decoder)
    found = reader.convert(read)
    found.reshape([-1, profile.size, profile.size, profile.channels])
    return found


def _lanes(graph: Any, count: int) -> list[Any]:  # noqa: ANN401
    """One request for each thread, each running on a thread of its own wherever a core is free."""
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # what it would choose itself moves scores by more than we allow
        "INFERENCE_NUM_THREADS": count,
        "NUM_STREAMS": str(count),
        "ENABLE_CPU_PINNING": False,  # kernels that share a machine would all sit on its first cores
    }
    compiled = openvino.Core().compile_model(graph, "CPU", settings)
    return [compiled.create_infer_request() for _ in range(count)]


def _quiet() -> None:
    """OpenVINO tells its makers that it was imported, unless this package is missing: that it is made for, too."""
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
