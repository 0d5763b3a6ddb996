"""The real sets of `accuracy.py`: how each is taught, what was promised of it, and which part of it examines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from imagine_kernels import use_case
from imagine_kernels.evaluate import Evaluation
from imagine_kernels.records import Collection
from imagine_kernels.tasks import lesson, splits
from imagine_kernels.train import Options
from imagine_kernels.use_case import Label, Model, Profile, Source

OTHER = "held-out half/"
"""Before the ids of pictures that come from the other folder."""
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PHYTOPLANKTON = use_case.get("phytoplankton")
UVP6 = Model(
    name="uvp6",
    title="Vignettes of the UVP6",
    architecture="resnet10t",
    options={"channels": (24, 48, 96, 192), "stem_width": 16},
    labels=(Label("none", "none"),),
    profile=Profile(64, "grey", (0.0,) * 3, (0.25,) * 3, views=(1.0, 2.0)),
    weights="",
    sha256="",
    source=Source("uvp6_vignettes of ecotaxa/uvpec", "GPL-3.0: no weights are kept", "", ""),
    figures=(),
    command="",
)
"""Facts of a model that is trained here alone: the licence of its pictures lets no weights be given away."""


@dataclass(frozen=True)
class Set:
    """Pictures, the model that is taught them from scratch, and how: what `imagine train` takes.

    `targets` are figures with what they must reach, and where: "folds" of this half, on the "other" half, or both.
    Pictures that come in no runs are dealt to so many `folds`: of ten, each fit learns nine tenths of them.
    """

    folder: str
    model: Model
    options: Options
    targets: tuple[tuple[str, float, str], ...]
    seeds: int = 1
    folds: int = 5


SETS = {
    "uvp6": Set(
        "02_zooplankton_ecotaxa/uvp6_vignettes",
        UVP6,
        Options(scratch=True, networks=4, forest=True, machine=True, texture=True, epochs=240, variety=0.5),
        (("macro-F1", 0.90, "both"),),
        folds=10,
    ),
    "vliz": Set(
        "05_flowcam_phytoplankton/vliz_flowcam",
        PHYTOPLANKTON.model("north_sea"),
        Options(scratch=True, networks=3, forest=True, epochs=15, drawn=1200),
        (("macro-F1", 0.86, "both"),),
        seeds=3,
    ),
    "culture": Set(
        "05_flowcam_phytoplankton/flowcam_culture_crops",
        PHYTOPLANKTON.model("culture"),
        Options(
            scratch=True,
            networks=3,
            forest=True,
            machine=True,
            texture=True,
            epochs=12,
            variety=0.4,
            runs="(.*)_",
        ),
        (("macro-F1", 0.80, "folds"), ("macro-F1", 0.91, "other"), ("recall of Missed", 0.75, "both")),
    ),
}


def joined(one: Collection, other: Collection) -> Collection:
    """Both halves of a set as one, the ids of the other marked."""
    samples = [replace(sample, id=OTHER + sample.id) for sample in other.samples]
    said = [replace(annotation, sample_id=OTHER + annotation.sample_id) for annotation in other.annotations]
    return Collection((*one.samples, *samples), (*one.annotations, *said), (*one.skipped, *other.skipped))


def other(ready: lesson.Lesson) -> splits.Split:
    """The split that learns one half and is examined on the other."""
    return splits.Split(np.array([name.startswith(OTHER) for name in ready.ids]), "taught by one half, the other asked")


def judged(chosen: Set, found: Sequence[Evaluation], ratio: float, *, held: bool) -> Iterator[str]:
    """Whether each promise was kept, as lines; of several seeds the mean counts."""
    seeds = f", mean of {len(found)} seeds" if len(found) > 1 else ""
    for name, least, where in chosen.targets:
        if where not in {"both", "other" if held else "folds"}:
            if not held:
                yield f"target {name} {least:.2f} on the other half: not examined here (--against)"
            continue
        value = float(np.mean([figure(each, name) for each in found]))
        yield f"target {name} {least:.2f}{seeds}: {value:.3f}, {'kept' if value >= least else 'NOT KEPT'}"
    yield f"target ours over the baseline 1.0{seeds}: {ratio:.2f}, {'kept' if ratio >= 1 else 'NOT KEPT'}"


def figure(found: Evaluation, name: str) -> float:
    """One figure of an evaluation by its name."""
    return found.macro_f1.value if name == "macro-F1" else found.recall[name.removeprefix("recall of ")].value
