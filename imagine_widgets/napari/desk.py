"""What a notebook lays on the desktop: samples to open there, what models said of them, and where labels are kept."""

import html
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagine_kernels import environment
from imagine_kernels.records import Annotation, Prediction, Sample, from_json, to_json
from imagine_widgets.store import Store, store_of

NAME = "desktop.json"


@dataclass(frozen=True)
class Choice:
    """What was laid there last."""

    samples: tuple[Sample, ...]
    predictions: tuple[Prediction, ...]
    labels: tuple[str, ...]
    store: Store

    def regions(self) -> tuple[Annotation | Prediction, ...]:
        """What holds for these samples now: labels of people, and what models said and nobody changed or refused."""
        said: list[Annotation | Prediction] = []
        answered: dict[str, set[str]] = {}
        for sample in self.samples:
            held = self.store.current(sample.id)
            answered[sample.id] = {one.id for one in self.store.regions(sample.id)}
            regions = tuple(one.region for one in held if one.region is not None)
            if regions:
                said.append(Annotation(sample.id, regions, environment.user()))
        for prediction in self.predictions:
            open_ = tuple(r for r in prediction.regions if r.id not in answered.get(prediction.sample_id, ()))
            said.append(Prediction(prediction.sample_id, open_, prediction.model, prediction.weights))
        return tuple(said)


@dataclass(frozen=True)
class Link:
    """Where the desktop is, as a link in a notebook."""

    address: str
    count: int

    def __str__(self) -> str:
        return f"{self.count:,} samples lie on the desktop: {self.address}"

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        return f'<a href="{address}" target="_blank">Open {self.count:,} samples on the desktop</a>'


def on_desktop(
    samples: Iterable[Sample],
    predictions: Iterable[Prediction] = (),
    *,
    labels: Sequence[str] = (),
    store: Store | None = None,
) -> Link:
    """Lay samples on the desktop; napari opens them there, beside the labels that `store` has of them.

    What is drawn there is kept in `store` at once (by default the one of these samples). Raises ValueError with a
    sentence where there are no samples, OSError where the choice cannot be written.
    """
    shown = tuple(samples)
    if not shown:
        raise ValueError("The desktop needs at least one sample.")
    known = {sample.id for sample in shown}
    told = {
        "samples": [to_json(sample) for sample in shown],
        "predictions": [to_json(p) for p in predictions if p.sample_id in known],
        "labels": [*labels],
        "store": str((store or store_of(shown)).path),
    }
    _write(place(), json.dumps(told))
    return Link(f"{os.environ.get(environment.SERVER_ADDRESS, '/')}desktop/", len(shown))


def place() -> Path:
    """The file by which a notebook tells the desktop what to show."""
    return environment.work_folder() / NAME


def choice() -> Choice | None:
    """What lies on the desktop; None before anything was laid there. Raises ValueError with a sentence."""
    try:
        told = json.loads(place().read_text(encoding="utf-8"))
        samples, predictions = (tuple(from_json(one) for one in told[name]) for name in ("samples", "predictions"))
        return Choice(samples, predictions, tuple(told["labels"]), Store(told["store"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{place()} is not what on_desktop wrote: call it again in a notebook.") from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.chmod(0o600)
    part.replace(path)
