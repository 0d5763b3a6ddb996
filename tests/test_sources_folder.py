"""Folders and zips as people really have them: what becomes a sample, a label, a sentence, and what stays out."""

import json
import os
import random
import shutil

import pytest
from hostile import check_hostile, make_hostile_folder, put, reasons
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels import images
from imagine_kernels.records import from_json, to_json
from imagine_kernels.sources import fingerprint, open_samples
from imagine_kernels.sources.folder import class_folders


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return make_hostile_folder(tmp_path_factory.mktemp("drop") / "a person's folder")


def test_folder_of_good_and_bad_files_gives_the_good_and_a_sentence_for_each_bad_one(hostile):
    check_hostile(open_samples(hostile))


def test_folder_without_a_picture_says_what_it_holds(tmp_path):
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.txt").write_text("x")
    with pytest.raises(ValueError, match=r"holds no picture .* but 2 files \(\.csv, \.txt\)"):
        open_samples(tmp_path)
    (tmp_path / "sub").mkdir()
    with pytest.raises(ValueError, match=r"sub holds no picture .* but nothing"):
        open_samples(tmp_path / "sub")


def test_folder_of_bad_pictures_only_tells_the_first(tmp_path):
    (tmp_path / "a.png").touch()
    (tmp_path / "b.png").touch()
    with pytest.raises(ValueError, match=r"2 thing\(s\) were left out. The first: a.png is empty"):
        open_samples(tmp_path)


def test_missing_path_is_told_with_where_it_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no .*nowhere"):
        open_samples(tmp_path / "nowhere")


def test_one_picture_is_a_collection_of_one(tmp_path):
    (sample,) = open_samples(put(tmp_path / "only.png")).samples
    assert (sample.id, sample.width, sample.height) == ("only.png", 64, 48)


def test_pictures_deep_in_folders_are_found_in_the_same_order_whatever_the_disk_says(tmp_path):
    names = ["b/2.png", "b/10.png", "a/z/1.jpg", "top.JPG", "a.tif", "c/.hidden/x.png", "c/._fork.png"]
    for seed, name in enumerate(random.Random(3).sample(names, len(names))):
        put(tmp_path / name, seed)
    found = open_samples(tmp_path)
    assert [s.id for s in found.samples] == ["a.tif", "a/z/1.jpg", "b/10.png", "b/2.png", "top.JPG"]
    assert found.annotations == ()
    assert [s.id for s in open_samples(tmp_path, limit=2).samples] == ["a.tif", "a/z/1.jpg"]


def test_folders_named_after_classes_are_labels_by_folder(tmp_path):
    for name in ("Tripos/1.png", "Tripos/2.png", "Dino flagellata/1.png"):
        put(tmp_path / name)
    found = open_samples(tmp_path)
    labels = {a.sample_id: a.regions[0].label for a in found.annotations}
    assert labels == {"Tripos/1.png": "Tripos", "Tripos/2.png": "Tripos", "Dino flagellata/1.png": "Dino flagellata"}
    assert {a.author for a in found.annotations} == {"folder"}
    assert [a.id for a in open_samples(tmp_path).annotations] == [a.id for a in found.annotations]
    assert open_samples(tmp_path).annotations == found.annotations


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train/A/1.png", "train/B/2.png", "test/A/3.png"], ["A", "B", "A"]),
        (["set/A/1.png", "set/B/2.png"], ["A", "B"]),
        (["A/1.png", "B/2.png", "3.png"], []),
        (["A/1.png", "A/2.png"], []),
        (["A/1.png", "B/deep/2.png"], []),
        (["2024-04-08/1.png", "2024-04-09/1.png"], []),
        (["Station 1/1.png", "Station 2/1.png"], []),
        (["cast_3/1.png", "cast_4/1.png"], []),
        (["images/1.png", "masks/1.png"], []),
        (["Castor/1.png", "Day-like/2.png"], []),
        (["Castor/1.png", "Runella/2.png"], ["Castor", "Runella"]),
        ([], []),
    ],
)
def test_folder_names_are_labels_only_where_that_is_clear(names, expected):
    assert list(class_folders(names).values()) == expected


