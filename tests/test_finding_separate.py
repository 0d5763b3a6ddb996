"""One organism or several that touch: told apart and separated on drawn truth and on a few real vignettes."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from imagine_kernels import features
from imagine_kernels.records import Quantity
from imagine_kernels.tasks import finding
from imagine_kernels.tasks.finding.separating import separate
from imagine_kernels.use_cases.zooplankton import samples as maker
from imagine_kernels.use_cases.zooplankton.tray import SHARES, alone, diameter, touching

LEAST = np.pi / 4 * (300 / maker.PIXEL_SIZE_UM) ** 2
NAMES = list(SHARES)


def discs(*three, shape=(200, 300)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.logical_or.reduce([np.hypot(x - a, y - b) < r for a, b, r in three])


def outline(patch):
    """The object of a drawn patch, and which pixels of it each of its organisms has."""
    dark = np.pad(patch.through <= 243 / 255, 2)
    named, _count = ndimage.label(dark, np.ones((3, 3)))
    sizes = np.bincount(named.ravel())
    sizes[0] = 0
    whole = ndimage.binary_fill_holes(named == sizes.argmax())
    bodies = []
    for one in patch.organisms:
        body = np.zeros(whole.shape, bool)
        body[one.y + 2 : one.y + 2 + one.body.shape[0], one.x + 2 : one.x + 2 + one.body.shape[1]] = one.body
        bodies.append(ndimage.binary_fill_holes(body) & whole)
    return whole, [body for body in bodies if body.sum() >= LEAST]


@pytest.fixture(scope="module")
def drawn():
    """Outlines of one and of two organisms of all classes, as often as the tray holds them."""
    rng = np.random.default_rng(21)
    found = []
    while len(found) < 80:
        labels = [str(name) for name in rng.choice(NAMES, size=1 + len(found) % 2, p=list(SHARES.values()))]
        sizes = [min(diameter(rng), 90.0) for _ in labels]
        patch = alone(labels[0], sizes[0], rng) if len(labels) == 1 else touching(labels, sizes, rng)
        whole, bodies = outline(patch)
        if len(bodies) == len(labels):
            found.append((whole, bodies))
    return found


def test_singles_stay_whole_and_most_of_those_that_touch_are_parted(drawn):
    counts = [(len(bodies), separate(whole, LEAST).count) for whole, bodies in drawn]
    singles = [found for true, found in counts if true == 1]
    several = [found for true, found in counts if true > 1]
    assert np.mean([n == 1 for n in singles]) >= 0.95
    assert np.mean([n > 1 for n in several]) >= 0.5
    true, found = (sum(column) for column in zip(*counts, strict=True))
    assert abs(found - true) < 0.6 * abs(len(drawn) - true)  # nearer to the truth than one for each object


def test_score_ranks_several_above_single(drawn):
    scores = [(separate(whole, LEAST).several, len(bodies) > 1) for whole, bodies in drawn]
    one, more = ([s for s, several in scores if several is kind] for kind in (False, True))
    right = np.mean([(b > a) + 0.5 * (b == a) for a in one for b in more])
    assert right >= 0.85
    assert all(0 <= score <= 1 for score, _several in scores)


def test_parts_are_the_organisms_that_were_drawn(drawn):
    shared = []
    for whole, bodies in drawn:
        parts = separate(whole, LEAST)
        if parts.count == len(bodies) > 1:
            for body in bodies:
                named = [parts.names == n for n in range(1, parts.count + 1)]
                shared.append(max((part & body).sum() / (part | body).sum() for part in named))
    assert len(shared) >= 20
    assert np.median(shared) >= 0.85


def test_parts_cover_the_object_and_nothing_else(drawn):
    for whole, _bodies in drawn[:30]:
        parts = separate(whole, LEAST)
        assert ((parts.names > 0) == whole).all()
        assert set(np.unique(parts.names)) - {0} == set(range(1, parts.count + 1))
        assert parts.count == 1 or np.bincount(parts.names.ravel())[1:].min() >= LEAST


def test_line_lies_in_the_neck_and_parts_the_outline():
    whole = discs((90, 100, 50), (190, 100, 52))
    parts = separate(whole, LEAST)
    assert parts.count == 2
    y, x = np.nonzero(parts.lines())
    assert np.abs(x - 139).max() <= 3
    assert ndimage.label(whole & ~parts.lines())[1] == 2
    drawn = parts.drawn(np.where(whole, 80, 255).astype(np.uint8))
    assert (drawn[y, x] == 255).all()
    assert drawn[100, 90] == 80


@pytest.mark.parametrize(
    ("what", "count"),
    [
        (discs((100, 100, 60)), 1),
        (discs((80, 100, 50), (120, 100, 50)), 1),
        (discs((60, 60, 40), (135, 60, 40), (97, 130, 42)), 3),
        (discs((100, 100, 60), (165, 100, 9)), 1),
        (discs((100, 100, 8)), 1),
    ],
    ids=["disc", "far overlap", "three", "a small lump", "below the least size"],
)
def test_number_of_organisms_in_plain_shapes(what, count):
    assert separate(what, LEAST).count == count


def test_touching_organisms_of_a_scan_become_samples_of_their_own(tmp_path):
    truth = maker.make_scan(tmp_path / "a.tif", (1500, 1200), count=14, seed=5, together=0.9, cut=0)
    clusters = {t.cluster for t in truth}
    assert len(clusters) < len(truth)
    pixel = Quantity(maker.PIXEL_SIZE_UM, "micrometer")
    apart = finding.find(tmp_path / "a.tif", pixel_size=pixel)
    whole = finding.find(tmp_path / "a.tif", pixel_size=pixel, separated=False)
    assert len(whole.samples) == len(clusters)
    assert len(apart.samples) > len(whole.samples)
    assert len(apart.separated) > 0
    parts = [s for s in apart.samples if s.id.rpartition("_")[0] in {o.id for o in apart.separated}]
    total = sum(s.measures["area"].value for s in parts)
    assert total == pytest.approx(sum(s.measures["area"].value for s in apart.separated))
    assert {o.id for o in whole.samples} == {s.id for s in apart.samples if s not in parts} | {
        o.id for o in apart.separated
    }


@pytest.mark.parametrize(("name", "several"), [("m_2886", True), ("s_0201", False)])
def test_real_vignettes_are_told_apart(real_data, name, several):
    path = real_data / "02_zooplankton_ecotaxa/zooscan_multiples" / f"{name}.jpg"
    if not path.is_file():
        pytest.skip(f"the real vignettes are not at hand ({path})")
    grey = np.asarray(Image.open(path).convert("L"))[:-31]  # below lies the scale bar
    body = features.find(grey, threshold=243).filled
    assert (separate(body, LEAST).count > 1) is several
