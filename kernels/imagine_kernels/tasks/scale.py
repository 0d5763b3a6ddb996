"""What a pixel of a picture spans, beside what it spanned when the model was taught: checked, or resampled if told."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from imagine_kernels import images
from imagine_kernels.records import Sample
from imagine_kernels.units import convert
from imagine_kernels.use_case import Model

TOLERANCE = 0.1
"""How far the side of a pixel may be from the model's, as a share of it: objectives differ by more, rulers less."""
MOST = 8.0
"""Resampling more than so many times leaves nothing of what the model knows."""

Pixels = npt.NDArray[np.uint8]


def matters(model: Model) -> bool:
    """Whether size in pixels tells this model something: it looks at the middle, enlarges little, or measures."""
    return bool(model.profile.views) or model.profile.zoom is not None or model.measuring


def times(sample: Sample, model: Model) -> float | None:
    """How many times as large the sample's pixels are as the model's; None where either is unknown."""
    if sample.pixel_size is None or model.profile.pixel_size_um is None:
        return None
    return convert(sample.pixel_size, "micrometer").value / model.profile.pixel_size_um


def checked(samples: Iterable[Sample], model: Model, *, rescale: bool = False) -> Iterable[Sample]:
    """The same samples; of a sequence all are looked at before the first is given back.

    Raises ValueError with the two values where a sample's scale is not the model's. With `rescale` pictures may be
    resampled (see `resampled`), up to 8 times.
    """
    if isinstance(samples, Sequence):
        for sample in samples:
            _check(sample, model, rescale=rescale)
        return samples
    return _each(samples, model, rescale=rescale)


def _each(samples: Iterable[Sample], model: Model, *, rescale: bool) -> Iterator[Sample]:
    for sample in samples:
        _check(sample, model, rescale=rescale)
        yield sample


def _check(sample: Sample, model: Model, *, rescale: bool) -> None:
    found = times(sample, model)
    if found is None or abs(found - 1) <= TOLERANCE or (rescale and 1 / MOST <= found <= MOST):
        return
    known = model.profile.pixel_size_um or 0.0
    sentence = (
        f"A pixel of {images.named(sample.uri)} is {found * known:.4g} µm, and the model {model.name} was taught with "
        f"pixels of {known:.4g} µm. "
    )
    if rescale or not 1 / MOST <= found <= MOST:
        raise ValueError(f"{sentence}Too different to be resampled: take or teach a model for this scale.")
    raise ValueError(
        f"{sentence}Let the pictures be resampled to the model's scale (rescale), teach a model with pictures of this "
        "scale, or correct the pixel size where it is wrong."
    )


def resampled(image: Pixels, factor: float) -> Pixels:
    """The picture (H, W) or (H, W, 3) made `factor` times as large, so that its pixels span what the model's do."""
    if abs(factor - 1) <= TOLERANCE:
        return image
    picture = Image.fromarray(image)
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    made: Pixels = np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return made
