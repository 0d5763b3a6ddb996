"""What the configuration beside this file cannot say: where our part of JupyterLab lies."""  # noqa: INP001

import shutil
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter puts it here
c.LabApp.extra_labextensions_path = [str(Path(__file__).resolve().parents[1] / "lab" / "labextension")]
if not shutil.which("vncserver"):  # a desktop that could not open has no card
    c.ServerApp.jpserver_extensions = {"jupyter_remote_desktop_proxy": False, "jupyter_server_proxy": False}
