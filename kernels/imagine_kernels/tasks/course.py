"""A course of lessons: fits over the splits of one lesson, by seed, with a progress bar and a history of epochs."""

import copy
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from imagine_kernels.tasks import (
    beside,
    calibration,
    classification,
    compute,
    inputs,
    measured,
    networks,
    taxonomy,
    training,
)
from imagine_kernels.tasks.lesson import Lesson
from imagine_kernels.tasks.splits import Mask, Split, nothing
from imagine_kernels.use_case import MEASURED, NETWORK, Model

_WATCHED = 1000
"""Held-out pictures that are looked at after every epoch; the figures at the end use all."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One epoch of the fit whose weights are kept; `accuracy` is that on pictures held out, None where none were."""

    epoch: int
    loss: float
    seconds: float
    accuracy: float | None


@dataclass(frozen=True)
class Examined:
    """The scores (pictures, classes) that the pictures of `held` got from a network that had not seen them."""

    held: Mask
    scores: npt.NDArray[np.float32]


@dataclass
class Course:
    """What every fit of a training shares; `history` is that of the fit whose weights are kept.

    `gain` is what falling back, or saying nothing, is worth on the pictures held out, where the model does.
    """

    model: Model
    starter: classification.Classifier | None
    lesson: Lesson
    plan: training.Plan
    seed: int
    history: list[Progress] = field(default_factory=list)
    gain: taxonomy.Gain | None = None
    _telling: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def run(self, splits: list[Split], bar: Any, *, cross_validate: bool) -> tuple[nn.Module, list[Examined]]:  # noqa: ANN401
        """The network to keep, and what the networks said of pictures they had not seen.

        One split: fits without the pictures it holds out; interrupted, it gives what was learned so far. To
        cross-validate: one fit per split to examine, then one on every picture to keep.
        """
        if not cross_validate:
            fitted = self._fit(splits[0].held, self.seed, bar)
            return fitted.network, [self._examine(fitted.network, splits[0])] if splits[0].held.any() else []
        examined = []
        for number, split in enumerate(splits, 1):
            fitted = self._fit(split.held, self.seed + 1000 * number, bar)
            if fitted.stopped:
                raise KeyboardInterrupt
            examined.append(self._examine(fitted.network, split))
            self.history.clear()
        return self._fit(nothing(len(self.lesson.labels)).held, self.seed, bar).network, examined

    def _fit(self, held: Mask, seed: int, bar: Any) -> training.Fitted:  # noqa: ANN401
        """Every part of the model taught what is not held out; interrupted, the last stands in for those not begun."""
        places = [number for number, part in enumerate(self.model.parts) if part == NETWORK]
        learned = self.lesson.squares[~held]
        done = beside.taught([self._teach(learned, held, seed + number, number, bar) for number in places])
        self.history.sort(key=lambda progress: progress.epoch)
        taught = [fitted.network for fitted in done]
        others = iter([*taught, *(copy.deepcopy(taught[-1]) for _ in places[len(done) :])])
        parts = [self._learn(part, held, seed) if part in MEASURED else next(others) for part in self.model.parts]
        return training.Fitted(networks.join(self.model, parts).eval(), any(fitted.stopped for fitted in done))

    def _learn(self, part: str, held: Mask, seed: int) -> nn.Module:
        features = self.lesson.features
        if features is None:
            raise ValueError(f"The pictures were prepared without the features that a {part} asks for.")
        targets = self.lesson.targets(self.model.label_names)
        own = measured.own(part, self.model.parts, features)
        return measured.KINDS[part].taught(own[~held], targets[~held], len(self.model.labels), seed)

    def _teach(self, learned: inputs.Pixels, held: Mask, seed: int, number: int, bar: Any) -> beside.Fit:  # noqa: ANN401
        """What teaches the network called `number`. It begins here, for seeds are set for all threads."""
        targets = self.lesson.targets(self.model.label_names)
        watched = np.flatnonzero(held)[:_WATCHED]
        alone = replace(self.model, parts=(NETWORK,), turns=1)

        def after(epoch: training.Epoch, network: nn.Module) -> None:
            right: float | None = None
            if len(watched):
                looking = classification.Classifier(alone, "", network, compute.device())
                with compute.precision(looking.device):
                    called = looking.scores_of_all(list(self.lesson.squares[watched])).argmax(1)
                right = float((called == targets[watched]).mean())
            with self._telling:
                place = epoch.number + number * self.plan.epochs
                self.history.append(Progress(place, epoch.loss, epoch.seconds, right))
                bar.update()
                bar.set_postfix(loss=f"{epoch.loss:.2f}", **({} if right is None else {"right": f"{right:.0%}"}))

        network = classification.begin(self.model, seed, self.starter, number)
        known = learned, targets[~held], self.model.profile
        return lambda stopped: training.fit(network, *known, self.plan, seed, after, stopped)

    def _examine(self, network: nn.Module, split: Split) -> Examined:
        """The scores of the held-out pictures, before any temperature."""
        plain = replace(self.model, temperature=1.0)
        classifier = classification.Classifier(plain, "", network, compute.device())
        return Examined(split.held, classifier.scores_of_all(self.lesson.seen(split.held)))

    def calibrate(self, examined: list[Examined], wrong: float | None, back_off: float | None = None) -> None:
        """Sets the model's temperature, thresholds where they are asked for, and confusion, by pictures held out.

        `wrong` is the share of wrong answers that may remain when the model rejects, `back_off` when it falls back to
        higher taxa before; without them a model that goes on from another keeps its thresholds, for calibrated scores
        mean the same. Raises ValueError where no threshold keeps that.
        """
        if wrong is not None or back_off is not None:
            self.model = replace(self.model, reject_below=None, back_off=None)
        self.model = replace(self.model, confusion=())
        if not examined:
            return
        targets = np.concatenate([self.lesson.targets(self.model.label_names)[part.held] for part in examined])
        raw = np.concatenate([part.scores for part in examined])
        self.model = replace(self.model, temperature=calibration.temperature(raw, targets))
        scores = calibration.calibrated(raw, self.model.temperature)
        if wrong is not None:
            found = calibration.threshold(scores.max(1), scores.argmax(1) == targets, wrong)
            self.model = replace(self.model, reject_below=round(found, 4))
        if back_off is not None:
            asked = replace(self.model, back_off=0.5)
            self.model = replace(asked, back_off=taxonomy.least(asked, scores, targets, back_off))
        self.model = replace(self.model, confusion=taxonomy.confusion(self.model, scores, targets))
        if len(self.model.names) > len(self.model.labels):
            self.gain = taxonomy.gain(self.model, scores, targets)

    def calibrated(self, part: Examined) -> npt.NDArray[np.float32]:
        """The scores of the pictures that were held out, after the model's temperature."""
        return calibration.calibrated(part.scores, self.model.temperature)
