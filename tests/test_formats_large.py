"""Large files of labels: read an entry at a time, told from their heads, and where one breaks off."""

import gc
import json
import math
import tracemalloc

import pytest

from imagine_widgets import formats
from imagine_widgets.formats import json_stream

BULK = "x" * 8000
"""What other tools write beside each label, and nobody reads."""
ROWS = 2500
POINT = {"original_width": 64, "original_height": 48, "type": "keypointlabels", "from_name": "k", "to_name": "i"}


def coco():
    pictures = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(ROWS)]
    rows = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 3, 4], "bulk": BULK} for n in range(ROWS)]
    return {"images": pictures, "annotations": rows, "categories": [{"id": 1, "name": "cod"}]}


def label_studio():
    value = {"x": 1, "y": 2, "width": 1, "keypointlabels": ["cod"]}
    result = [{**POINT, "id": "r", "value": value}]
    return [{"id": n, "data": {"image": f"{n}.png"}, "annotations": [{"result": result}], "meta": {"bulk": BULK}}
            for n in range(ROWS)]  # fmt: skip


def labelbox():
    return [
        {"uuid": str(n), "dataRow": {"globalKey": f"{n}.png"}, "name": "cod", "point": {"x": 1, "y": 2}, "bulk": BULK}
        for n in range(ROWS)
    ]


def saved(folder, make, lines=False, **how):
    path = folder / ("large.ndjson" if lines else "large.json")
    data = make()
    path.write_text("\n".join(map(json.dumps, data)) if lines else json.dumps(data, **how), encoding="utf-8")
    return path


@pytest.mark.parametrize(("make", "name"), [(coco, "coco"), (label_studio, "label_studio_json")])
def test_reading_takes_memory_for_the_records_and_not_for_the_file(tmp_path, make, name):
    path = saved(tmp_path, make)
    assert formats.detect(path).name == name
    tracemalloc.start()
    try:
        found = formats.read(path, name)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(one.regions) for one in found.annotations) == len(found.samples) == ROWS
    assert peak - kept < path.stat().st_size / 2


@pytest.mark.parametrize("lines", [False, True])
def test_labelbox_keeps_what_it_has_to_give_back_and_nothing_twice(tmp_path, lines):
    path = saved(tmp_path, labelbox, lines)
    assert formats.detect(path).name == "labelbox"
    tracemalloc.start()
    try:
        found = formats.read(path)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(one.regions) for one in found.annotations) == ROWS
    assert all(BULK in region.raw["labelbox"] for one in found.annotations for region in one.regions)
    assert peak - kept < path.stat().st_size / 2


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (coco, r"breaks off .* annotations, entry 1,\d\d\d, character [\d,]+"),
        (label_studio, r"breaks off .* entry 1,\d\d\d"),
    ],
)
def test_a_file_cut_in_half_is_one_sentence_that_says_where(tmp_path, make, told):
    path = saved(tmp_path, make)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=told) as raised:
        formats.read(path)
    assert len(str(raised.value)) < 400
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("how", [{}, {"indent": 2}, {"separators": (",", ":")}], ids=["plain", "indented", "tight"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_entries_are_those_of_the_file_however_it_was_saved(tmp_path, how, encoding, monkeypatch):
    monkeypatch.setattr(json_stream, "_WINDOW", 7)
    data = {
        "info": {"a": [1]},
        "rows": [1, -2.5e3, 'x\\"é🐟]', None, True, [], {"b": {}}],
        "none": [],
        "map": {"a": 1, "b": [2]},
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data, ensure_ascii=False, **how) + "\n", encoding=encoding)
    found = list(json_stream.entries(path, {"rows", "none", "map"}))
    assert found == [
        ("", None, {}), ("info", None, {"a": [1]}), ("rows", None, []),
        *(("rows", number, value) for number, value in enumerate(data["rows"])),
        ("none", None, []), ("map", None, {}), ("map", "a", 1), ("map", "b", [2]),
    ]  # fmt: skip
    path.write_text(json.dumps(data["rows"], **how), encoding=encoding)
    assert [value for _, number, value in json_stream.entries(path) if number is not None] == data["rows"]


@pytest.mark.parametrize("how", [{}, {"indent": 1}, {"separators": (",", ":")}], ids=["plain", "indented", "tight"])
@pytest.mark.parametrize("nearby", [1, 20, 90, 2**16])
def test_entries_read_many_at_once_are_those_read_one_by_one(tmp_path, how, nearby, monkeypatch):
    monkeypatch.setattr(json_stream, "_SLICE", nearby)
    monkeypatch.setattr(json_stream, "_WINDOW", 150)
    rows = [
        *({"id": n, "in": [{"id": 1}, {"id": n}][: n % 3], "a": '}, {"id": 3}], {"id"'[: n]} for n in range(30)),
        {"id": math.nan}, {"id": 10**40}, [{"id": 1}, {"id": 2}], 5, {"id": 3}, {"id": 4},
    ]  # fmt: skip
    path = tmp_path / "a.json"
    for some in (rows, rows[::-1], [{"id": n} for n in range(200)]):
        path.write_text(json.dumps({"one": some, "other": some}, **how))
        found = [(part, key, repr(value)) for part, key, value in json_stream.entries(path, {"one", "other"})]
        assert found == [
            ("", None, "{}"),
            *(row for part in ("one", "other")
              for row in [(part, None, "[]"), *((part, n, repr(value)) for n, value in enumerate(some))]),
        ]  # fmt: skip


def test_a_fault_among_entries_read_at_once_is_told_where_it_is(tmp_path):
    path = tmp_path / "a.json"
    rows = [json.dumps({"id": n}) for n in range(50)]
    path.write_text("[" + ", ".join([*rows[:40], '{"id" 40}', *rows[41:]]) + "]")
    with pytest.raises(ValueError, match=r"entry 41, character [\d,]+ .Expecting ':'"):
        list(json_stream.entries(path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it ends too soon"),
        ("[1, 2", "a comma is missing"),
        ("[1 2]", "entry 1, character 4 .a comma"),
        ("[1,]", "Expecting value"),
        ('{"a": 1, }', "a name in quotes"),
        ('{"a" 1}', "a colon"),
        ('{"a": [1, {"b": "c', "breaks off"),
        ("[1] 2", "something follows"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "limit"),
    ],
)
def test_what_is_no_json_is_one_sentence(tmp_path, text, told):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=told):
        list(json_stream.entries(path, {"a"}))


def test_an_entry_that_never_ends_and_other_bytes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, "_LONGEST", 10_000)
    monkeypatch.setattr(json_stream, "_WINDOW", 1000)
    path = tmp_path / "a.json"
    path.write_text('["' + "x" * 100_000)
    with pytest.raises(ValueError, match="one entry has more than 10,000 characters"):
        list(json_stream.entries(path))
    path.write_bytes(b'["caf\xe9"]')
    with pytest.raises(ValueError, match="not in UTF-8"):
        list(json_stream.entries(path))


def test_the_garbage_collector_runs_again_whatever_became_of_a_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[")
    with pytest.raises(ValueError, match="ends too soon"):
        formats.read(path, "coco")
    assert gc.isenabled()
    found = formats.read(saved(tmp_path, coco))
    assert gc.isenabled()
    with pytest.raises(FileNotFoundError):
        formats.write(found, tmp_path / "no" / "folder", "yolo")
    assert gc.isenabled()
    gc.disable()
    try:
        formats.write(found, tmp_path / "yolo", "yolo")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert not gc.get_freeze_count()
