"""Sizes, biovolumes and spectra: against geometry, published intervals and simulation; and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels import biovolume, measure, spectrum
from imagine_kernels.records import Effort, Quantity, Sample

PIXEL = Quantity(10.6, "micrometer")
WATER = Effort(Quantity(20.0, "meter ** 3"))


def organism(number=0, esd=50.0, ratio=2.0, *, pixel=PIXEL, effort=WATER, group="scan", **measures):
    """An ellipse of the area of a circle of `esd` pixels, its axes as 1 to `ratio`."""
    minor = esd / math.sqrt(ratio)
    found = {"area": (math.pi / 4 * esd**2, "pixel ** 2"), "major": (minor * ratio, "pixel"), "minor": (minor, "pixel")}
    quantities = {name: Quantity(*value) for name, value in (found | measures).items() if value is not None}
    return Sample(f"{group}_{number}", "a.tif", 9, 9, None, group, None, pixel, effort, quantities)


def test_diameter_and_volumes_are_those_of_circle_sphere_and_ellipsoid():
    one = organism(esd=100.0, ratio=4.0)
    assert biovolume.diameter(one).value == pytest.approx(1.06)
    assert biovolume.volume(one, "sphere").value == pytest.approx(math.pi / 6 * 1.06**3)
    assert biovolume.volume(one).value == pytest.approx(math.pi / 6 * 2.12 * 0.53**2)


@pytest.mark.parametrize("pixel", [("micrometer", 10.6), ("millimeter", 0.0106), ("meter", 1.06e-5)])
def test_pixel_in_any_unit_gives_the_same_volume(pixel):
    unit, value = pixel
    one = organism(pixel=Quantity(value, unit))
    assert biovolume.volume(one).value == pytest.approx(biovolume.volume(organism()).value)


def test_area_in_units_of_its_own_needs_no_pixel_size():
    flowcam = organism(pixel=None, area=None, area_abd=(math.pi / 4 * 50**2, "micrometer ** 2"))
    assert biovolume.diameter(flowcam).value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (organism(pixel=None), r"^The size of a pixel of scan_0 is unknown, so neither its size nor its volume"),
        (organism(major=None), r"^scan_0 has no major axis"),
    ],
)
def test_volume_without_scale_or_measure_is_refused_in_one_sentence(one, said):
    with pytest.raises(ValueError, match=said) as told:
        biovolume.volume(one)
    assert "\n" not in str(told.value)


def test_individuals_per_cubic_metre_are_a_million_times_those_per_millilitre():
    some = [organism(n) for n in range(30)]
    labels = {s.id: "Copepoda" for s in some}
    (cubic,) = measure.concentrations(some, labels, per="meter ** 3")
    (millilitre,) = measure.concentrations(some, labels)
    assert cubic.concentration == Quantity(1.5, "1 / meter ** 3")
    assert millilitre.concentration.value == pytest.approx(1.5e-6)
    low, high = measure.poisson(30)
    assert (cubic.low.value, cubic.high.value) == (pytest.approx(low / 20), pytest.approx(high / 20))


@pytest.mark.parametrize("volume", [(20.0, "meter ** 3"), (20_000.0, "liter"), (2e7, "milliliter")])
def test_water_in_litres_or_cubic_metres_gives_the_same(volume):
    some = [organism(n, effort=Effort(Quantity(*volume))) for n in range(3)]
    (row,) = biovolume.biovolumes(some, {})
    assert row.biovolume.value == pytest.approx(3 * biovolume.volume(some[0]).value / 20)
    assert row.biovolume.unit == "millimeter ** 3 / meter ** 3"


def test_part_that_was_scanned_is_divided_by_once(tmp_path):
    """A ZooProcess sample of 400 m³ of which an eighth was scanned: the reader's effort is 50 m³."""
    from imagine_kernels.sources import zooprocess

    log = tmp_path / "a_meta.txt"
    log.write_text("SampleId= a\nVol= 400\nFracnb= 8\nResolution= 2400\n")
    facts = zooprocess.scan(log)
    some = [organism(n, effort=facts.effort) for n in range(10)]
    (row,) = measure.concentrations(some, {}, per="meter ** 3")
    assert row.concentration.value == pytest.approx(10 * 8 / 400)


def test_biovolume_of_a_class_nobody_saw_is_zero_without_an_upper_end():
    rows = biovolume.biovolumes([organism()], {"scan_0": "Copepoda"}, ["Copepoda", "Hydrozoa"])
    assert [(r.label, r.count, r.biovolume.value > 0, r.high is None) for r in rows] == [
        ("Copepoda", 1, True, False),
        ("Hydrozoa", 0, False, True),
    ]


@pytest.mark.parametrize("told", [biovolume.biovolumes, lambda some, _labels: spectrum.spectrum(some)])
def test_unknown_water_is_refused(told):
    with pytest.raises(ValueError, match=r"^The volume imaged of scan is unknown"):
        told([organism(effort=None)], {})


