"""What a detector found in pictures it had not seen → scores that tell how often it is right, and its threshold."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from imagine_kernels.records import Region
from imagine_kernels.tasks import matching
from imagine_kernels.use_case import Model

_FEWEST = 20
"""Found things, right and wrong ones, without which nothing can be said."""
_STEEPEST = 20.0


def plain(model: Model) -> Model:
    """The model with the scores of its network as they are."""
    options = {name: value for name, value in model.options.items() if name != "shift"}
    return replace(model, options=options, temperature=1.0)


def calibrated(
    model: Model, found: Sequence[Iterable[Region]], true: Sequence[Iterable[Region]], least: float = 0.5
) -> Model:
    """The model with temperature, shift (Platt 1999) and threshold by what its `plain` self found in some pictures.

    A find is right where it overlaps a thing of its label by `least`. The threshold is that of the highest F1. Where
    too little was found to tell, the model stays as it is.
    """
    judged = matching.judge(found, true, model.label_names, least)
    scores, right = judged.every()
    if min(right.sum(), (~right).sum()) < _FEWEST:
        return model
    from sklearn.linear_model import LogisticRegression

    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    logits = np.log(clipped / (1 - clipped))
    fitted = LogisticRegression(C=10.0).fit(logits[:, None], right)
    slope = float(np.clip(fitted.coef_[0, 0], 1 / _STEEPEST, _STEEPEST))
    shift = float(np.clip(fitted.intercept_[0] / slope, -50, 50))
    sure = 1 / (1 + np.exp(-(logits + shift) * slope))
    threshold = best(sure, right, judged.total)
    options = {**model.options, "shift": round(shift, 4)}
    return replace(model, options=options, temperature=round(1 / slope, 4), reject_below=round(threshold, 4))


def best(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], true: int) -> float:
    """The threshold at which F1 is highest; between two scores, so that rounding changes nothing."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(right[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + true)
    last = int(f1.argmax())
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)
