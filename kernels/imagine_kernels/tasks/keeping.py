"""What is left of a training: the weights and their facts in a folder, and what a repetition needs to know."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path

import torch
from torch import nn

from imagine_kernels.environment import user
from imagine_kernels.tasks import classification, facts
from imagine_kernels.tasks.course import Course
from imagine_kernels.tasks.splits import Split
from imagine_kernels.use_case import Figure, Model, Source


def keep(
    course: Course, network: nn.Module, figures: tuple[Figure, ...], command: str, folder: Path
) -> tuple[Model, Path]:
    """Leaves a classifier's weights and facts in `folder`; gives facts and file back."""
    taught = course.lesson
    learned = f"{len(taught.labels)} labelled pictures, sha256 {taught.data_sha256[:12]}"
    return leave(course.model, classification.packed(network), learned, figures, command, folder)


def leave(
    before: Model, packed: tuple[bytes, str], learned: str, figures: tuple[Figure, ...], command: str, folder: Path
) -> tuple[Model, Path]:
    """Leaves weights (their bytes and sha256) and facts under a name that tells them from every other model.

    `learned` says what it learned from. Gives the facts and the file of the weights back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data, digest = packed
    path = folder / f"{before.name.split('-')[0]}-{digest[:8]}.safetensors"
    made = replace(
        before,
        name=path.stem,
        title=f"{before.title.split(' · ')[0]} · {digest[:8]}",
        weights=path.name,
        sha256=digest,
        figures=figures,
        command=command,
        source=Source(learned, "that of the pictures", f"{before.source.citation} Labels: {user()}.", ""),
    )
    classification.write(data, path)
    facts.write(made, path.with_suffix(".json"))
    return made, path


def command(case: str, options: Mapping[str, object]) -> str:
    """What to type to get the same model again."""
    said = {name.replace("_", "-"): value for name, value in options.items()}
    words = [f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}" for name, value in said.items()]
    return " ".join(["imagine train", case, "DATA", *words])


def parameters(course: Course, split: Split) -> dict[str, str | int | float]:
    """What shaped a training, flat, as a tracking server takes it."""
    model, taught, starter = course.model, course.lesson, course.starter
    known: dict[str, str | int | float] = {
        "start": "nothing" if starter is None else f"{starter.model.name} {starter.origin}",
        "architecture": model.architecture,
        "parts": ", ".join(model.parts),
        "temperature": model.temperature,
        "size": model.profile.size,
        "colour": model.profile.colour,
        "classes": len(model.labels),
        "pictures": len(taught.labels),
        "seed": course.seed,
        "split": split.how,
    }
    return known | {f"plan.{name}": value for name, value in asdict(course.plan).items()}


def versions() -> dict[str, str]:
    """What a result depends on beside data and seed."""
    parts = {name: metadata.version(name) for name in ("imagine-aquatic", "timm", "torchvision", "numpy", "pillow")}
    return {"python": sys.version.split()[0], "torch": torch.__version__, **parts}
