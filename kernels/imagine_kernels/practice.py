"""Before the real thing: a classifier taught by pictures that the use case's sample maker drew."""

import importlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels.sources import open_samples
from imagine_kernels.truth import named
from imagine_kernels.use_case import NETWORK, Model, UseCase

if TYPE_CHECKING:
    from imagine_kernels.tasks.classification import Classifier

DRAWN_EPOCHS = 12


def practise(
    case: UseCase, model: Model, starter: "Classifier | None", count: int, seed: int, *, progress: bool
) -> "Classifier":
    """A classifier taught by drawn pictures alone: the shapes, before the real thing.

    Raises ValueError with a sentence where the use case draws other classes than the model tells.
    """
    from imagine_kernels.tasks import classification, compute, lesson, splits
    from imagine_kernels.tasks.course import Course
    from imagine_kernels.tasks.training import Plan

    model = replace(model, parts=tuple(part for part in model.parts if part == NETWORK) or (NETWORK,))
    maker = importlib.import_module(f"imagine_kernels.use_cases.{case.name}.samples")
    with tempfile.TemporaryDirectory(prefix="imagine-drawn-") as folder:
        drawn = open_samples(maker.make_images(Path(folder), count=count, seed=seed))
        taught = lesson.prepare(drawn.samples, named(drawn.annotations), model, progress=progress)
    if strange := sorted(set(taught.labels) - set(model.label_names)):
        raise ValueError(f"The sample maker draws {', '.join(strange)}: classes that {model.name} does not tell.")
    course = Course(model, starter, taught, Plan(DRAWN_EPOCHS), seed)
    with bar(DRAWN_EPOCHS * len(model.parts), "practise", show=progress) as shown:
        network, _ = course.run([splits.nothing(len(taught.labels))], shown, cross_validate=False)
    return classification.Classifier(model, f"{count} drawn pictures", network, compute.device())


def bar(total: int, what: str, *, show: bool) -> Any:  # noqa: ANN401
    from tqdm.auto import tqdm

    hidden: dict[str, Any] = {} if show else {"disable": True}  # else TQDM_DISABLE decides
    return tqdm(total=total, desc=what, unit="epoch", **hidden)
