"""A real FlowCam run against what its instrument reported and the crops its makers cut."""

import csv

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import images, measure
from imagine_kernels.records import Quantity
from imagine_kernels.sources import open_samples


@pytest.fixture(scope="module")
def real(real_data):
    folder = real_data / "05_flowcam_phytoplankton" / "flowcam_raw_run"
    if not folder.is_dir():
        pytest.skip(f"the real FlowCam run is not at hand ({folder})")
    return folder


def test_real_run_holds_what_its_instrument_reported(real):
    found = open_samples(real)
    assert found.skipped == ()
    assert len(found.samples) == 1000
    first = found.samples[0]
    assert first.pixel_size == Quantity(0.5544, "micrometer")
    assert first.effort.volume == Quantity(0.01737, "milliliter")
    assert first.taken_at == "2024-04-08T10:14:11.131"
    assert first.measures["diameter_esd"] == Quantity(6.2062, "micrometer")
    means = {name: np.mean([s.measures[name].value for s in found.samples]) for name in first.measures}
    summary = csv.reader(next(real.glob("*_summary.csv")).read_text().splitlines())
    reported = {row[0]: float(row[1]) for row in summary if len(row) == 6 and row[0] != "Summary Stats"}
    for ours, theirs in (
        ("area_abd", "Area (ABD)"),
        ("diameter_esd", "Diameter (ESD)"),
        ("volume_abd", "Volume (ABD)"),
    ):
        assert means[ours] == pytest.approx(reported[theirs], abs=0.006), ours


def test_real_run_gives_the_concentration_its_instrument_reported(real):
    found = open_samples(real)
    labels = {s.id: ["Junk", "Protist"][i % 2] for i, s in enumerate(found.samples)}
    rows = measure.concentrations(found.samples, labels)
    volume, rounding = 0.01737, 0.000005
    assert sum(row.concentration.value for row in rows) == pytest.approx(57555, rel=rounding / volume)


def test_real_crops_equal_those_its_makers_cut(real, real_data):
    """The set of culture crops holds this run's particles as PNG files named by the particle's guid."""
    found = open_samples(real)
    table = csv.DictReader((real / f"{found.samples[0].group}.csv").read_text().splitlines())
    guids = {f"{found.samples[0].group}/{row['Particle ID']}": row["Original Reference ID"] for row in table}
    crops = {p.stem[-36:]: p for p in (real_data / "05_flowcam_phytoplankton/flowcam_culture_crops").glob("*/*.png")}
    compared = 0
    for sample in found.samples:
        crop = crops.get(guids[sample.id])
        if crop is not None:
            with Image.open(crop) as image:
                assert (images.read(sample) == np.asarray(image)).all(), sample.id
            compared += 1
    assert compared == 1000
