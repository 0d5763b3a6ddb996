"""Parts of ZooProcess projects: measures with crops or whole scans, PID files with their logs, and a real project."""

import numpy as np
import pytest
from PIL import Image

from imagine_kernels import images
from imagine_kernels.images import decoding
from imagine_kernels.records import Quantity
from imagine_kernels.sources import open_samples, zooprocess

SCAN = "cruise1_net2_d1_1"
COLUMNS = ["Label", "Area", "Mean", "BX", "BY", "Width", "Height", "Perim.", "%Area", "Angle"]
OBJECTS = [(645, 241.353, 10, 4, 30, 12, 290.676, 10.2, 1.2), (2834, 195.286, 50, 20, 21, 33, 341.245, 0.1, 120.9)]
LOG = """PID
[Image]
Scanning_date= 20240529_1541
[Sample]
SampleId= cruise1_net2
Date= 20230705-0503
Latitude= 51.5293
Netsurf= 1
Zmax= 1008
Zmin= 820
Vol= 357
[Fraction]
FracId= d1
[Subsample]
SubPart= 8
[Particules_Process]
Date=  20200327_1422
Threshold=  243
PixSize=   0.0106
"""


def measures(separator="\t", first=" "):
    lines = [separator.join([first, *COLUMNS])]
    for number, values in enumerate(OBJECTS, start=1):
        lines.append(separator.join(map(str, (number, SCAN, *values))))
    return "\n".join(lines) + "\n"


def pid(end="\n"):
    return (LOG + "[Data]\n" + measures(";", "!Item").replace("!Item;", "!Item;")).replace("\n", end)


def scan_picture(folder, name=f"{SCAN}.png"):
    grey = np.random.default_rng(5).integers(0, 256, (80, 100), np.uint8)
    Image.fromarray(grey).save(folder / name)
    return grey


def test_objects_are_cut_out_of_the_scan_with_their_measures(tmp_path):
    (tmp_path / f"{SCAN}_meas.txt").write_text(measures())
    grey = scan_picture(tmp_path)
    found = open_samples(tmp_path)
    assert [s.id for s in found.samples] == [f"{SCAN}_1", f"{SCAN}_2"]
    for sample, (area, _, x, y, width, height, *_) in zip(found.samples, OBJECTS, strict=True):
        assert (images.read(sample)[..., 0] == grey[y : y + height, x : x + width]).all()
        assert sample.measures["area"] == Quantity(area, "pixel ** 2")
        assert sample.measures["%area"].unit == "percent"
        assert sample.group == SCAN
        assert sample.pixel_size is None


def test_objects_are_cut_out_of_a_scan_too_large_to_be_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 5000)
    (tmp_path / f"{SCAN}_meas.txt").write_text(measures())
    grey = scan_picture(tmp_path, f"{SCAN}_vis1.png")
    found = open_samples(tmp_path)
    assert len(found.samples) == 2
    for sample, (_, _, x, y, width, height, *_) in zip(found.samples, OBJECTS, strict=True):
        assert (images.read(sample)[..., 0] == grey[y : y + height, x : x + width]).all()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_pid_file_tells_scale_threshold_time_and_water_of_its_scan(tmp_path, end):
    (tmp_path / f"{SCAN}_dat1.pid").write_bytes(pid(end).encode("latin-1"))
    scan_picture(tmp_path, f"{SCAN}_vis1.png")
    sample = open_samples(tmp_path).samples[1]
    assert sample.pixel_size == Quantity(10.6, "micrometer")
    assert sample.effort.volume == Quantity(357 / 8, "meter ** 3")
    assert sample.taken_at == "2023-07-05T05:03:00"
    facts = zooprocess.scan(tmp_path / f"{SCAN}_dat1.pid")
    assert (facts.threshold, facts.parts, facts.pixel_size) == (243.0, 8.0, sample.pixel_size)
    assert len(open_samples(tmp_path / f"{SCAN}_dat1.pid", limit=1).samples) == 1


