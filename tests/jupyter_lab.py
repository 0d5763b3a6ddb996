"""A real JupyterLab on a free port and a headless Chromium in front of it, for tests that touch widgets."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
from house import free_port, until
from playwright import sync_api

SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Light"},
}
WRONG = "[data-mime-type='application/vnd.jupyter.error'], .jupyter-widgets-error-widget"
"""What JupyterLab shows in place of a widget."""
PATIENCE = 90_000
"""Milliseconds a page may take on a busy machine; no test passes or fails by how long something took."""


@contextlib.contextmanager
def running(folder, **environment):
    """A JupyterLab whose files, settings and kernels live in `folder`; yields its address with the token."""
    for name, values in SETTINGS.items():
        file = folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    (folder / "work").mkdir()
    port, token = free_port(), secrets.token_hex(16)
    variables = {
        **{k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")},
        **{f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "IMAGINE_WORK": str(folder / "imagine"),
        "JUPYTER_TOKEN": token,
        **environment,
    }
    options = {
        "--ServerApp.ip": "127.0.0.1",
        "--ServerApp.port": port,
        "--ServerApp.port_retries": 0,
        "--ServerApp.root_dir": folder / "work",
        "--ServerApp.open_browser": False,
        "--ServerApp.allow_root": True,
        "--LabApp.expose_app_in_browser": True,
        "--LabApp.extension_manager": "readonly",
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"{key}={value}" for key, value in options.items())]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server, folder / "server.log")
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(address, server, log):
    end = time.monotonic() + PATIENCE / 1000
    while server.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


class Notebook:
    """One notebook, opened in the browser: run its cells, look at them."""

    def __init__(self, page, address, token, folder, name, cells):
        self.page, self.path = page, Path(folder) / "work" / f"{name}.ipynb"
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.path)
        self.console = []
        page.on("console", lambda said: self.console.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("requestfailed", lambda asked: self.console.append(f"{asked.url}: {asked.failure}"))
        page.set_default_timeout(PATIENCE)
        sync_api.expect.set_options(timeout=PATIENCE)
        page.goto(f"{address}/lab/workspaces/{name}/tree/{name}.ipynb?token={token}")
        self.wait()

    def wait(self):
        """Until the notebook is open and its kernel is free."""
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
        self.page.wait_for_function(
            "() => { const context = jupyterapp.shell.currentWidget.sessionContext;"
            " return context.isReady && context.session?.kernel?.status === 'idle' }"
        )

    def shut(self):
        """The kernel ends; the server goes on."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def command(self, name, **arguments):
        """A command of JupyterLab, as its menus would give it."""
        return self.page.evaluate("([name, args]) => void jupyterapp.commands.execute(name, args)", [name, arguments])

    def run(self, index, source=None, *, wait=True):
        """Run one cell, with another source if one is given, and wait until the kernel has done it."""
        self.page.evaluate(
            """([index, source]) => {
                const content = jupyterapp.shell.currentWidget.content, cell = content.widgets[index];
                content.activeCellIndex = index;
                if (source !== null) cell.model.sharedModel.setSource(source);
                cell.model.executionCount = null;
            }""",
            [index, source],
        )
        self.command("notebook:run-cell")
        if wait:
            self.page.wait_for_function(
                """index => {
                    const panel = jupyterapp.shell.currentWidget, cell = panel.content.widgets[index];
                    return cell.model.executionCount && panel.sessionContext.session.kernel.status === 'idle';
                }""",
                arg=index,
            )
        return self.page.locator(".jp-CodeCell").nth(index)

    def appears(self, cell, what):
        """A part of a widget below a cell, once it is there; where it does not come, the page's own words are told."""
        found = cell.locator(what)
        with contextlib.suppress(sync_api.TimeoutError):
            cell.locator(f"{what}, {WRONG}").first.wait_for()
        assert found.count(), f"{cell.inner_text()}\n{self.console[-20:]}"
        return found

    @contextlib.contextmanager
    def busy(self, index, folder):
        """A cell runs, and goes on until the block ends; the kernel's own word for it changes with every message."""
        begun, over = folder / "begun", folder / "over"
        wait = f"while not os.path.exists({str(over)!r}):\n    time.sleep(0.05)"
        self.run(index, f"import os, time\nopen({str(begun)!r}, 'w').close()\n{wait}", wait=False)
        until(begun.exists)
        try:
            yield
        finally:
            over.touch()

    def outputs(self, index):
        """The plain text of what a cell left."""
        return self.page.evaluate(
            "index => jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()"
            ".map(one => one.text ?? one.data?.['text/plain'] ?? one.evalue).join('')",
            index,
        )

    def cells(self):
        """The sources of the cells as they are now in the browser."""
        return self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
        )

    def theme(self, name):
        """Light or dark."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{'true' if name == 'Light' else 'false'}']", state="attached"
        )
