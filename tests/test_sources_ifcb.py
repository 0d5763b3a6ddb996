"""Raw IFCB bins: drawn ones of both layouts in every state of damage, and a real one against its own header."""

import dataclasses
import shutil
import zipfile

import numpy as np
import pytest

from imagine_kernels import images, measure
from imagine_kernels.records import Quantity
from imagine_kernels.sources import fingerprint, open_samples

NEW, OLD = "D20220519T124533_IFCB134", "IFCB5_2011_231_182610"
SIZES = [(20, 12), (0, 0), (16, 9), (31, 5)]
"""Width and height of the picture of each line; the second trigger has none, the last two lines are one trigger."""
TRIGGERS = [1, 2, 3, 3]
HEADER = "SoftwareVersion: 2.0\nrunTime: 60.5\ninhibitTime: 0.5\nsyringeSize: 5\nsyringeSamplingSpeed: 20\n"


def grey(line, width, height):
    return np.random.default_rng(line).integers(0, 256, (height, width), np.uint8)


def make_bin(folder, name, header=HEADER, old=False):
    """A bin as the instrument writes it, with 0.5 s of inhibit time over a run of 60.5 s."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, data = [], b""
    for line, ((width, height), trigger) in enumerate(zip(SIZES, TRIGGERS, strict=True), start=1):
        place = f"{100 * line},{200},{width},{height},{len(data)}"
        if old:
            lines.append(f"{trigger},{line * 10.0},0.1,0.2,0.3,0.4,0.5,{line * 10.0 - 1},{line * 10.0},{place},0")
        else:
            clock = f"{line * 15.0 + 0.5},{line * 0.125}"
            lines.append(f"{trigger},{line * 15.0 + 0.45}{',0.1' * 9},1.0,1.1,{place},0,0,0,0,{clock}")
        data += grey(line, width, height).tobytes()
    (folder / f"{name}.adc").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.roi").write_bytes(data)
    if header is not None:
        (folder / f"{name}.hdr").write_text(header)
    return folder


@pytest.fixture(scope="module")
def real(real_data):
    folder = real_data / "05_flowcam_phytoplankton" / "ifcb_raw_bin"
    if not folder.is_dir():
        pytest.skip(f"the real IFCB bin is not at hand ({folder})")
    return folder


@pytest.mark.parametrize(("name", "old"), [(NEW, False), (OLD, True)])
def test_every_picture_is_read_in_place_and_triggers_without_one_are_no_samples(tmp_path, name, old):
    found = open_samples(make_bin(tmp_path, name, old=old))
    assert [s.id for s in found.samples] == [f"{name}_0000{line}" for line in (1, 3, 4)]
    assert found.skipped == ()
    for sample, line in zip(found.samples, (1, 3, 4), strict=True):
        assert (images.read(sample)[..., 0] == grey(line, *SIZES[line - 1])).all()
        assert images.size(sample.uri) == (sample.width, sample.height) == SIZES[line - 1]
        assert sample.group == name
        assert sample.pixel_size is None
        assert sample.measures["trigger"] == Quantity(TRIGGERS[line - 1], "dimensionless")
        assert sample.measures["roix"] == Quantity(100 * line, "pixel")
    assert images.thumbnail(found.samples[0])[:3] == b"\xff\xd8\xff"
    assert fingerprint(found.samples) == fingerprint(open_samples(tmp_path).samples)


def test_time_is_that_of_the_bins_name_in_both_styles(tmp_path):
    new, old = make_bin(tmp_path / "new", NEW), make_bin(tmp_path / "old", OLD, old=True)
    assert open_samples(new).samples[0].taken_at == "2022-05-19T12:45:33+00:00"
    assert open_samples(old).samples[0].taken_at == "2011-08-19T18:26:10+00:00"
    assert open_samples(make_bin(tmp_path / "other", "sample 7")).samples[0].taken_at is None
    assert open_samples(make_bin(tmp_path / "no", "D20221319T124533_IFCB1")).samples[0].taken_at is None


def test_volume_is_the_time_of_looking_times_the_flow_of_the_syringe(tmp_path):
    volume = open_samples(make_bin(tmp_path, NEW)).samples[0].effort.volume
    assert volume == Quantity(0.25 * (60.5 - 0.5) / 60, "milliliter")


def test_without_header_or_against_it_the_table_tells_the_volume(tmp_path):
    by_table = 0.25 * (60.5 - 0.5) / 60
    alone = make_bin(tmp_path / "a", NEW, header=None)
    stale = make_bin(tmp_path / "b", NEW, header="runTime: 1200\ninhibitTime: 90\n")
    for folder in (alone, stale):
        assert open_samples(folder).samples[0].effort.volume.value == pytest.approx(by_table)


def test_old_instruments_are_busy_from_each_picture_to_the_next_trigger(tmp_path):
    """Triggers open 1 s before their pictures at 10, 20 and 30 s, 9 s after the picture before: 30 - 18 - 0.073."""
    volume = open_samples(make_bin(tmp_path, OLD, header="", old=True)).samples[0].effort.volume
    assert volume.value == pytest.approx(5 / 48000 * 40 * (30 - 18 - 0.073))


def test_bin_without_clocks_or_run_fast_has_no_volume_and_says_so(tmp_path):
    fast = open_samples(make_bin(tmp_path / "fast", NEW, HEADER + "runSampleFast: True\n"))
    speedy = open_samples(make_bin(tmp_path / "speed", NEW, HEADER.replace(": 20", ": 10")))
    folder = make_bin(tmp_path / "no clocks", NEW, header=None)
    adc = folder / f"{NEW}.adc"
    adc.write_text("\n".join(line.rsplit(",", 2)[0] for line in adc.read_text().splitlines()))
    for found, word in ((fast, "fast"), (speedy, "10 minutes"), (open_samples(folder), ".hdr")):
        assert found.samples[0].effort.volume is None
        assert word in found.skipped[0].why
    with pytest.raises(ValueError, match="volume imaged"):
        measure.concentrations(fast.samples, {})


def test_damaged_bins_lose_only_what_is_damaged_and_say_what(tmp_path):
    folder = make_bin(tmp_path / "short", NEW)
    roi = folder / f"{NEW}.roi"
    roi.write_bytes(roi.read_bytes()[:-1])
    adc = folder / f"{NEW}.adc"
    adc.write_text("1,2,3\n" + adc.read_text() + "\n,,,\n1,nan" + ",nan" * 22 + "\n")
    found = open_samples(folder)
    assert len(found.samples) == 2
    told = " ".join(skipped.why for skipped in found.skipped)
    assert "does not hold all pictures" in told
    assert "not whole" in told


@pytest.mark.parametrize("suffix", [".adc", ".roi"])
def test_bin_that_lacks_a_file_is_told_in_a_sentence(tmp_path, suffix):
    folder = make_bin(tmp_path, NEW)
    (folder / f"{NEW}{suffix}").unlink()
    with pytest.raises(ValueError, match=rf"has no \{suffix} file. Copy all three"):
        open_samples(folder)


def test_several_bins_of_a_tree_stay_apart_in_any_case_of_their_names(tmp_path):
    make_bin(tmp_path / "a", NEW)
    make_bin(tmp_path / "b", NEW)
    for path in make_bin(tmp_path / "c", OLD, old=True).iterdir():
        path.rename(path.with_suffix(path.suffix.upper()))
    found = open_samples(tmp_path, dilution=2.0)
    assert len({s.id for s in found.samples}) == 9
    assert {s.group for s in found.samples} == {NEW, f"b/{NEW}", OLD}
    assert {s.effort.dilution for s in found.samples} == {2.0}
    assert len(open_samples(tmp_path, limit=4).samples) == 4


def zipped(path, folder, *, inside=""):
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, f"{inside}{each.name}")
    return path


def test_bins_in_a_zip_are_read_there_and_are_those_of_the_folder(tmp_path):
    folder = make_bin(tmp_path / "bin", NEW)
    plain, packed = open_samples(folder), open_samples(zipped(tmp_path / "bin.zip", folder, inside="cruise 7/"))
    assert [(s.id, s.group, s.effort, s.taken_at) for s in packed.samples] == [
        (s.id, s.group, s.effort, s.taken_at) for s in plain.samples
    ]
    for one, other in zip(plain.samples, packed.samples, strict=True):
        assert (images.read(one) == images.read(other)).all()
        assert images.size(other.uri) == (other.width, other.height)
    zipped(tmp_path / "bin.zip", folder, inside="cruise 8/")
    both = open_samples(tmp_path / "bin.zip", dilution=2.0)
    assert {s.group for s in both.samples} == {NEW, f"cruise 8/{NEW}"}
    assert {s.effort.dilution for s in both.samples} == {2.0}
    assert len(open_samples(tmp_path / "bin.zip", limit=4).samples) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "bin.zip"]


def test_damaged_bins_in_a_zip_lose_only_what_is_damaged_and_say_what(tmp_path):
    whole, short = make_bin(tmp_path / "whole", NEW), make_bin(tmp_path / "short", OLD, old=True)
    (short / f"{OLD}.roi").write_bytes((short / f"{OLD}.roi").read_bytes()[:-1])
    lost = make_bin(tmp_path / "lost", "D20220519T130000_IFCB134")
    next(lost.glob("*.adc")).unlink()
    for folder in (whole, short, lost):
        zipped(tmp_path / "bins.zip", folder)
    found = open_samples(tmp_path / "bins.zip")
    assert len(found.samples) == 3 + 2
    told = " ".join(skipped.why for skipped in found.skipped)
    assert "does not hold all pictures" in told
    assert "has no .adc file. Copy all three" in told


def test_picture_of_a_zipped_bin_that_lies_about_its_length_is_refused(tmp_path):
    packed = zipped(tmp_path / "bin.zip", make_bin(tmp_path / "bin", NEW))
    sample = open_samples(packed).samples[-1]
    start = sample.uri.rpartition("@")[2].partition("_")[0]
    far = dataclasses.replace(sample, uri=sample.uri.replace(f"@{start}_", "@999999_"))
    with pytest.raises(ValueError, match="beyond the end"):
        images.read(far)


def test_bin_without_pictures_is_told(tmp_path):
    folder = make_bin(tmp_path / "bin", NEW)
    adc = folder / f"{NEW}.adc"
    adc.write_text(adc.read_text().splitlines()[1] + "\n")
    for path in (folder, zipped(tmp_path / "bin.zip", folder)):
        with pytest.raises(ValueError, match="lists 1 triggers without a picture"):
            open_samples(path)


def test_picture_beyond_its_file_is_refused_when_it_is_read(tmp_path):
    sample = open_samples(make_bin(tmp_path, NEW)).samples[-1]
    (tmp_path / f"{NEW}.roi").write_bytes(b"")
    with pytest.raises(ValueError, match="beyond the end"):
        images.read(sample)


def test_real_bin_agrees_with_its_header(real, tmp_path):
    found = open_samples(real)
    header = dict(line.split(": ", 1) for line in next(real.glob("*.hdr")).read_text().splitlines())
    assert len(found.samples) == int(header["roiCount"])
    assert found.skipped == ()
    looked = float(header["runTime"]) - float(header["inhibitTime"])
    assert {s.effort for s in found.samples} == {found.samples[0].effort}
    assert found.samples[0].effort.volume.value == pytest.approx(0.25 * looked / 60)
    data = next(real.glob("*.roi")).read_bytes()
    assert b"".join(images.read(s)[..., 0].tobytes() for s in found.samples) == data
    shutil.copytree(real, tmp_path / "bin")
    next((tmp_path / "bin").glob("*.hdr")).unlink()
    alone = open_samples(tmp_path / "bin").samples[0].effort.volume
    assert alone.value == pytest.approx(0.25 * looked / 60, rel=1e-4)