def test_crops_come_before_the_scan_and_facts_from_files_beside(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / f"{SCAN}_meas.csv").write_text(measures())
    (tmp_path / f"{SCAN}_meta.txt").write_text("Vol= 100\nFracnb= 4\nDate= 20230705-0503\n")
    (tmp_path / "process_install_both_config.txt").write_text("resolution= 2400\nupper= 243\n")
    Image.new("L", (30, 12), 90).save(tmp_path / f"{SCAN}_1.jpg")
    Image.new("L", (21, 33), 80).save(tmp_path / "crop_50_20.png")
    found = open_samples(tmp_path)
    assert [s.uri.rpartition("/")[2] for s in found.samples] == [f"{SCAN}_1.jpg", "crop_50_20.png"]
    assert found.samples[0].effort.volume == Quantity(25.0, "meter ** 3")
    assert found.samples[0].pixel_size.value == pytest.approx(25400 / 2400)


def test_what_is_missing_or_does_not_fit_is_told(tmp_path):
    (tmp_path / f"{SCAN}_meas.txt").write_text(measures() + "3\tcut off\n")
    Image.new("L", (20, 30), 80).save(tmp_path / "crop_50_20.png")
    Image.new("L", (40, 30), 80).save(tmp_path / f"{SCAN}.png")
    found = open_samples(tmp_path)
    assert [s.id for s in found.samples] == [f"{SCAN}_1"]
    told = " ".join(skipped.why for skipped in found.skipped)
    assert "(40 × 30 pixels) does not hold the object's place" in told
    assert "has lines that are not whole" in told
    assert "named by no table; the first is crop_50_20.png" in told


def test_a_volume_its_net_cannot_have_filtered_is_left_open(tmp_path):
    (tmp_path / f"{SCAN}_dat1.pid").write_text(pid().replace("Vol= 357", "Vol= 357000"))
    scan_picture(tmp_path)
    found = open_samples(tmp_path)
    assert found.samples[0].effort is None
    assert "may be litres" in found.skipped[0].why


def test_a_file_that_says_nothing_of_a_scan_is_a_sentence(tmp_path):
    (tmp_path / "lut.txt").write_text("0\n65536\n")
    with pytest.raises(ValueError, match=r"lut\.txt says nothing of a scan"):
        zooprocess.scan(tmp_path / "lut.txt")
    with pytest.raises(ValueError, match="holds no measures of ZooProcess"):
        zooprocess.read(tmp_path)


def test_real_project_joins_crops_measures_and_ecotaxa_rows(real_data):
    root = real_data / "02_zooplankton_ecotaxa" / "zooprocess_project"
    if not root.is_dir():
        pytest.skip(f"the real ZooProcess project is not at hand ({root})")
    found = open_samples(root)
    assert len(found.samples) == 2
    by_size = {(s.width, s.height): s for s in found.samples}
    assert by_size.keys() == {(50, 45), (57, 60)}
    for sample in found.samples:
        assert sample.pixel_size == Quantity(10.6, "micrometer")
        assert sample.effort.volume == Quantity(203.5 / 4, "meter ** 3")
        assert (sample.measures["width"].value, sample.measures["height"].value) == (sample.width, sample.height)
    told = " ".join(skipped.why for skipped in found.skipped)
    assert "Left out: 862" in told
    assert "mask_holes_2855_223.png" in told
    measured = {s.id: s for s in zooprocess.read(root).collection.samples}
    for sample in found.samples:
        for name in ("area", "mean", "perim.", "bx", "convarea"):
            other = measured[sample.id].measures[name]
            assert sample.measures[name].value == pytest.approx(other.value, rel=1e-3), name
            assert sample.measures[name].unit == other.unit
    facts = zooprocess.scan(next(root.rglob("*_meta.txt")))
    assert facts.effort.volume == Quantity(357 / 8, "meter ** 3")
    assert zooprocess.scan(next(root.rglob("process_install*"))).threshold == 243
