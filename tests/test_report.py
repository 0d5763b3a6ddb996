"""The report: the command a person types, real papermill and kernel, and the file somebody without Jupyter reads."""

import dataclasses
import html
import json
import os
import re
import subprocess

import pytest
from hostile import make_hostile_folder
from house import ROOT

from imagine_kernels import report, use_case
from imagine_kernels.use_cases.phytoplankton import samples

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def imagine(kernel_python, tmp_path_factory):
    """Runs the command `imagine` of the kernel environment as a person without a hub does."""
    home = tmp_path_factory.mktemp("home")

    def run(*words, **environment):
        return subprocess.run(
            [str(kernel_python.with_name("imagine")), *map(str, words)],
            cwd=home,
            env={**os.environ, "HOME": str(home), "TQDM_DISABLE": "1", **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def page_of_a_run(imagine, tmp_path_factory):
    """The report of a drawn FlowCam run with known volume."""
    folder = tmp_path_factory.mktemp("report")
    run = samples.make_run(folder / "drawn run", count=60, seed=3)
    done = imagine("report", "phytoplankton", "--images", run, "-o", folder / "out.html")
    assert done.returncode == 0, done.stderr
    assert str(folder / "out.html") in done.stdout
    return (folder / "out.html").read_text(encoding="utf-8")


def test_report_tells_counts_concentrations_model_data_and_how_to_repeat_it(page_of_a_run):
    case = use_case.get("phytoplankton")
    model = case.model()
    text = html.unescape(page_of_a_run)
    for expected in ("per mL", "95 % interval", model.sha256, model.source.licence, model.source.citation, "drawn run"):
        assert expected in text
    assert "imagine report phytoplankton --images" in text
    assert "imagine predict phytoplankton" in text
    assert "Read beside the numbers" in text
    assert f"What the model {model.name} confuse" in text or f"what the model {model.name} confuse" in text
    for label in model.labels:
        assert label.title in text


def test_report_shows_pictures_and_the_widget_as_a_still(page_of_a_run):
    assert page_of_a_run.count("data:image/jpeg;base64,") >= 24
    assert "data:image/png;base64," in page_of_a_run
    assert "widget-view" not in page_of_a_run


def test_report_runs_no_script_and_loads_nothing_from_elsewhere(page_of_a_run):
    assert "<script" not in page_of_a_run.lower()
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?https?:""", page_of_a_run)
    assert "@import" not in page_of_a_run


def test_report_lists_what_was_skipped_and_goes_on(imagine, tmp_path):
    """What the files do not tell, and a person does, is in the commands that repeat it."""
    folder = make_hostile_folder(tmp_path / "bad <i>ones</i>")
    told = ("--pixel-size", "0.55 um")
    done = imagine("report", "phytoplankton", "--images", folder, "-o", tmp_path / "out.html", *told)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    text = html.unescape(page)
    for name in ("truncated.jpg", "empty.png", "really_a.pdf.jpg", "huge.png"):
        assert name in text, f"{name} is not listed as skipped"
    assert "No concentration" in text
    assert "--pixel-size '0.55 micrometer'" in text
    assert "<i>ones</i>" not in page, "a folder's name became markup"


def test_failing_cell_leaves_the_notebook_with_the_error_exit_status_1_and_one_sentence(imagine, tmp_path):
    run = samples.make_run(tmp_path / "run", count=12, seed=4)
    templates = tmp_path / "notebooks" / "reports"
    templates.mkdir(parents=True)
    notebook = json.loads((ROOT / "notebooks/reports/report.ipynb").read_text())
    notebook["cells"][3]["source"] = ["raise ValueError('the microscope is asleep')"]
    (templates / "report.ipynb").write_text(json.dumps(notebook))
    done = imagine(
        "report", "phytoplankton", "--images", run, "-o", tmp_path / "out.html", IMAGINE_NOTEBOOKS=str(templates.parent)
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "the microscope is asleep" in done.stderr
    assert "Traceback" not in done.stderr
    executed = json.loads((tmp_path / "out.ipynb").read_text())
    errors = [o for c in executed["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"]
    assert [e["evalue"] for e in errors] == ["the microscope is asleep"]
    assert not (tmp_path / "out.html").exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["report", "phytoplancton", "--images", "."], "Did you mean 'phytoplankton'?"),
        (["report", "phytoplankton", "--images", "nowhere"], "nowhere does not exist"),
        (["report", "phytoplankton", "--images", ".", "--model", "norht_sea"], "Did you mean 'north_sea'?"),
    ],
)
def test_a_wrong_word_gets_one_sentence(imagine, words, expected):
    done = imagine(*words)
    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_page_of_a_failed_write_is_not_left_half(tmp_path, monkeypatch):
    page = tmp_path / "out.html"
    page.write_text("the old one")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        report._write(page, "new")
    assert page.read_text() == "the old one"


def test_without_the_use_cases_kernel_one_sentence_and_nothing_half_written(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    case = dataclasses.replace(use_case.get("phytoplankton"), name="no_such_kernel")
    folder = samples.make_run(tmp_path / "run", count=2, seed=3)
    with pytest.raises(report.ReportError, match="No kernel of no_such_kernel is installed"):
        report.make(case, folder, tmp_path / "out.html", progress=False)
    assert not [*tmp_path.glob("out*")]
