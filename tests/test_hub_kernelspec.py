"""Kernelspecs written from the use cases' facts, and errors of ours shown as sentences by a real kernel."""

import json
import sys

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from PIL import Image

from imagine_kernels import use_case
from imagine_kernels.launch import kernelspec, sentences


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """The folder of kernelspecs as the installer writes it, with this interpreter."""
    prefix = tmp_path_factory.mktemp("prefix")
    kernelspec.write(prefix)
    return prefix / "share" / "jupyter" / "kernels"


@pytest.fixture(scope="module")
def run(kernels):
    """Runs a cell in one real kernel and returns its reply and what it showed."""
    specs = KernelSpecManager(kernel_dirs=[str(kernels)], ensure_native_kernel=False)
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def run_cell(code):
        shown = []
        reply = client.execute_interactive(code, output_hook=shown.append, timeout=60)["content"]
        return reply, [m["content"] for m in shown if m["msg_type"] == "error"]

    yield run_cell
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_every_use_case_has_a_kernelspec_with_its_title_and_an_absolute_interpreter(kernels):
    for case in use_case.every():
        spec = json.loads((kernels / case.name / "kernel.json").read_text())
        assert spec["display_name"] == case.title
        assert spec["argv"][0] == sys.executable
        assert spec["metadata"]["imagine"] == {"use_case": case.name}


def test_a_picture_becomes_logos_that_jupyterlab_can_show(tmp_path):
    picture = tmp_path / "picture.jpg"
    Image.new("CMYK", (300, 120)).save(picture)
    kernelspec._put_logos(tmp_path, picture)
    for side in (32, 64):
        with Image.open(tmp_path / f"logo-{side}x{side}.png") as logo:
            assert (logo.size, logo.mode) == ((side, side), "RGB")


def test_a_drawing_is_its_own_logo_and_no_picture_is_no_error(tmp_path):
    drawing = tmp_path / "picture.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    kernelspec._put_logos(tmp_path, drawing)
    kernelspec._put_logos(tmp_path, tmp_path / "none.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logo-svg.svg", "picture.svg"]


def test_writing_again_changes_nothing_and_a_vanished_use_case_goes(tmp_path):
    first = kernelspec.write(tmp_path)
    kernels = first[0].parent
    gone, foreign = kernels / "gone", kernels / "somebody_elses"
    for folder, metadata in ((gone, {"imagine": {"use_case": "gone"}}), (foreign, {})):
        folder.mkdir()
        (folder / "kernel.json").write_text(json.dumps({"argv": ["x"], "metadata": metadata}))
    before = {path: path.stat().st_mtime_ns for folder in first for path in folder.iterdir()}
    assert kernelspec.write(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for folder in first for path in folder.iterdir()} == before
    assert not gone.exists()
    assert foreign.exists()


def test_a_kernelspec_somebody_broke_is_left_alone(tmp_path):
    broken = tmp_path / "share" / "jupyter" / "kernels" / "broken"
    broken.mkdir(parents=True)
    (broken / "kernel.json").write_text("{")
    kernelspec.write(tmp_path)
    assert broken.exists()


def test_an_error_of_ours_is_one_sentence_and_the_cell_fails(run):
    reply, shown = run("from imagine_kernels import use_case\nuse_case.get('phytoplanktom')")
    assert reply["status"] == "error"
    assert reply["ename"] == "LookupError"
    assert shown[0]["traceback"][0].startswith("'phytoplanktom' is not a use case here.")
    assert "Traceback" not in "".join(shown[0]["traceback"])
    assert "%tb" in shown[0]["traceback"][1]


def test_the_whole_traceback_is_one_magic_away(run):
    run("from imagine_kernels import use_case\nuse_case.get('phytoplanktom')")
    _, shown = run("%tb")
    assert "use_case.py" in "".join(shown[0]["traceback"])


def test_a_fault_of_ours_that_says_nothing_to_the_person_keeps_its_traceback(run):
    reply, shown = run("from imagine_kernels import records\nrecords.from_json(3)")
    assert reply["ename"] == "TypeError"
    assert len(shown[0]["traceback"]) > 2


def test_the_persons_own_errors_keep_their_traceback(run):
    reply, shown = run("def mine():\n    raise ValueError('this one is my own mistake')\nmine()")
    assert reply["status"] == "error"
    assert any("mine()" in line for line in shown[0]["traceback"])


def test_the_persons_function_called_by_ours_keeps_its_traceback(run):
    code = "from imagine_kernels import records\nclass Odd(dict):\n    def items(self):\n"
    code += "        raise ValueError('this one is my own mistake')\n    keys = __iter__ = items\n"
    code += "records.Sample('a', 'b', 1, 1, measures=Odd(a=1))"
    _, shown = run(code)
    assert any("Odd" in line or "items" in line for line in shown[0]["traceback"])


def test_an_error_that_is_no_sentence_is_not_dressed_up_as_one():
    assert sentences.sentence(KeyError("width")) is None
    assert (
        sentences.sentence(KeyError("'x' is not a class. There are: a, b.")) == "'x' is not a class. There are: a, b."
    )
    assert sentences.sentence(FileNotFoundError(2, "No such file or directory", "a b.jpg")) == (
        "No such file or directory (a b.jpg)."
    )
    assert sentences.sentence(ValueError()) is None
