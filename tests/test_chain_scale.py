"""The scale that weights were taught at, beside that of a person's pictures: refused with both values, or resampled."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import chain, use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.records import Quantity
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import scale
from imagine_kernels.use_cases.zooplankton import samples as practice

CASE = use_case.get("zooplankton")
TAUGHT = CASE.model().profile.pixel_size_um


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Seven vignettes, one a class, whose scale nobody told."""
    return open_samples(practice.make_images(tmp_path_factory.mktemp("vignettes"), 7, 3)).samples


def at(samples, micrometres):
    return tuple(replace(sample, pixel_size=Quantity(micrometres, "micrometer")) for sample in samples)


def named(samples, **options):
    return [p.regions[0] for p in predict(CASE, samples, progress=False, **options).predictions]


def test_another_scale_is_refused_with_both_values_and_what_to_do(drawn):
    said = r"^A pixel of .+ is 5\.3 µm, and the model zooscan was taught with pixels of 10\.58 µm\. Let the pictures be"
    with pytest.raises(ValueError, match=said) as told:
        predict(CASE, at(drawn, 5.3), progress=False)
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match="resampled"):
        predict(CASE, iter(at(drawn, 5.3)), progress=False)


def test_units_do_not_matter_and_a_ruler_may_err(drawn):
    same = [replace(sample, pixel_size=Quantity(TAUGHT / 1000, "millimeter")) for sample in drawn]
    near = at(drawn, TAUGHT * 1.08)
    assert [r.scores for r in named(same)] == [r.scores for r in named(drawn)] == [r.scores for r in named(near)]


def test_pictures_of_another_scale_are_resampled_when_told_to(drawn, tmp_path):
    """The same vignettes enlarged to twice the pixels: seen as they were, where small ones would look like large."""
    fine = []
    for number, sample in enumerate(drawn):
        picture = Image.open(sample.uri).convert("L")
        size = (2 * picture.width, 2 * picture.height)
        picture.resize(size, Image.Resampling.BICUBIC).save(tmp_path / f"{number}.png")
        half = Quantity(TAUGHT / 2, "micrometer")
        path = str(tmp_path / f"{number}.png")
        fine.append(replace(sample, id=f"f{number}", uri=path, width=size[0], height=size[1], pixel_size=half))
    mixed = [one for pair in zip(at(drawn, TAUGHT), fine, strict=True) for one in pair]
    found = named(mixed, rescale=True)
    names = load(CASE).model.label_names
    for plain, again in zip(found[::2], found[1::2], strict=True):
        apart = max(abs(plain.scores[name] - again.scores[name]) for name in names)
        assert apart < 0.35
        assert max(plain.scores, key=plain.scores.get) == max(again.scores, key=again.scores.get)


def test_what_is_too_far_away_is_refused_even_then(drawn):
    with pytest.raises(ValueError, match=r"is 0\.5 µm.* of 10\.58 µm\. Too different to be resampled"):
        predict(CASE, at(drawn, 0.5), progress=False, rescale=True)


@pytest.mark.parametrize(("factor", "side"), [(0.5, 20), (2.0, 80), (1.05, 40)])
def test_resampling_changes_the_number_of_pixels_and_not_the_grey(factor, side):
    rng = np.random.default_rng(0)
    for picture in (np.full((40, 40), 90, np.uint8), rng.integers(0, 255, (40, 40, 3), np.uint8)):
        made = scale.resampled(picture, factor)
        assert made.shape == (side, side, *picture.shape[2:])
        assert made.mean() == pytest.approx(picture.mean(), abs=1.5)


def test_a_chain_says_where_the_scale_is_unknown_or_was_changed(drawn):
    quiet = chain.Options(progress=False, rescale=True)
    unknown = chain.classify(chain.Work(CASE, drawn, quiet, samples=drawn))
    assert any("The side of a pixel of 7 pictures is unknown, and zooscan looks at size" in r for r in unknown.remarks)
    other = chain.classify(chain.Work(CASE, drawn, quiet, samples=at(drawn, 7.0)))
    assert any("Pictures with pixels of 7 µm were resampled to the 10.58 µm" in r for r in other.remarks)
    assert chain.classify(chain.Work(CASE, drawn, quiet, samples=at(drawn, TAUGHT))).remarks == ()


def test_a_model_that_fills_its_square_does_not_ask_for_the_scale():
    assert scale.matters(CASE.model())
    assert not scale.matters(use_case.get("phytoplankton").model("north_sea"))
    assert scale.matters(use_case.get("phytoplankton").model("culture"))


def test_weights_that_lack_a_class_of_the_model_named_are_refused_with_both_lists(tmp_path):
    from imagine_kernels.tasks import facts

    known = CASE.model()
    less = replace(known, name="mine", labels=known.labels[:3], confusion=(), back_off=None, taxa=())
    facts.write(less, tmp_path / "mine.json")
    (tmp_path / "mine.safetensors").write_bytes(b"never read")
    with pytest.raises(ValueError, match=r"^The model mine cannot tell Appendicularia, .*: it tells Copepoda, "
                                         r"Chaetognatha, Hydrozoa, and Copepoda, .* are needed\."):  # fmt: skip
        load(CASE, "zooscan", tmp_path / "mine.safetensors")
