"""`imagine predict`: what lies in the folder of results, what it refuses, and that nothing is ever half there."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import imagine, refusal

from imagine_kernels import results, sources, use_case
from imagine_kernels.records import Box, Prediction, Quantity, Region, from_json
from imagine_kernels.units import parse
from imagine_kernels.use_cases.phytoplankton import samples

MODEL = use_case.get("phytoplankton").model()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A drawn FlowCam run of 12 particles."""
    return samples.make_run(tmp_path_factory.mktemp("data") / "run", count=12, seed=3)


@pytest.fixture(scope="module")
def done(run, tmp_path_factory):
    """What the command left and said."""
    out = tmp_path_factory.mktemp("results") / "new" / "out"
    return imagine("predict", "phytoplankton", run, "-o", out), out


def read(file):
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_folder_of_results_holds_predictions_records_tables_and_what_repeats_them(done, run):
    said, out = done
    assert said.code == 0, said.err
    names = {path.name for path in out.iterdir()}
    assert names >= {"predictions.csv", "predictions.jsonl", "samples.jsonl", "skipped.csv", "run.json", "counts.csv"}
    listed = read(out / "predictions.csv")
    assert len(listed) == 12
    assert {row["label"] for row in listed} <= set(MODEL.label_names)
    records = [from_json(json.loads(line)) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert all(isinstance(record, Prediction) and record.weights == MODEL.sha256 for record in records)
    assert [record.regions[0].label for record in records] == [row["label"] for row in listed]
    told = json.loads((out / "run.json").read_text())
    assert told["models"] == [{"name": MODEL.name, "weights_sha256": MODEL.sha256, "task": "classification"}]
    assert told["data_sha256"] == sources.fingerprint(sources.open_samples(run).samples)
    assert told["command"] == f"imagine predict phytoplankton {run} -o {out}"
    assert told["versions"]["torch"]
    assert sum(int(row["count"]) for row in read(out / "counts.csv")) == 12
    assert [path.name for path in out.parent.iterdir()] == ["out"], "something temporary was left"


def test_progress_goes_to_the_error_stream_and_the_numbers_to_the_output(done):
    said, out = done
    assert "12/12" in said.err
    assert "12 of 12 samples have a prediction." in said.out
    assert str(out) in said.out


def test_one_json_object_is_all_a_script_reads(run):
    said = imagine("predict", "phytoplankton", run, "--json", "--volume", "0.5 mL", "--model", "culture")
    told = json.loads(said.out)
    assert told["models"][0]["name"] == "culture"
    assert told["options"]["volume"] == {"value": 0.5, "unit": "milliliter"}
    assert told["out"] is None
    assert "12/12" in said.err
    assert not imagine("predict", "phytoplankton", run, "--json", "--quiet").err


def test_an_earlier_run_is_replaced_only_when_asked_and_other_files_never(run, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert imagine("predict", "phytoplankton", run, "-o", out, "-q").code == 0
    assert "give --replace" in refusal("predict", "phytoplankton", run, "-o", out)
    (out / "counts.csv").unlink()
    assert imagine("predict", "phytoplankton", run, "-o", out, "-q", "--replace").code == 0
    assert (out / "counts.csv").is_file()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    assert "holds other files" in refusal("predict", "phytoplankton", run, "-o", mine, "--replace")
    assert "is a file" in refusal("predict", "phytoplankton", run, "-o", mine / "thesis.txt")
    assert (mine / "thesis.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]


def test_results_never_lie_in_the_data_nor_take_its_place(run, tmp_path):
    assert "lies in the data" in refusal("predict", "phytoplankton", run, "-o", run / "out")
    out = tmp_path / "out"
    results.put(out, {"run.json": b"{}"})
    (out / "data").mkdir()
    assert "holds the data, too" in refusal("predict", "phytoplankton", out / "data", "-o", out, "--replace")


def test_a_disk_that_is_full_leaves_what_was_there(monkeypatch, tmp_path):
    out = tmp_path / "out"
    results.put(out, {"run.json": b"the old one"})
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        results.put(out, {"run.json": b"new"})
    assert (out / "run.json").read_text() == "the old one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_somebody_else_is_refused_before_anything_is_predicted(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="You may not write into"):
        results.free(tmp_path / "new" / "out", tmp_path / "data", replace=False)
    assert not (tmp_path / "new").exists()


def test_shapes_are_told_by_their_bounds_and_names_are_no_formulas():
    found = Prediction("=cmd()", (Region("Tripos", 0.0, Box(1, 2, 3, 4)),), "m", "w")
    (row,) = results.rows((), [found])
    assert (row["shape"], row["x"], row["height"], row["score"]) == ("Box", 1, 4, 0.0)
    assert results.as_csv([row]).splitlines()[1].startswith("'=cmd(),Tripos,0.0,Box")
    assert next(iter(results.rows((), [Prediction("s", (), "m", "w")]))) == {"sample": "s"}


@pytest.mark.parametrize(
    ("text", "like", "expected"),
    [
        ("10.58 um", "micrometer", Quantity(10.58, "micrometer")),
        ("10.58µm/px", "micrometer", Quantity(10.58, "micrometer")),
        (".0106 mm per pixel", "micrometer", Quantity(0.0106, "millimeter")),
        ("2.4 m3", "milliliter", Quantity(2.4, "meter ** 3")),
        ("2.4 m³", "milliliter", Quantity(2.4, "meter ** 3")),
        ("1e3 cm^3", "milliliter", Quantity(1000.0, "centimeter ** 3")),
        ("500 mL", "milliliter", Quantity(500.0, "milliliter")),
        ("24 l", "milliliter", Quantity(24.0, "liter")),
    ],
)
def test_quantities_are_read_as_people_type_them(text, like, expected):
    assert parse(text, like) == expected


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--pixel-size", "10.58"], "'10.58' is no quantity that can be used here: write a number with a point and"),
        (["--pixel-size", "10,58 um"], "write a number with a point and its unit, such as '10.58 micrometer'"),
        (["--pixel-size", "3 mL"], "'mL' is no unit that can be told in micrometer"),
        (["--volume", "3 furlongsque"], "'furlongsque' is no unit that can be told in milliliter"),
        (["--volume", "-3 mL"], "'-3 mL' is no quantity that can be used here: it must be above 0"),
        (["--volume", "0 m3"], "it must be above 0"),
        (["--dilution", "0"], "A dilution must be above 0, not 0."),
        (["--limits", "a,b"], "'a,b' is no list of limits"),
        (["--weights", "nowhere.safetensors"], "There are no weights at nowhere.safetensors"),
        (["--model", "norht_sea"], "Did you mean 'north_sea'?"),
    ],
)
def test_a_wrong_option_is_one_sentence_before_anything_is_read(words, told, tmp_path):
    assert told in refusal("predict", "phytoplankton", tmp_path, "-o", tmp_path / "deep" / "out", *words)
    assert list(tmp_path.iterdir()) == []


def test_use_cases_are_a_table_and_a_json_object():
    said = imagine("use-cases")
    assert all(name in said.out for name in use_case.names())
    told = json.loads(imagine("use-cases", "--json").out)
    assert [case["name"] for case in told["use_cases"]] == use_case.names()
    first = next(case for case in told["use_cases"] if case["name"] == "phytoplankton")["models"][0]
    assert first["sha256"] == MODEL.sha256
    assert {one["name"] for one in first["classes"]} == set(MODEL.label_names)


@pytest.mark.parametrize("name", ["predict", "evaluate", "train", "use-cases", "new-use-case", "report"])
def test_every_command_tells_what_it_takes(name):
    said = imagine(name, "--help")
    assert said.code == 0
    assert "Usage: imagine" in said.out


def test_the_installed_command_ends_with_a_sentence_and_status_1(tmp_path):
    command = Path(sys.executable).with_name("imagine")
    done = subprocess.run(
        [command, "predict", "phytoplankton", tmp_path / "none"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"imagine: There is no {tmp_path / 'none'}. Check the path; it is seen from {Path.cwd()}.\n"
