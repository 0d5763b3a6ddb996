"""The last step: a report notebook executed by papermill and left as one HTML file for people without Jupyter."""

import html
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagine_kernels.environment import notebooks_folder, work_folder
from imagine_kernels.use_case import UseCase

if TYPE_CHECKING:
    from imagine_kernels.chain import Options

TEMPLATE = "report.ipynb"
_STYLE = Path(__file__).with_name("report.css")
_PRIORITY = ["text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"]
"""What a reader without a kernel can see; a widget's own view is left out, its still picture is text/html."""


class ReportError(ChildProcessError):
    """A cell of the report failed; the message is a sentence, `notebook` holds the error in place."""

    def __init__(self, sentence: str, notebook: Path) -> None:
        super().__init__(sentence)
        self.notebook = notebook


def make(
    case: UseCase,
    images: Path,
    out: Path | None = None,
    *,
    model: str | None = None,
    options: "Options | None" = None,
    template: Path | None = None,
    progress: bool = False,
) -> Path:
    """Execute the report of `case` on the folder, zip or run at `images`; returns the HTML file.

    `out` is the HTML file to write (default: a dated file in the person's reports folder); the executed notebook lies
    beside it. `options` are those of the use case's chain: what the files do not tell. Raises FileNotFoundError where
    `images` is missing, ReportError where a cell fails.
    """
    if not images.exists():
        raise FileNotFoundError(f"{images} does not exist: name a folder of images, a zip or a FlowCam run.")
    words = {} if options is None else options.words()
    words.pop("model", None)
    chosen = model or (None if options is None else options.model)
    if "weights" not in words:
        chosen = case.model(chosen).name
    page = _page(case, images, out)
    page.parent.mkdir(parents=True, exist_ok=True)
    notebook = page.with_suffix(".ipynb")
    parameters = {"USE_CASE": case.name, "IMAGES": str(images.resolve()), "MODEL": chosen, "OPTIONS": words}
    _execute(template or notebooks_folder() / "reports" / TEMPLATE, notebook, parameters, case, progress=progress)
    _write(page, to_html(notebook, f"{case.title}: {images.name}"))
    return page


def _page(case: UseCase, images: Path, out: Path | None) -> Path:
    if out is not None:
        return out if out.suffix == ".html" else out / f"{case.name}.html"
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    return work_folder() / "reports" / f"{case.name}-{images.stem}-{stamp}.html"


def _execute(template: Path, notebook: Path, parameters: dict[str, Any], case: UseCase, *, progress: bool) -> None:
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from traitlets.config import Config

    try:
        with tempfile.TemporaryDirectory(prefix="imagine-") as sockets:
            # sockets in a folder of our own: ports can be taken between choosing and using them, and anybody may call
            own = {"KernelManager": {"transport": "ipc", "ip": f"{sockets}/k"}}
            # asked in a friendly way, a busy machine's kernel says that it was interrupted, where a person reads
            own["NotebookClient"] = {"shutdown_kernel": "immediate"}
            papermill.execute_notebook(
                str(template),
                str(notebook),
                parameters,
                kernel_name=case.name,
                progress_bar=progress,
                cwd=str(Path.cwd()),
                config=Config(own),
            )
    except NoSuchKernel as error:
        notebook.unlink(missing_ok=True)
        raise ReportError(
            f"No kernel of {case.name} is installed where this ran: the `imagine` of a notebook's terminal has it.",
            notebook,
        ) from error
    except papermill.PapermillExecutionError as error:
        raise ReportError(
            f"The report stopped at cell {error.exec_count}: {error.ename}: {error.evalue} "
            f"The notebook with the error in place is {notebook}.",
            notebook,
        ) from error


def to_html(notebook: Path, title: str) -> str:
    """One self-contained HTML page of an executed notebook: no code, no scripts, nothing loaded from elsewhere."""
    import nbformat
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.NbConvertBase.display_data_priority = _PRIORITY
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = ("parameters", "injected-parameters")
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        config=config,
        template_name="basic",
        exclude_input=True,
        exclude_output_prompt=True,
        exclude_input_prompt=True,
        exclude_anchor_links=True,
    )
    cells = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    cells.metadata.pop("widgets", None)  # nobody answers a widget in a file
    for cell in cells.cells:
        cell["outputs"] = [o for o in cell.get("outputs", []) if o.get("name") != "stderr"]
    body, _ = exporter.from_notebook_node(cells)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _write(page: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=page.parent, prefix=page.stem, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(page)
