"""The sample maker: drawn pictures and runs are the same for a seed, different between individuals, and true."""

import csv
import hashlib
import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label as connected

from imagine_kernels import images, measure, use_case
from imagine_kernels.sources import fingerprint, open_samples
from imagine_kernels.use_cases.phytoplankton import samples as maker
from imagine_kernels.use_cases.phytoplankton.organisms import ORGANISMS


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return maker.make_images(tmp_path_factory.mktemp("maker") / "images", count=48, seed=3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return maker.make_run(tmp_path_factory.mktemp("maker") / "run", count=90, seed=3)


def test_classes_drawn_are_those_of_the_use_cases_first_model():
    assert tuple(ORGANISMS) == use_case.get("phytoplankton").model().label_names


def test_pictures_lie_in_class_folders_alike_often(drawn):
    found = open_samples(drawn)
    assert found.skipped == ()
    labels = [a.regions[0].label for a in found.annotations]
    assert {name: labels.count(name) for name in ORGANISMS} == dict.fromkeys(ORGANISMS, 8)


def test_same_seed_makes_the_same_bytes_and_another_seed_other_ones(drawn, tmp_path):
    def content(folder):
        return {p.relative_to(folder): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}

    again = maker.make_images(tmp_path / "again", count=48, seed=3)
    assert content(again) == content(drawn)
    other = maker.make_images(tmp_path / "other", count=6, seed=4)
    assert not set(content(other).values()) & set(content(drawn).values())


def test_making_twice_into_one_folder_changes_nothing_and_leaves_no_halves(run):
    before = fingerprint(open_samples(run).samples)
    maker.make_run(run, count=90, seed=3)
    assert fingerprint(open_samples(run).samples) == before
    assert not [p.name for p in run.iterdir() if p.name.startswith(".")]


def test_first_particles_do_not_depend_on_how_many_are_drawn(drawn, tmp_path):
    few = open_samples(maker.make_images(tmp_path / "few", count=6, seed=3)).samples
    many = {s.id: s for s in open_samples(drawn).samples}
    assert all((images.read(s) == images.read(many[s.id])).all() for s in few)


@pytest.mark.parametrize("name", ORGANISMS)
def test_individuals_are_dark_on_light_water_framed_and_all_different(name):
    shots = [maker.draw(name, 11, number) for number in range(25)]
    assert len({shot.grey.tobytes() for shot in shots}) == 25
    for shot in shots:
        height, width = shot.grey.shape
        border = np.concatenate([shot.grey[0], shot.grey[-1], shot.grey[:, 0], shot.grey[:, -1]])
        inside = shot.grey[shot.mask]
        assert 20 < min(height, width) <= max(height, width) < 420
        assert 115 < np.median(border) < 225
        assert inside.mean() < np.median(border) - 8, "the particle is not darker than the water"
        assert shot.mask.any(axis=0)[6:-6].any()
        assert not shot.mask[:3].any()
        assert not shot.mask[-3:].any()
        _, parts = connected(shot.mask)
        assert 1 <= parts < 15


def test_organisms_have_the_sizes_of_their_kind():
    def extent(name):
        return np.median([max(maker.draw(name, 2, i).grey.shape) for i in range(20)])

    assert extent("Noctilucales") > 1.5 * max(extent(name) for name in ORGANISMS if name != "Noctilucales")
    slim = np.median([np.divide(*sorted(maker.draw("Tripos", 2, i).grey.shape)) for i in range(20)])
    assert slim < 0.9


def test_truth_names_every_particle_of_the_run_once(run):
    truth = list(csv.DictReader((run / "truth.csv").read_text().splitlines()))
    found = open_samples(run)
    assert [f"drawn-run-3/{row['particle_id']}" for row in truth] == [s.id for s in found.samples]
    assert {row["label"] for row in truth} == set(ORGANISMS)


def test_drawn_runs_own_summary_and_ours_agree(run):
    found = open_samples(run)
    lines = (run / "drawn-run-3_summary.csv").read_text().splitlines()
    reported = dict(line.split(",", 1) for line in lines if "," in line)
    assert int(reported["Count"]) == len(found.samples) == 90
    rows = measure.concentrations(found.samples, {})
    assert sum(r.concentration.value for r in rows) == pytest.approx(float(reported["Particles / ml"]), rel=1e-3)


def test_measures_of_a_drawn_particle_follow_from_its_mask(run):
    found = open_samples(run)
    for sample in found.samples[:20]:
        with Image.open(sample.uri.replace(".tif", "_bin.tif")) as mask:
            box = sample.crop
            area = np.asarray(mask.crop((int(box.x), int(box.y), int(box.x + box.width), int(box.y + box.height))))
        scale, measures = sample.pixel_size.value, sample.measures
        assert measures["area_abd"].value == pytest.approx(np.count_nonzero(area) * scale**2, rel=1e-4)
        assert measures["diameter_abd"].value == pytest.approx(
            2 * (measures["area_abd"].value / np.pi) ** 0.5, rel=1e-4
        )
        assert measures["width"].value <= measures["diameter_esd"].value <= measures["length"].value
        assert measures["length"].value <= scale * np.hypot(sample.width, sample.height)
        assert 0 < measures["circularity"].value <= 1


def test_disc_and_bar_are_measured_as_geometry_says():
    from imagine_kernels.use_cases.phytoplankton.measuring import measure as measured
    from imagine_kernels.use_cases.phytoplankton.optics import Shot

    y, x = np.mgrid[:101, :101]
    shapes = {"disc": (x - 50) ** 2 + (y - 50) ** 2 <= 40**2, "bar": (abs(x - 50) <= 40) & (abs(y - 50) <= 5)}
    values = {
        name: {
            key: float(value)
            for key, (_, value) in measured(Shot(np.full(mask.shape, 90, np.uint8), mask), 2.0).items()
        }
        for name, mask in shapes.items()
    }
    disc, bar = values["disc"], values["bar"]
    assert disc["abd_diameter"] == pytest.approx(2 * 80, rel=0.02)
    assert disc["esd_diameter"] == pytest.approx(2 * 81, rel=0.02)
    assert disc["perimeter"] == pytest.approx(2 * np.pi * 81, rel=0.04)
    assert disc["circularity"] > 0.93
    assert disc["intensity"] == 90
    assert bar["width"] == pytest.approx(2 * 11, rel=0.02)
    assert bar["length"] == pytest.approx(2 * np.hypot(81, 11), rel=0.02)
    assert bar["perimeter"] == pytest.approx(2 * 2 * (81 + 11), rel=0.1)
    assert bar["aspect_ratio"] < 0.15


def test_empty_orders_are_harmless(tmp_path):
    assert list(maker.make_images(tmp_path / "none", count=0, seed=1).rglob("*")) == []


def test_card_picture_in_the_repository_is_the_one_that_is_painted(tmp_path):
    case = use_case.get("phytoplankton")
    stored = case.folder / case.picture
    assert stored.stat().st_size < 300_000
    painted = maker.make_picture(tmp_path / "picture.png")
    with Image.open(io.BytesIO(painted.read_bytes())) as new, Image.open(stored) as old:
        assert new.size == old.size == (960, 540)
        difference = np.abs(np.asarray(new).astype(int) - np.asarray(old))
    assert difference.mean() < 1  # not to the bit: another numpy may round otherwise


def test_drawn_particles_resemble_the_real_ones_in_size_and_light(real_data):
    real = open_samples(real_data / "05_flowcam_phytoplankton" / "vliz_flowcam")
    labels = {a.sample_id: a.regions[0].label for a in real.annotations}
    for name in ORGANISMS:
        theirs = [images.read(s)[..., 0] for s in real.samples if labels[s.id] == name]
        ours = [maker.draw(name, 1, i).grey for i in range(30)]
        for look, room in ((lambda a: max(a.shape), 2.0), (np.median, 1.35), (np.mean, 1.5)):
            one, other = np.median([look(a) for a in theirs]), np.median([look(a) for a in ours])
            assert 1 / room < one / other < room, f"{name}: real {one:.0f}, drawn {other:.0f}"