@given(st.lists(st.lists(st.sampled_from(["A", "Bb", "train", "7", "é"]), max_size=3), max_size=6))
def test_class_folders_name_all_files_or_none_and_only_folders_they_lie_in(parts):
    names = ["/".join([*folders, f"{i}.png"]) for i, folders in enumerate(parts)]
    found = class_folders(names)
    assert set(found) in (set(), set(names))
    assert all(label in name.split("/")[:-1] for name, label in found.items())
    assert len(set(found.values())) != 1


def test_links_that_leave_the_folder_are_not_followed_and_said_so(tmp_path):
    put(tmp_path / "secret" / "other.png")
    root = tmp_path / "mine"
    put(root / "a.png")
    (root / "away.png").symlink_to(tmp_path / "secret" / "other.png")
    (root / "inside.png").symlink_to(root / "a.png")
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root)
    (root / "dead.png").symlink_to(root / "gone.png")
    found = open_samples(root)
    assert [s.id for s in found.samples] == ["a.png", "inside.png"]
    told = reasons(found)
    assert "leads out of the folder" in told["away.png"]
    assert "link to a folder" in told["folder"]
    assert "link to a folder" in told["loop"]
    assert told["dead.png"].startswith("dead.png cannot be read")


def test_pipes_and_devices_are_never_opened(tmp_path):
    put(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
    assert [s.id for s in open_samples(tmp_path).samples] == ["a.png"]


def test_name_that_is_no_text_is_left_out_with_a_sentence(tmp_path):
    put(tmp_path / "a.png")
    shutil.copy(tmp_path / "a.png", os.fsencode(tmp_path) + b"/caf\xe9.png")
    found = open_samples(tmp_path)
    assert [s.id for s in found.samples] == ["a.png"]
    (skipped,) = found.skipped
    json.dumps([skipped.where, skipped.why]).encode()
    assert skipped.why.encode().decode() == "caf\\udce9.png has a broken name. Rename it."


def test_pictures_of_kinds_that_are_not_read_are_told_but_notes_are_not(tmp_path):
    put(tmp_path / "a.png")
    for name in ("b.gif", "c.heic", "d.zip", "e.csv", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    told = reasons(open_samples(tmp_path))
    assert set(told) == {"b.gif", "c.heic", "d.zip"}
    assert told["b.gif"] == "b.gif is a GIF file, which is not read here. Save it as JPEG, PNG or TIFF."
    assert told["d.zip"].endswith("Open it by itself.")


def test_listing_looks_at_headers_only(tmp_path):
    """A picture whose pixels are cut off is listed; reading it says so, and the rest goes on."""
    whole = put(tmp_path / "a.png", width=400, height=300)
    (tmp_path / "b.png").write_bytes(whole.read_bytes()[:2000])
    first, second = open_samples(tmp_path).samples
    assert images.read(first).shape == (300, 400, 3)
    with pytest.raises(ValueError, match=r"b\.png is broken"):
        images.read(second)


def test_samples_survive_the_way_through_json(hostile):
    for sample in open_samples(hostile).samples:
        assert from_json(json.loads(json.dumps(to_json(sample)))) == sample


def test_path_that_looks_like_a_zip_member_is_still_a_file(tmp_path):
    path = put(tmp_path / "odd.zip!" / "a.png")
    (sample,) = open_samples(tmp_path).samples
    assert sample.uri == str(path)
    assert images.read(sample).shape == (48, 64, 3)


# fingerprint ----------------------------------------------------------------------------------------------------------


def test_fingerprint_tells_same_pictures_from_others_in_whatever_order(tmp_path):
    for seed in range(3):
        put(tmp_path / f"{seed}.png", seed)
    samples = open_samples(tmp_path).samples
    whole = fingerprint(samples)
    assert whole == fingerprint(samples[::-1])
    assert whole != fingerprint(samples[:2])
    put(tmp_path / "1.png", 9)
    assert whole != fingerprint(samples)


def test_real_class_folders_are_read_whole(real_data):
    found = open_samples(real_data / "05_flowcam_phytoplankton" / "flowcam_culture_crops")
    labels = [a.regions[0].label for a in found.annotations]
    assert {name: labels.count(name) for name in set(labels)} == {"Junk": 1562, "Missed": 231, "Protist": 207}
    assert found.skipped == ()
    assert all(images.read(s).shape == (s.height, s.width, 3) for s in found.samples[::20])
