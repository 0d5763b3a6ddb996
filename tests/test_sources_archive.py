"""Zips as people really have them, and as somebody hostile packs them: read in place, bounded, never unpacked."""

import zipfile

import pytest
from hostile import check_hostile, make_hostile_folder, picture, put, reasons

from imagine_kernels import images
from imagine_kernels.images import zip_members
from imagine_kernels.sources import open_samples


def pack(path, members, kind=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.fixture(scope="module")
def plankton_png(tmp_path_factory):
    return put(tmp_path_factory.mktemp("one") / "a.png", 5).read_bytes()


@pytest.fixture
def hostile_zip(tmp_path):
    hostile = make_hostile_folder(tmp_path / "drop")
    with zipfile.ZipFile(tmp_path / "drop.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in hostile.iterdir():
            archive.write(file, file.name)
        archive.writestr("../outside.png", (hostile / "with space.png").read_bytes())
        archive.writestr("/etc/absolute.png", (hostile / "with space.png").read_bytes())
        archive.writestr("C:\\windows\\drive.png", (hostile / "with space.png").read_bytes())
        archive.writestr("__MACOSX/._with space.png", b"resource fork")
    return tmp_path / "drop.zip"


def test_zip_of_good_and_bad_files_reads_alike_and_never_writes_to_disk(hostile_zip, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    told = check_hostile(open_samples(hostile_zip))
    for name in ("outside.png", "absolute.png", "drive.png"):
        assert "points outside its archive" in next(why for where, why in told.items() if where.endswith(name))
    assert sorted(tmp_path.rglob("*")) == before


def test_class_folders_in_a_zip_are_labels_too(tmp_path, plankton_png):
    path = pack(tmp_path / "set.zip", {f"set/{c}/{i}.png": plankton_png for c in "AB" for i in range(2)})
    found = open_samples(path)
    assert [a.regions[0].label for a in found.annotations] == ["A", "A", "B", "B"]
    assert found.samples[0].uri == f"{path}!/set/A/0.png"
    assert (images.read(found.samples[3]) == picture(5)).all()


def test_zip_bomb_is_refused_by_what_it_declares(tmp_path, plankton_png, monkeypatch):
    monkeypatch.setattr(zip_members, "MAX_BYTES", 40 * 2**20)
    zeros = b"II*\0" + bytes(30 * 2**20)
    path = pack(tmp_path / "bomb.zip", {"a.png": plankton_png, "many.tif": zeros, "large.tif": zeros + zeros})
    found = open_samples(path)
    assert [s.id for s in found.samples] == ["a.png"]
    told = {why.split()[0]: why for why in reasons(found).values()}
    assert "times its size: no picture does" in told["many.tif"]
    assert "above the limit of 40 MB" in told["large.tif"]


def test_zip_member_that_lies_about_its_size_is_damaged_not_unpacked(tmp_path, plankton_png):
    """The directory says 1,000 bytes; the data unfolds to 64 MB. What is declared is all that is taken."""
    zeros = plankton_png + bytes(64 * 2**20)
    path = pack(tmp_path / "liar.zip", {"liar.png": zeros, "a.png": plankton_png})
    raw = path.read_bytes()
    true = len(zeros).to_bytes(4, "little")
    assert raw.count(true) == 2
    path.write_bytes(raw.replace(true, (1000).to_bytes(4, "little")))
    found = open_samples(path)
    assert "a.png" in [s.id for s in found.samples]
    liar = [s for s in found.samples if s.id == "liar.png"]
    for sample in liar:
        with pytest.raises(ValueError, match=r"liar\.png is damaged inside its archive"):
            images.read(sample)
    assert liar or "liar.png" in str(reasons(found))


def test_zip_with_a_password_a_wrong_sum_or_a_member_twice_is_told_member_by_member(tmp_path, plankton_png):
    path = tmp_path / "odd.zip"
    pack(path, {"a.png": plankton_png, "sum.png": plankton_png}, zipfile.ZIP_STORED)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("locked.png", plankton_png)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", plankton_png)
    raw = bytearray(path.read_bytes())
    place = raw.index(plankton_png, raw.index(b"sum.png"))
    raw[place + len(plankton_png) // 2] ^= 1
    raw[raw.rindex(b"locked.png") - 46 + 8] |= 1  # the bit for "encrypted" in the directory
    path.write_bytes(raw)
    found = open_samples(path)
    assert [s.id for s in found.samples] == ["a.png"]
    told = " ".join(reasons(found).values())
    assert "locked.png is locked by a password" in told
    assert "a.png lies in the archive twice" in told
    assert "sum.png is broken and cannot be decoded (Bad CRC-32" in told


def test_large_member_with_a_wrong_sum_is_listed_by_its_header_and_told_when_read(tmp_path):
    large = put(tmp_path / "large.png", 5, width=900, height=700).read_bytes()
    path = pack(tmp_path / "sum.zip", {"large.png": large}, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[raw.index(large) + len(large) // 2] ^= 1
    path.write_bytes(raw)
    (sample,) = open_samples(path).samples
    with pytest.raises(ValueError, match=r"large\.png is damaged inside its archive"):
        images.read(sample)


def test_torn_zip_is_one_sentence(tmp_path, plankton_png):
    path = pack(tmp_path / "torn.zip", {"a.png": plankton_png})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"torn\.zip is not a whole zip archive"):
        open_samples(path)


def test_flowcam_run_in_a_zip_asks_to_unpack_it(tmp_path, plankton_png):
    path = pack(tmp_path / "run.zip", {"run.lst": b"017\nnum-fields|1\nid|int32\n", "run_000001.tif": plankton_png})
    with pytest.raises(ValueError, match=r"run\.zip holds a raw FlowCam run. Unpack it"):
        open_samples(path)


def test_replaced_archive_is_read_anew(tmp_path, plankton_png):
    path = pack(tmp_path / "set.zip", {"a.png": plankton_png})
    (sample,) = open_samples(path).samples
    images.read(sample)
    pack(path, {"other.png": plankton_png})
    with pytest.raises(FileNotFoundError, match=r"a\.png is not in set\.zip any more"):
        images.read(sample)
