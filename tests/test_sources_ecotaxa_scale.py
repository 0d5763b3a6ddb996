"""Pixel sizes and volumes of EcoTaxa tables: used where their unit is established, else left open with a sentence."""

import pytest
from ecotaxa_tables import COLUMNS, project, rows

from imagine_kernels import measure
from imagine_kernels.ecotaxa_tables import scale as ecotaxa_scale
from imagine_kernels.records import Quantity
from imagine_kernels.sources import open_samples

CUBIC_METRES, MICROMETRES = "meter ** 3", "micrometer"


def opened(tmp_path, cells, drop=(), **how):
    columns = {c: kind for c, kind in (COLUMNS | dict.fromkeys(cells, "[t]")).items() if c not in drop}
    return open_samples(project(tmp_path, rows(cells), columns=columns), **how)


@pytest.mark.parametrize(
    ("cells", "volume"),
    [
        ({"sample_tot_vol": "357", "acq_sub_part": "8"}, Quantity(357 / 8, CUBIC_METRES)),
        ({"sample_tot_vol": "100", "acq_sub_part": "0.25"}, Quantity(25.0, CUBIC_METRES)),
        ({"sample_tot_vol": "100", "acq_sub_part": "1"}, Quantity(100.0, CUBIC_METRES)),
        ({"sample_tot_vol": "", "sample_tot_vol_m3": "7", "acq_sub_part": "2"}, Quantity(3.5, CUBIC_METRES)),
        ({"sample_tot_vol": "", "sample_volume_filtered_l": "7000", "acq_sub_part": "2"}, Quantity(3500.0, "liter")),
        ({"sample_tot_vol": "80 L", "acq_sub_part": "1", "acq_instrument": "loki"}, Quantity(80.0, "liter")),
        ({"sample_tot_vol": "12 m3", "acq_sub_part": "1", "acq_instrument": "loki"}, Quantity(12.0, CUBIC_METRES)),
    ],
)
def test_water_searched_is_in_the_unit_that_the_table_establishes(tmp_path, cells, volume):
    found = opened(tmp_path, cells)
    assert found.samples[0].effort.volume == volume
    assert found.skipped == ()


@pytest.mark.parametrize("instrument", ["uvp6", "loki", "", "epson"])
def test_a_volume_without_a_unit_is_refused_and_nobody_counts_with_it(tmp_path, instrument):
    found = opened(tmp_path, {"acq_instrument": instrument, "sample_tot_vol": "2500"})
    assert found.samples[0].effort is None
    (note,) = found.skipped
    assert note.where == "cast 1 d1"
    assert "sample_tot_vol is 2500, and nothing tells whether litres or cubic metres" in note.why
    assert "volume_unit='m3' or 'L'" in note.why
    with pytest.raises(ValueError, match="volume imaged of cast 1 is unknown"):
        measure.concentrations(found.samples, {})


def test_a_person_who_knows_the_unit_says_it_and_litres_are_no_cubic_metres(tmp_path):
    cells = {"acq_instrument": "uvp5", "sample_tot_vol": "2500", "acq_sub_part": "1"}
    per_m3 = []
    for unit in ("L", "m3"):
        (sample,) = opened(tmp_path, cells, volume_unit=unit).samples
        (row,) = measure.concentrations([sample], {})
        per_m3.append(measure.convert(row.concentration, "1 / meter ** 3").value)
    assert per_m3 == [pytest.approx(1 / 2.5), pytest.approx(1 / 2500)]


def test_a_zooscan_volume_that_its_net_cannot_have_filtered_is_refused(tmp_path):
    net = {"sample_net_surf": "0.25", "sample_zmin": "0", "sample_zmax": "75"}
    litres = opened(tmp_path / "litres", {"sample_tot_vol": "18750", **net})
    assert litres.samples[0].effort is None
    assert "filters no such volume: it may be litres" in litres.skipped[0].why
    assert opened(tmp_path / "sound", {"sample_tot_vol": "18.75", **net}).samples[0].effort is not None


