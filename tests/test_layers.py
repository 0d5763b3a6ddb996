"""Who may import whom, and what importing may cost: the arrows of the architecture, held."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "imagine_kernels": ROOT / "kernels/imagine_kernels",
    "imagine_widgets": ROOT / "imagine_widgets",
    "hub_config": ROOT / "hub_config",
}
FOUNDATION = {"records", "shapes", "quantities", "environment"}
READING = {"sources", "ecotaxa_tables", "images", "fetch", "use_case", "features", "units", "truth"}
DOING = {
    "use_cases",
    "chain",
    "predict",
    "train",
    "practice",
    "evaluate",
    "examination",
    "labelled",
    "naming",
    "evaluate_shapes",
    "evaluate_masks",
    "train_masks",
    "train_boxes",
    "train_shapes",
    "measure",
    "options",
    "confusion",
    "intervals",
    "biovolume",
    "spectrum",
}
TELLING = {
    "tracking",
    "ledger",
    "report",
    "results",
    "new_use_case",
    "facts_marks",
    "plots",
    "tables",
    "jobs",
    "serve",
    "cli",
    "launch",
    "ecotaxa",
}
STANDARD_LIBRARY = {"forking", "settling", "leases"}
"""Modules of `launch` that the hub uses too: they import nothing that its environment lacks."""
LAYERS = [FOUNDATION, READING, {"tasks"}, DOING, TELLING]


def modules():
    for package, folder in PACKAGES.items():
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            yield package, ".".join(parts), file


def imports(file):
    """Absolute names imported anywhere in `file`, functions included; a relative import is refused."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports from the package's name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(name):
    """The first part below the package: "imagine_kernels.tasks.classification" is in "tasks"."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def layer(name):
    return next((i for i, rooms in enumerate(LAYERS) if name in rooms), None)


ALL = list(modules())


@pytest.mark.parametrize(("package", "name", "file"), ALL, ids=[f"{p}.{n}" for p, n, _ in ALL])
def test_module_imports_only_what_its_layer_may(package, name, file):
    ours = {i for i in imports(file) if i.split(".")[0] in PACKAGES}
    kernels = {room(i) for i in ours if i.startswith("imagine_kernels")} - {""}
    others = {i.split(".")[0] for i in ours} - {package, "imagine_kernels"}
    if package == "imagine_widgets":
        assert kernels <= {*FOUNDATION, "images", "ecotaxa_tables"}
        assert not others
    elif package == "hub_config":
        assert kernels <= {"environment", "use_case", "use_cases", "launch"}
        if "launch" in kernels:
            assert {i.split(".")[2] for i in ours if i.startswith("imagine_kernels.launch")} <= STANDARD_LIBRARY
        assert not others
    elif name != "__init__":
        mine = layer(name.split(".")[0])
        assert mine is not None, f"{name} has no layer yet: put it into one of LAYERS"
        above = {other for other in kernels if (layer(other) or 0) > mine}
        assert not above, f"{name} (layer {mine}) imports upwards: {above}"
        assert not others or name.split(".")[0] in TELLING, f"{name} imports {others}"


@pytest.mark.parametrize(
    "module",
    [
        "imagine_kernels.records",
        "imagine_kernels.environment",
        "imagine_kernels.use_case",
        "imagine_kernels.cli",
        "imagine_kernels.use_cases.phytoplankton",
        "imagine_widgets",
        "hub_config.settings",
        "hub_config.services",
        "hub_config.profiles",
    ],
)
def test_importing_loads_no_heavy_library_and_starts_nothing(module, tmp_path):
    program = (
        f"import sys, threading, os; import {module}; "
        "heavy = {'torch', 'timm', 'pandas', 'matplotlib', 'mlflow', 'skimage', 'sklearn', 'openvino'}; "
        "heavy |= {'transformers', 'segmentation_models_pytorch'}; "
        "heavy &= sys.modules.keys(); "
        "assert not heavy, heavy; assert threading.active_count() == 1; assert not os.listdir('.'), os.listdir('.')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_fixed_top_level_holds_nothing_else():
    allowed = {"pyproject.toml", "README.md", "LICENSE", "Makefile", "hub_config", "kernels", "notebooks"}
    allowed |= {"imagine_widgets", "tests"}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= allowed
    assert not (ROOT / "kernels/__init__.py").exists()
    assert not [
        path for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name not in {"benchmarks", "__pycache__"}
    ]
