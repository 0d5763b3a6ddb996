"""The facts of a trained model in a file beside its weights, so that both can be loaded anywhere, without pickles."""

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

from imagine_kernels.use_case import (
    CLASSIFICATION,
    DETECTION,
    MEASURED,
    NETWORK,
    SEGMENTATION,
    Figure,
    Label,
    Model,
    Profile,
    Source,
)

_LARGEST = 4 * 2**20
_MOST_PARTS = 16
TASKS = (CLASSIFICATION, DETECTION, SEGMENTATION)
OPTIONS = frozenset(
    {"channels", "stem_width", "stem_type", "drop_rate", "drop_path_rate", "global_pool", "width_mult", "depth_mult"}
    | {"decoder", "decoder_channels", "rim", "reach", "core", "least", "widen", "shape"}
    | {"width", "layers", "queries", "window", "shift"}
)
"""What a facts file may tell timm and the tasks. Others name files to unpickle or addresses to fetch, and come from
strangers.
"""


def write(model: Model, path: Path) -> None:
    """Leaves the facts as JSON at `path`, whole or not at all."""
    values = {field.name: getattr(model, field.name) for field in dataclasses.fields(Model)}
    plain = {name: _plain(value) for name, value in values.items()}
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(plain, indent=1, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if hasattr(value, "items") else value


def read(path: Path) -> Model:
    """The facts written by `write`. Raises OSError, or ValueError with a sentence where they are not such facts."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} is too large for the facts of a model.")
    try:
        model = _model(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} does not hold the facts of a model: {error}.") from error
    check(model)
    return model


def beside(weights: Path) -> Model | None:
    """The facts in the .json file beside weights that were trained here; None where there is no such file."""
    file = weights.with_suffix(".json")
    return read(file) if file.is_file() else None


def _model(values: dict[str, Any]) -> Model:
    return Model(
        **{
            **values,
            "options": _tuples(values["options"]),
            "parts": tuple(values.get("parts", (NETWORK,))),
            "labels": tuple(Label(**_tuples(label)) for label in values["labels"]),
            "confusion": _deep(values.get("confusion", ())),
            "taxa": tuple(Label(**_tuples(label)) for label in values.get("taxa", ())),
            "profile": Profile(**_tuples(values["profile"])),
            "source": Source(**values["source"]),
            "figures": tuple(Figure(**figure) for figure in values["figures"]),
        }
    )


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _deep(value) for name, value in values.items()}


def _deep(value: Any) -> Any:  # noqa: ANN401
    return tuple(_deep(item) for item in value) if isinstance(value, list | tuple) else value


def check(model: Model) -> None:
    """Raises ValueError with a sentence where facts ask for what facts must not."""
    strange = sorted(set(model.options) - OPTIONS)
    if strange:
        raise ValueError(f"The model {model.name} has options that are not allowed: {', '.join(strange)}.")
    if model.task not in TASKS:
        raise ValueError(f"The model {model.name} is for {model.task!r}, which is not one of {', '.join(TASKS)}.")
    if ":" in model.architecture or "/" in model.architecture:
        raise ValueError(f"The model {model.name} names {model.architecture!r}, which is not a network of this house.")
    if not 16 <= model.profile.size <= 1024 or not model.labels:
        raise ValueError(f"The model {model.name} needs an input of 16 to 1024 pixels and at least one class.")
    _check_parts(model)
    _check_answers(model)


def _check_parts(model: Model) -> None:
    views = model.profile.views
    if (
        not 1 <= len(model.parts) <= _MOST_PARTS
        or not {NETWORK, *MEASURED}.issuperset(model.parts)
        or (max(map(model.parts.count, MEASURED)) > 1)
    ):
        raise ValueError(
            f"The model {model.name} needs 1 to {_MOST_PARTS} parts, networks or one {', '.join(MEASURED)}, "
            f"not {model.parts}."
        )
    if model.turns not in {1, 8} or not (math.isfinite(model.temperature) and model.temperature > 0):
        raise ValueError(f"The model {model.name} needs 1 or 8 turns and a temperature above 0.")
    if len(views) > _MOST_PARTS or not all(1 <= view <= 64 for view in views):
        raise ValueError(f"The model {model.name} needs views of 1 to 64 pixels to the pixel, not {views}.")


def _check_answers(model: Model) -> None:
    for name, least in (("reject_below", model.reject_below), ("back_off", model.back_off)):
        if least is not None and not 0 < least <= 1:
            raise ValueError(f"The model {model.name} has a {name} of {least}: it must lie between 0 and 1.")
    rows, columns = len(model.labels), {len(model.labels), len(model.names)}  # thresholds may have been set later
    good = len(model.confusion) == rows and all(
        len(row) in columns and all(isinstance(cell, int) and cell >= 0 for cell in row) for row in model.confusion
    )
    if model.confusion and not good:
        raise ValueError(
            f"The confusion matrix of the model {model.name} must count pictures in {rows} rows, its classes, "
            f"and {len(model.names)} columns, all it may say."
        )
