"""A course of lessons: fits over the splits of one lesson, by seed, with a progress bar and a history of epochs."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import nn

from imagine_kernels.tasks import classification, compute, training
from imagine_kernels.tasks.lesson import Lesson
from imagine_kernels.tasks.splits import Mask, Split, nothing
from imagine_kernels.use_case import Model

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
    """What every fit of a training shares; `history` is that of the fit whose weights are kept."""

    model: Model
    starter: classification.Classifier | None
    lesson: Lesson
    plan: training.Plan
    seed: int
    history: list[Progress] = field(default_factory=list)

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
        targets = self.lesson.targets(self.model.label_names)
        watched = np.flatnonzero(held)[:_WATCHED]

        def after(epoch: training.Epoch, network: nn.Module) -> None:
            right: float | None = None
            if len(watched):
                called = self._scores(network, self.lesson.squares[watched]).argmax(1)
                right = float((called == targets[watched]).mean())
            self.history.append(Progress(epoch.number, epoch.loss, epoch.seconds, right))
            bar.update()
            bar.set_postfix(loss=f"{epoch.loss:.2f}", **({} if right is None else {"right": f"{right:.0%}"}))

        network = classification.begin(self.model, seed, self.starter)
        learned = self.lesson.squares[~held]
        return training.fit(network, learned, targets[~held], self.model.profile, self.plan, seed, after)

    def _examine(self, network: nn.Module, split: Split) -> Examined:
        return Examined(split.held, self._scores(network, self.lesson.squares[split.held]))

    def _scores(self, network: nn.Module, squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return classification.Classifier(self.model, "", network, compute.device()).scores_of_all(squares)