@pytest.mark.parametrize("text", ["", "99999", "9999", "0", "-1", "nan", "unknown"])
def test_numbers_that_stand_for_unknown_are_no_volume(tmp_path, text):
    assert opened(tmp_path, {"sample_tot_vol": text}).samples[0].effort is None


def test_a_scan_of_an_unknown_part_has_no_volume(tmp_path):
    found = opened(tmp_path, {"acq_sub_part": ""})
    assert found.samples[0].effort is None
    assert "fill in acq_sub_part" in found.skipped[0].why


def test_rows_of_one_acquisition_that_contradict_each_other_give_no_volume(tmp_path):
    found = open_samples(project(tmp_path, rows({}, {"sample_tot_vol": "24500"})))
    assert {s.effort for s in found.samples} == {None}
    assert {s.pixel_size for s in found.samples} == {Quantity(10.6, MICROMETRES)}
    assert "tell different scales, volumes or parts" in found.skipped[0].why


def test_a_flowcam_table_tells_the_sea_water_by_its_concentrate(tmp_path):
    cells = {
        "acq_instrument": "flowcam", "acq_fluid_volume_imaged": "2.5 ml", "sample_conc_vol_ml": "250",
        "sample_initial_col_vol_m3": "0.02",
    }  # fmt: skip
    assert opened(tmp_path, cells).samples[0].effort.volume.value == pytest.approx(0.02 * 2.5 / 250)


@pytest.mark.parametrize(
    ("cells", "micrometres"),
    [
        ({"process_particle_pixel_size_mm": "0.0106"}, 10.6),
        ({"process_pixel_size_um": "0.74"}, 0.74),
        ({"acq_pixel_µm": "1.1"}, 1.1),
        ({"process_pixel": "10.6", "acq_instrument": "epson"}, 10.6),
        ({"process_pixel": "0.0106", "acq_instrument": "zooscan"}, 10.6),
        ({"acq_pixel": "0.148", "acq_instrument": "uvp5"}, 148.0),
        ({"process_pixel": "73", "acq_instrument": "uvp6"}, 73.0),
        ({"process_pixel": "0.5544", "acq_instrument": "flowcam"}, 0.5544),
        ({"process_img_resolution": "2400", "acq_instrument": "zooscan"}, 25400 / 2400),
    ],
)
def test_a_pixel_is_as_large_as_its_instrument_makes_it(tmp_path, cells, micrometres):
    drop = () if "process_particle_pixel_size_mm" in cells else ("process_particle_pixel_size_mm",)
    found = opened(tmp_path, cells, drop)
    assert found.samples[0].pixel_size.value == pytest.approx(micrometres)
    assert found.samples[0].pixel_size.unit == MICROMETRES


@pytest.mark.parametrize("instrument", ["", "own camera", "uvp6"])
def test_a_pixel_without_a_unit_is_left_open(tmp_path, instrument):
    cells = {"process_pixel": "1.3", "acq_instrument": instrument}
    found = opened(tmp_path, cells, ("process_particle_pixel_size_mm",))
    assert found.samples[0].pixel_size is None
    assert any("nothing tells whether mm or µm" in skipped.why for skipped in found.skipped)


def test_no_unit_of_an_instrument_can_be_taken_for_the_one_1000_times_larger():
    for low, high in ecotaxa_scale._FAMILIES.values():
        assert high < low * 1000


def test_the_water_of_one_image_of_a_uvp_is_not_that_of_its_cast(tmp_path):
    found = opened(tmp_path, {"acq_instrument": "uvp5hd", "acq_volimage": "1.03"}, drop=("sample_tot_vol",))
    assert found.samples[0].effort is None
    (note,) = found.skipped
    assert "1.03 L" in note.why
    assert "how many images" in note.why