@given(st.integers(1, 400), st.floats(1e-3, 1e3))
def test_interval_of_equal_weights_is_that_of_poisson(count, weight):
    total, low, high = measure.weighted_poisson([weight] * count)
    exact = measure.poisson(count)
    assert (total, low, high) == pytest.approx((count * weight, exact[0] * weight, exact[1] * weight))


def test_interval_of_unequal_weights_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(400):
        weights = [w for w, many in zip((0.2, 1.0, 5.0), rng.poisson([60, 20, 6]), strict=True) for _ in range(many)]
        _total, low, high = measure.weighted_poisson(weights)
        held += low <= 60 * 0.2 + 20 + 30 <= high
    assert 0.93 <= held / 400 <= 1


def catch(rng, count, slope=-1.0, **kwargs):
    """`count` organisms of volumes 0.02 to 20 mm³ whose number spectrum has the exponent slope - 1."""
    low, high = 0.02**slope, 20.0**slope
    volumes = (low + rng.random(count) * (high - low)) ** (1 / slope)
    esds = (6 / math.pi * volumes) ** (1 / 3) / 0.0106
    return [organism(n, esd, 1.0, **kwargs) for n, esd in enumerate(esds)]


@pytest.mark.parametrize("step", [spectrum.OCTAVE, spectrum.TENTH])
@pytest.mark.parametrize("slope", [-0.7, -1.2])
def test_slope_of_a_known_spectrum_lies_in_its_interval_as_often_as_it_says(slope, step):
    rng = np.random.default_rng(8)
    found = [spectrum.spectrum(catch(rng, 300, slope), step=step) for _ in range(20)]
    assert np.mean([s.slope_low <= slope <= s.slope_high for s in found]) >= 0.85
    assert np.mean([s.slope for s in found]) == pytest.approx(slope, abs=0.06)


def test_normalised_biovolume_is_volume_per_water_and_class_width():
    found = spectrum.spectrum(catch(np.random.default_rng(1), 300), shape="sphere")
    for one in found.classes:
        width = one.end.value - one.begin.value
        assert width == pytest.approx(one.begin.value)
        assert one.normalised.unit == "1 / meter ** 3"
    every = sum(biovolume.volume(s, "sphere").value for s in catch(np.random.default_rng(1), 300)) / 20
    classes = sum(c.normalised.value * (c.end.value - c.begin.value) for c in found.classes)
    assert classes == pytest.approx(every)
    assert sum(c.count for c in found.classes) == 300
    assert all(c.low.value <= c.normalised.value <= c.high.value for c in found.classes if c.count)


def test_twice_the_water_halves_the_spectrum_and_keeps_its_slope():
    small = spectrum.spectrum(catch(np.random.default_rng(2), 300))
    large = spectrum.spectrum(catch(np.random.default_rng(2), 300, effort=Effort(Quantity(40.0, "meter ** 3"))))
    assert large.slope == pytest.approx(small.slope)
    assert large.intercept == pytest.approx(small.intercept - math.log10(2))


def test_fractions_of_one_sample_are_added_each_with_its_own_part():
    rng = np.random.default_rng(3)
    whole = catch(rng, 400)
    fine = [organism(n, 30.0, group="fine", effort=Effort(Quantity(5.0, "meter ** 3"))) for n in range(50)]
    with pytest.raises(ValueError, match=r"these are 2: choose one, or say fractions=True"):
        spectrum.spectrum([*whole, *fine])
    both = spectrum.spectrum([*whole, *fine], fractions=True)
    apart = [sum(biovolume.volume(s).value for s in some) for some in (whole, fine)]
    total = sum(c.normalised.value * (c.end.value - c.begin.value) for c in both.classes)
    assert total == pytest.approx(apart[0] / 20 + apart[1] / 5)


def test_line_leaves_out_what_the_net_lost_and_what_follows_a_gap():
    lost = [organism(900 + n, 12.0) for n in range(3)]
    giant = [organism(999, 2000.0, 1.0)]
    found = spectrum.spectrum([*catch(np.random.default_rng(5), 400), *lost, *giant])
    assert not found.classes[0].fitted
    assert not found.classes[-1].fitted
    assert found.slope == pytest.approx(-1, abs=0.25)


def test_too_few_classes_for_a_slope_are_told():
    with pytest.raises(ValueError, match=r"^4 organisms fill 1 size classes in a row, and a slope needs 3"):
        spectrum.spectrum([organism(n) for n in range(4)])
    with pytest.raises(ValueError, match=r"^0 organisms"):
        spectrum.spectrum([])
    with pytest.raises(ValueError, match="must grow"):
        spectrum.spectrum([organism()], step=1.0)
