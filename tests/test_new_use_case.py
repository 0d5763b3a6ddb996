"""A ninth use case in a copy of the repository: made by the command, its facts edited, and everything else follows."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

from imagine_kernels import facts_marks, new_use_case, use_case

LIKE, NAME = "zooplankton", "krill"
IMAGINE = "from imagine_kernels.cli import main; main()"
ALONE = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""Threads that share a core with other tests would wait for one another."""
FOLLOWING = """
import json, sys
from pathlib import Path
import jinja2
from imagine_kernels import use_case
from imagine_kernels.launch import kernelspec
from imagine_widgets.label_studio import page
case = use_case.get(sys.argv[1])
kernelspec.write(Path(sys.argv[2]))
templates = jinja2.Environment(loader=jinja2.FileSystemLoader(sys.argv[3]), autoescape=True)
card = templates.get_template("card.html").module.card(case, (), "", "/hub/spawn", case.picture)
print(json.dumps({"card": str(card), "choices": sorted(page.choices_of(page.page(case.labels())))}))
"""


class Tree:
    """A copy of the code and notebooks, and programs that run with it instead of the installed one."""

    def __init__(self, folder):
        self.folder, self.prefix = folder, folder / "prefix"
        left = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / "kernels", folder / "kernels", ignore=left)
        shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=left)
        (folder / "tests").mkdir()
        for name in ("conftest.py", "house.py", "test_use_cases_contract.py"):
            shutil.copy(ROOT / "tests" / name, folder / "tests")
        shutil.copy(ROOT / "pyproject.toml", folder)

    @property
    def facts(self):
        return self.folder / "kernels/imagine_kernels/use_cases" / NAME / "__init__.py"

    def python(self, *words):
        """A program that imports the copy, finds its kernelspecs, and has a home of its own."""
        ours = {"PYTHONPATH": str(self.folder / "kernels"), "JUPYTER_PATH": str(self.prefix / "share/jupyter")}
        return subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **ours, **ALONE, "HOME": str(self.folder / "home"), "TQDM_DISABLE": "1"},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The copy with the new use case, its facts edited as a person would."""
    made = Tree(tmp_path_factory.mktemp("repository"))
    done = made.python("-c", IMAGINE, "new-use-case", NAME, "--like", LIKE)
    assert done.returncode == 0, done.stderr
    assert str(made.facts) in done.stdout
    text = made.facts.read_text(encoding="utf-8")
    for pattern, new in (
        (r'title="Krill"', 'title="Antarctic krill"'),
        (r'summary="[^"]*"', 'summary="Counts krill on photographs."'),
        (r"(Label\(\s*\"[^\"]+\", )\"[^\"]+\"", r'\1"Furcilia"'),
    ):
        text, changed = re.subn(pattern, new, text, count=1)
        assert changed, pattern
    made.facts.write_text(text, encoding="utf-8")
    return made


def test_after_facts_were_edited_kernelspec_card_and_labelling_page_are_those_of_the_new_use_case(tree):
    templates = ROOT / "hub_config" / "templates"
    done = tree.python("-c", FOLLOWING, NAME, tree.prefix, templates)
    assert done.returncode == 0, done.stderr
    spec = json.loads((tree.prefix / "share/jupyter/kernels" / NAME / "kernel.json").read_text())
    assert spec["display_name"] == "Antarctic krill"
    assert spec["metadata"]["imagine"] == {"use_case": NAME}
    told = json.loads(done.stdout)
    for words in ("Antarctic krill", "Counts krill on photographs.", "Furcilia", f"use-case-{NAME}"):
        assert words in told["card"]
    assert told["choices"] == sorted(label.name for label in use_case.get(LIKE).labels())


def test_the_contract_of_all_use_cases_holds_for_it(tree):
    done = tree.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_use_cases_contract.py", "-k", NAME)
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\b1\d passed|\b2\d passed", done.stdout), done.stdout[-400:]


def test_its_report_is_made(tree):
    draw = f"from imagine_kernels.use_cases.{NAME} import samples; samples.make_images('pictures', 12, 1)"
    assert tree.python("-c", draw).returncode == 0
    done = tree.python("-c", IMAGINE, "report", NAME, "--images", "pictures", "-o", "out.html")
    assert done.returncode == 0, done.stderr
    page = (tree.folder / "out.html").read_text(encoding="utf-8")
    assert "Furcilia" in page
    assert f"imagine report {NAME} " in page


def test_every_place_to_edit_is_marked_and_the_notebook_opens_with_its_own_kernel(tree):
    facts = tree.facts.read_text(encoding="utf-8")
    for asked in ("title", "summary", "citation", "labels", "weights", "sha256", "figures", "source"):
        assert re.search(rf"# EDIT: .*\n *{asked}=", facts), asked
    notebook = json.loads((tree.folder / "notebooks/use_cases" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    assert notebook["metadata"]["kernelspec"]["name"] == NAME
    assert f'use_case.get("{NAME}")' in "".join(line for cell in notebook["cells"] for line in cell["source"])


def test_the_copied_folder_keeps_the_rules_of_formatter_and_linter(tree):
    folder = str(tree.facts.parent)
    for words in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [Path(sys.executable).with_name("ruff"), *words, folder], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "like", "told"),
    [
        ("Krill", "phytoplankton", "take small letters"),
        ("class", "phytoplankton", "no word of Python's own"),
        ("../krill", "phytoplankton", "take small letters"),
        ("python3", "phytoplankton", "belongs to no use case"),
        ("phytoplankton", "phytoplankton", "already: take another name"),
        ("drawing", "phytoplankton", "already: take another name"),
        ("krill", "phytoplancton", "Did you mean 'phytoplankton'"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_sentence(name, like, told):
    with pytest.raises((ValueError, LookupError, OSError), match=told):
        new_use_case.make(name, like)
    assert not (use_case.FOLDER / "krill").exists()


def test_where_the_installation_belongs_to_somebody_else_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="Ask its operator to run `imagine new-use-case krill"):
        new_use_case.make("krill", "phytoplankton")


def test_marks_stand_above_facts_and_imports_of_other_length_stay_in_order():
    text = '"""One line."""\n\nfrom imagine_kernels.use_cases.b import x\nfrom imagine_kernels.use_cases.a import y\n'
    text += '\nLABELS = (Label("a"),)\nCASE = UseCase(\n    title="Old",\n)\n'
    marked = facts_marks.mark(text, title="New", like="old", facts=True)
    assert marked.index("use_cases.a") < marked.index("use_cases.b")
    assert re.search(r"# EDIT: the classes.*\nLABELS", marked)
    assert re.search(r'    # EDIT: its name.*\n    title="New",', marked)
    assert marked.startswith('"""New. EDIT: one sentence')
    compile(marked, "facts", "exec")
    long = facts_marks.mark(text.replace("One line.", "One line " * 14), title="New" * 40, like="old", facts=False)
    assert long.startswith("# ruff: noqa: E501")
