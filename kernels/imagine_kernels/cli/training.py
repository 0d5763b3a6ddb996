"""`imagine train`: weights from labelled pictures, with the figures on those it had not seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagine_kernels.cli import words

if TYPE_CHECKING:
    from imagine_kernels.train import Trained


Reject = Annotated[
    float | None, typer.Option(help='Say "none of these" so that at most this share of the rest is wrong.')
]
BackOff = Annotated[float | None, typer.Option(help="The same, falling back to genus or a higher taxon before that.")]


def train(
    name: words.Name,
    data: words.Data,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="OUT", help="Where weights and facts go.")] = None,
    model: words.ModelName = None,
    weights: words.Weights = None,
    scratch: Annotated[bool, typer.Option("--scratch", help="Start from nothing, not from its weights.")] = False,
    drawn: Annotated[int, typer.Option(help="Practise on so many drawn pictures first.")] = 0,
    folds: Annotated[int, typer.Option(help="Examine by so many folds instead of one held-out fifth.")] = 0,
    runs: Annotated[str | None, typer.Option(help="Pattern whose first group names the run in a file's name.")] = None,
    variety: Annotated[float, typer.Option(help="How much light, focus and grain are varied.")] = 1.0,
    epochs: Annotated[int | None, typer.Option(help="How often each picture is shown.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, data and machine: same weights.")] = 0,
    networks: Annotated[int | None, typer.Option(help="Average so many networks, each of its own seed.")] = None,
    forest: Annotated[bool, typer.Option("--forest", help="Average a forest on measured features in.")] = False,
    machine: Annotated[bool, typer.Option("--machine", help="Average a kernel machine on them in.")] = False,
    texture: Annotated[bool, typer.Option("--texture", help="Average a kernel machine on texture in.")] = False,
    reject: Reject = None,
    back_off: BackOff = None,
    as_json: words.AsJson = False,
    quiet: words.Quiet = False,
) -> None:
    """Teach a model from labelled pictures, and tell how good it is on pictures it has not seen.

    PATH has one folder per class, or is an EcoTaxa project (folder, zip or table) with validated objects. Boxes (YOLO)
    and masks teach the use case's models that find things, named by --model.
    """
    from imagine_kernels.train import train_folder

    how = {"scratch": scratch, "drawn": drawn, "folds": folds, "runs": runs, "variety": variety, "epochs": epochs}
    how |= {"networks": networks, "forest": forest, "machine": machine, "texture": texture, "seed": seed}
    how |= {"reject": reject, "back_off": back_off}
    trained = train_folder(name, data, out, model=model, weights=words.file(weights), **how, progress=not quiet)
    if as_json:
        words.print_json(_told(trained))
        return
    for figure in trained.model.figures:
        print(f"{figure.name} {figure.value:.3f} on {figure.count} pictures, {figure.split}")
    words.print_skipped(trained.skipped)
    print(f"The weights are {trained.weights} (sha256 {trained.model.sha256})")


def _told(trained: "Trained") -> dict[str, Any]:
    return {
        "model": trained.model.name,
        "weights": str(trained.weights),
        "sha256": trained.model.sha256,
        "classes": trained.model.label_names,
        "figures": [
            {"name": f.name, "value": f.value, "count": f.count, "split": f.split} for f in trained.model.figures
        ],
        "metrics": trained.metrics,
        "parameters": trained.parameters,
        "data_sha256": trained.data_sha256,
        "split_sha256": trained.split_sha256,
        "versions": trained.versions,
        "skipped": [{"where": s.where, "why": s.why} for s in trained.skipped],
        "seconds": trained.seconds,
    }
