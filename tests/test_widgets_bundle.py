"""The widgets' scripts: bundled when their sources change, small, alone in the browser, part of the wheel."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from house import ROOT, free_port

from imagine_widgets import bundle, lean_viewer, scripts

FOLDER = ROOT / "imagine_widgets"
ADDRESS = re.compile(r"https?://([\w.-]+)")
PERMISSIVE = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD"}


@pytest.fixture
def copy(tmp_path):
    """The sources of the widgets with the packages of this checkout, and nothing bundled yet."""
    left_out = shutil.ignore_patterns("static", "node_modules", "__pycache__", ".*")
    shutil.copytree(FOLDER, tmp_path / "imagine_widgets", ignore=left_out)
    bundle.fetch(FOLDER)
    (tmp_path / "imagine_widgets" / "node_modules").symlink_to(FOLDER / "node_modules")
    return tmp_path / "imagine_widgets"


def test_bundles_are_made_once_and_again_when_a_source_changes(copy):
    first = bundle.make(copy)
    made = copy / "static" / "grid.js"
    before = made.stat().st_mtime_ns
    assert bundle.make(copy) == first
    assert made.stat().st_mtime_ns == before
    source = copy / "grid" / "view.ts"
    source.write_text(source.read_text() + 'console.debug("another source");\n')
    bundle.make(copy)
    assert "another source" in made.read_text()
    assert not list((copy / "static").glob(".making-*"))


def test_a_source_that_is_no_typescript_is_a_sentence_and_the_old_bundle_stays(copy):
    bundle.make(copy)
    before = (copy / "static" / "grid.js").read_bytes()
    (copy / "grid" / "view.ts").write_text("export class {")
    with pytest.raises(OSError, match=r"(?s)^The widgets could not be bundled:.*grid/view\.ts"):
        bundle.make(copy)
    assert (copy / "static" / "grid.js").read_bytes() == before


def test_a_type_that_does_not_fit_is_found(copy):
    (copy / "wrong.ts").write_text("export const number: number = 'text';\n")
    (copy.parent / "tests").mkdir()
    with pytest.raises(OSError, match=r"(?s)types do not fit.*wrong\.ts"):
        bundle.check_types(copy)


def test_all_widgets_together_are_below_450_kilobytes():
    bundle.make(FOLDER)
    sent = [
        *(FOLDER / "static").glob("*.js"),
        *(one for one in FOLDER.glob("*/*.css") if (one.parent / "widget.py").exists()),
    ]
    assert {one.stem for one in sent if one.suffix == ".js"} == set(bundle.WIDGETS)
    assert sum(one.stat().st_size for one in sent) < 450_000


@pytest.mark.parametrize("widget", bundle.WIDGETS)
def test_a_bundle_needs_nothing_from_elsewhere(widget):
    text = scripts.script(widget)
    assert not re.search(r"""(^|[;}\n])import\s*([{"'*(]|\w+\s*from)""", text), "a bundle imports nothing"
    assert re.search(r"export\s*\{\s*[\w$]+ as default", text)
    assert "sourceMappingURL" not in text
    viewer = (FOLDER / "node_modules/openseadragon/build/openseadragon/openseadragon.js").read_text()
    names = {"www.w3.org", *ADDRESS.findall(viewer)}  # of XML, and of kinds of picture servers: names, nobody is called
    assert set(ADDRESS.findall(text)) <= names


def test_licences_of_the_packages_inside_travel_along_and_are_permissive():
    listed = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    for name, facts in listed.items():
        assert not name or facts["license"] in PERMISSIVE, f"{name}: {facts['license']}"
        assert "resolved" not in facts, "the lock holds no addresses of downloads"


def test_the_wheel_holds_the_bundles_and_no_sources(copy, tmp_path):
    root = copy.parent
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    for name in ("hub_config", "kernels/imagine_kernels"):
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").touch()
    for name in ("imagine_torchvision.py", "imagine_torchvision.pth"):
        shutil.copy(ROOT / "kernels" / name, root / "kernels")
    (root / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    program = f"from hatchling import build; print(build.build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    for widget in bundle.WIDGETS:
        assert f"imagine_widgets/static/{widget}.js" in names
    assert not [name for name in names if name.endswith(".ts") or "node_modules" in name or "package" in name]


def test_packages_that_cannot_be_fetched_are_a_sentence(copy, monkeypatch, tmp_path):
    (copy / "node_modules").unlink()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{free_port()}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(OSError, match=r"(?s)^The widgets' packages could not be fetched:.*ECONNREFUSED"):
        bundle.make(copy)
    assert not (copy / "static" / "grid.js").exists()


def test_a_viewer_that_is_built_in_another_way_is_a_sentence(tmp_path):
    built = tmp_path / "build" / "openseadragon"
    built.mkdir(parents=True)
    (built / "openseadragon.js").write_text("export default {}")
    with pytest.raises(OSError, match="has no part WebGLDrawer any more"):
        lean_viewer.write_lean(tmp_path)


def test_a_widget_that_was_never_bundled_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(scripts, "STATIC", tmp_path)
    with pytest.raises(FileNotFoundError, match="run make up"):
        scripts.script("grid")


def test_the_program_says_in_one_line_what_it_did():
    command = [sys.executable, "-m", "imagine_widgets.bundle"]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"widgets are bundled as their sources are now \(.*grid\.js \d+ kB.*\)\n", done.stdout)
