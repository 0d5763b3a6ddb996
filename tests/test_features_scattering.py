"""Features of texture: what turning leaves as it is, and what the transform is by definition."""

import numpy as np
import pytest

from imagine_kernels.features import scattering


@pytest.fixture
def contrast():
    return np.random.default_rng(4).normal(0, 0.1, (64, 64))


@pytest.mark.parametrize("turned", [np.rot90, np.flipud, np.fliplr, np.transpose])
def test_turned_objects_have_the_same_texture(contrast, turned):
    plain = scattering.scattering(contrast, 31.5, 31.5)
    again = scattering.scattering(turned(contrast), 31.5, 31.5)
    assert plain == pytest.approx(again, abs=0.01)
    assert np.std(plain) > 5 * np.abs(np.subtract(plain, again)).max()


def test_finest_strength_is_that_of_the_wavelet_laid_over_every_pixel(contrast):
    wavelet = np.fft.ifft2(scattering._wavelet(0, 0.0))
    laid = [np.roll(contrast, (-y, -x), (0, 1))[::-1, ::-1] for y in range(64) for x in range(64)]
    plain = np.array([(np.roll(one, (1, 1), (0, 1)) * wavelet).sum() for one in laid]).reshape(64, 64)
    bank = scattering._bank()
    quick = np.fft.ifft2(np.fft.fft2(contrast) * bank.wavelets[0][0])
    assert np.abs(plain) == pytest.approx(np.abs(quick), abs=1e-6)


def test_coarse_strengths_on_few_pixels_are_those_on_all(contrast):
    bank, spectrum = scattering._bank(), np.fft.fft2(contrast).astype(np.complex64)
    for scale in range(1, scattering.SCALES):
        side = scattering._side(scale)
        few = np.abs(np.fft.ifft2(scattering._low(spectrum, side) * bank.wavelets[scale][1])).mean()
        whole = np.abs(np.fft.ifft2(spectrum * scattering._wavelet(scale, np.pi / scattering.ANGLES))).mean()
        assert few == pytest.approx(whole, rel=0.05)


def test_every_picture_has_as_many_features_all_finite():
    draw = np.random.default_rng(0)
    odd = [draw.integers(0, 255, shape, dtype=np.uint8) for shape in [(1, 1), (1, 300), (20, 24, 3), (400, 90)]]
    odd += [np.zeros((30, 30), np.uint8), np.full((30, 30, 3), 255, np.uint8)]
    found = [scattering.texture(picture) for picture in odd]
    assert {one.shape for one in found} == {(scattering.COUNT,)}
    assert all(np.isfinite(one).all() for one in found)


def test_stripes_and_grains_of_the_same_contrast_are_told_apart():
    y, x = np.mgrid[:64, :64]
    near = np.exp(-((y - 31.5) ** 2 + (x - 31.5) ** 2) / 200)
    stripes, grains = np.sin(x) * near, np.random.default_rng(1).choice([-1, 1], (64, 64)) * near
    tall, wide = (scattering.scattering(one, 31.5, 31.5) for one in (stripes, stripes.T))
    other = scattering.scattering(grains, 31.5, 31.5)
    assert np.abs(np.subtract(tall, wide)).mean() < 0.1 * np.abs(np.subtract(tall, other)).mean()
