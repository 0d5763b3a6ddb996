"""A use case of one's own: the folder of another one copied under a new name, with the places to edit marked."""

import json
import keyword
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagine_kernels import facts_marks, use_case
from imagine_kernels.environment import notebooks_folder
from imagine_kernels.use_case import UseCase

_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: the folder of the use case and its notebook."""

    name: str
    like: str
    folder: Path
    notebook: Path

    @property
    def facts(self) -> Path:
        """The file to edit."""
        return self.folder / "__init__.py"

    def sentences(self) -> Iterator[str]:
        """What there is, and what to do next."""
        yield f"The use case {self.name} is in {self.folder} and works at once, with the weights of {self.like}."
        yield f"1. Edit its facts in {self.facts}: each place is marked EDIT. Its notebook is {self.notebook}"
        yield f"2. Teach it: imagine train {self.name} FOLDER -o OUT; put weights, sha256 and figures into the facts."
        yield "3. `make up` writes its kernelspec, card and labelling page;"
        yield f"   `pytest tests/test_use_cases_contract.py -k {self.name}` holds it to what every use case keeps."


def make(name: str, like: str) -> Made:
    """Makes the use case `name` of the one called `like`, whole or not at all.

    Raises ValueError, LookupError or OSError with a sentence where the name cannot be, `like` is unknown, or this
    installation may not be written.
    """
    _check(name)
    case = use_case.get(like)
    made = Made(name, like, use_case.FOLDER / name, notebooks_folder() / "use_cases" / f"{name}.ipynb")
    _check_free(made)
    half = Path(tempfile.mkdtemp(prefix=".new-use-case-", dir=use_case.FOLDER.parent))  # a folder below is a use case
    try:
        _fill(half / name, case, made)
        (half / name).replace(made.folder)
        _put_notebook(case, made)
        _try(made)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        made.notebook.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(half)
    return made


def _check(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or len(name) > _LONGEST:
        raise ValueError(
            f"{name!r} cannot name a use case: take small letters, digits and _, a letter first, {_LONGEST} at most,"
            " and no word of Python's own."
        )
    if name == "python3":
        raise ValueError(f"{name!r} is the name of the kernel for work that belongs to no use case: take another.")
    if name in use_case.names() or (use_case.FOLDER / name).exists() or (use_case.FOLDER / f"{name}.py").exists():
        raise FileExistsError(f"There is a {name!r} in {use_case.FOLDER} already: take another name.")


def _check_free(made: Made) -> None:
    if made.notebook.exists():
        raise FileExistsError(f"There is a notebook {made.notebook} already: take another name, or move it away.")
    for folder in (made.folder.parent, made.notebook.parent):
        if not os.access(folder, os.W_OK):
            raise PermissionError(
                f"You may not write into {folder}: this installation belongs to somebody else. Ask its operator to run"
                f" `imagine new-use-case {made.name} --like {made.like}`, or work in a copy of the repository."
            )


def _fill(folder: Path, case: UseCase, made: Made) -> None:
    """Everything in the folder of `case` under the new name."""
    shutil.copytree(case.folder, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for file in folder.rglob("*.py"):
        text = _renamed(file.read_text(encoding="utf-8"), made)
        marked = facts_marks.mark(text, title=_title(made.name), like=made.like, facts=file == folder / "__init__.py")
        file.write_text(marked, encoding="utf-8")


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _renamed(text: str, made: Made) -> str:
    """The text with the new name where the old one is an address: of a module, a command, a notebook; not in prose."""
    old, new = re.escape(made.like), made.name
    text = re.sub(rf"(\buse_cases(?:\.|/| import ){old})\b", lambda found: found[1][: -len(made.like)] + new, text)
    text = re.sub(rf"""(["']){old}\1""", rf"\g<1>{new}\g<1>", text)
    text = re.sub(rf"(\bimagine [a-z-]+ ){old}\b", rf"\g<1>{new}", text)
    return re.sub(rf"\b{old}(?=\.ipynb|-report\b)", new, text)


def _put_notebook(case: UseCase, made: Made) -> None:
    notebook: dict[str, Any] = json.loads((made.notebook.parent / case.notebook).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = _renamed("".join(cell["source"]), made).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    first = notebook["cells"][0]
    if first["cell_type"] == "markdown" and first["source"]:
        first["source"][0] = f"# {_title(made.name)}\n"
    notebook["metadata"]["kernelspec"] |= {"name": made.name, "display_name": _title(made.name)}
    part = made.notebook.with_name(f".{made.notebook.name}.part")
    part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(made.notebook)


def _try(made: Made) -> None:
    """Loads the new facts. Raises RuntimeError with a sentence where they cannot be loaded."""
    try:
        told = use_case.get(made.name)
    except Exception as error:  # whatever the code of that folder raises
        raise RuntimeError(f"{made.like} cannot be copied: {error}. Nothing was made.") from error
    if (told.name, told.notebook) != (made.name, made.notebook.name):
        raise RuntimeError(f"{made.like} cannot be copied: its facts still call it {told.name}. Nothing was made.")
