"""Marks in a copied facts file: a comment above each fact that its new author has to write."""

import ast
from collections.abc import Iterator

_ASKED = {
    "UseCase": {
        "title": "its name on cards and kernels",
        "summary": "one sentence for the card: what it does",
        "picture": "a picture of yours in this folder",
        "measures": "what a report may count",
        "licence": "of this use case",
        "citation": "how others cite it",
    },
    "Model": {
        "title": "what the model tells apart, in a few words",
        "labels": "the classes: name, title, AphiaID, rank, key, what it looks like; then train",
        "weights": "the file that your training left, copied into this folder",
        "sha256": "of that file, as the training printed it",
        "source": "the data it was trained on",
        "figures": "as your training printed them, and on what",
        "command": "what repeats them",
    },
    "Source": {"title": "the data, its licence, how to cite it, where it is"},
}

_WIDEST = 120
"""Letters of a line that the linter of this repository allows."""


def mark(text: str, *, title: str, like: str, facts: bool) -> str:
    """The source with a comment "EDIT: …" above each fact, the use case's new title, and imports in order.

    `facts` is whether it is the file of the facts, whose docstring, the data sheet, is marked, too.
    """
    lines = text.splitlines()
    for first, last, module in reversed(list(_imports(ast.parse(text)))):
        lines[first:last] = [line for _, some in sorted(_blocks(lines, module)) for line in some]
    tree = ast.parse("\n".join(lines))
    comments = dict(_comments(tree))
    for node in _titles(tree):
        row = lines[node.lineno - 1]
        lines[node.lineno - 1] = row[: node.col_offset] + f'"{title}"' + row[node.end_col_offset :]
    for line in sorted(comments, reverse=True):
        row = lines[line - 1]
        lines.insert(line - 1, row[: len(row) - len(row.lstrip())] + comments[line])
    if facts and lines and lines[0].startswith('"""'):
        lines[:1] = _sheet(lines[0], title, like)
    if max(map(len, lines), default=0) > _WIDEST:
        lines.insert(0, "# ruff: noqa: E501 - the name is longer than that of the use case it was copied from")
    return "\n".join(lines) + "\n"


def _sheet(first: str, title: str, like: str) -> list[str]:
    """The first lines of the new data sheet."""
    head = [
        f'"""{title}. EDIT: one sentence on what is looked for, in what.',
        "",
        f"Begun as a copy of {like}, whose weights, figures and data sheet these are until a training of its own.",
        "All that you write is marked EDIT; card, kernelspec, labelling page, contract test and report follow from it.",
    ]
    return [*head, '"""'] if first.count('"""') == 2 else head


def _comments(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            for word in call.keywords:
                asked = _ASKED.get(call.func.id, {}).get(str(word.arg))
                if asked is not None and word.lineno > call.lineno:
                    yield word.lineno, f"# EDIT: {asked}"
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple) and _labels(node.value):
            yield node.lineno, f"# EDIT: {_ASKED['Model']['labels']}"


def _labels(value: ast.Tuple) -> bool:
    return any(isinstance(one, ast.Call) and getattr(one.func, "id", "") == "Label" for one in value.elts)


def _titles(tree: ast.Module) -> Iterator[ast.expr]:
    """Where the title of the use case stands."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "UseCase":
            yield from (word.value for word in call.keywords if word.arg == "title")


def _imports(tree: ast.Module) -> Iterator[tuple[int, int, list[ast.ImportFrom]]]:
    """Runs of imports of our own that follow one another: first line, line after the last, the imports."""
    run: list[ast.ImportFrom] = []
    for node in [*tree.body, None]:
        ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("imagine_kernels")
        if isinstance(node, ast.ImportFrom) and ours and (not run or node.lineno == (run[-1].end_lineno or 0) + 1):
            run.append(node)
        elif run:
            yield run[0].lineno - 1, run[-1].end_lineno or 0, run
            run = []


def _blocks(lines: list[str], run: list[ast.ImportFrom]) -> Iterator[tuple[str, list[str]]]:
    for node in run:
        yield node.module or "", lines[node.lineno - 1 : node.end_lineno]
