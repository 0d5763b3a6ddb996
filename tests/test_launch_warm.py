"""Kernels forked by way of our kernelspec: the same as cold ones in what a cell sees, and quick in nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest
import warm_kernels
from jupyter_client.manager import KernelManager

from hub_config import processes
from imagine_kernels import environment, use_case
from imagine_kernels.launch import kernelspec
from imagine_kernels.predict import load

BY_IMPORTS = {"IMAGINE_ZYGOTE", "KMP_DUPLICATE_LIB_OK", "PYDEVD_USE_FRAME_EVAL", "TORCHINDUCTOR_CACHE_DIR"}
"""Variables that tell the way it started, or that libraries set when they are imported."""
THREADS = dict.fromkeys(environment.THREADS, "2")
SEEN = """
import gc, json, locale, logging, os, pathlib, signal, sys, tempfile, time, warnings
import matplotlib, numpy, torch, threadpoolctl
from tqdm.auto import tqdm
import imagine_kernels.train, imagine_widgets.grid, huggingface_hub.constants as hugging, ipywidgets
print(json.dumps({
    "env": dict(os.environ),
    "cwd": os.getcwd(), "argv": [a for a in sys.argv if "json" not in a], "path": sys.path, "prefix": sys.prefix,
    "umask": os.popen("umask").read(), "nice": os.nice(0),
    "streams": [type(s).__name__ for s in (sys.stdin, sys.stdout)],
    "threads": [torch.get_num_threads(), sorted({p["num_threads"] for p in threadpoolctl.threadpool_info()})],
    "device": [torch.cuda.is_initialized(), torch.is_grad_enabled(), str(torch.get_default_dtype())],
    "signals": [str(signal.getsignal(n)) for n in (2, 13, 15, 17)], "blocked": sorted(signal.pthread_sigmask(0, [])),
    "locale": locale.setlocale(locale.LC_CTYPE), "zone": time.tzname, "home": str(pathlib.Path.home()),
    "temporary": tempfile.gettempdir(), "hugging": hugging.HF_HUB_CACHE, "offline": hugging.HF_HUB_OFFLINE,
    "plots": [matplotlib.get_backend(auto_select=False), matplotlib.get_configdir(), matplotlib.get_cachedir()],
    "lines": matplotlib.rcParams["lines.linewidth"], "bars": tqdm.__name__, "main": __name__, "gc": gc.isenabled(),
    "ipython": [get_ipython().ipython_dir, get_ipython().__class__.__name__], "root": len(logging.getLogger().handlers),
    "warnings": sorted({f[0] for f in warnings.filters if f[2] is DeprecationWarning}),
    "session": os.getsid(0) == os.getpid(),
    "widgets": sorted(ipywidgets.comm.get_comm_manager().targets),
}))
"""


@pytest.fixture(scope="module")
def folder():
    with warm_kernels.running() as folder:
        yield folder


@pytest.fixture(scope="module")
def own(folder):
    own = warm_kernels.OwnProcess(folder)
    yield own
    own.end()


@pytest.fixture(scope="module")
def warm(folder, own):
    """One warm kernel for all tests that leave it as it is."""
    (own.folder / ".config" / "matplotlib").mkdir(parents=True)
    (own.folder / ".config" / "matplotlib" / "matplotlibrc").write_text("lines.linewidth: 7\n")
    home = {"HOME": str(own.folder), "TZ": "Asia/Tokyo", "MINE": "ü"}
    with warm_kernels.kernel(folder, own, **THREADS, **home) as warm:
        yield warm


def is_fork(kernel, own):
    return psutil.Process(kernel.pid).ppid() == own.fork.pid


def test_a_cell_sees_in_a_fork_what_it_sees_in_a_cold_kernel(folder, own, warm):
    assert is_fork(warm, own)
    home = {"HOME": str(own.folder), "TZ": "Asia/Tokyo", "MINE": "ü"}
    with warm_kernels.kernel(folder, **THREADS, **home) as cold:
        assert not is_fork(cold, own)
        code = "from imagine_kernels import predict, use_case\nimport numpy as np\n"
        code += "square = np.arange(64 * 64, dtype=np.uint32).reshape(64, 64, 1).astype(np.uint8)\n"
        code += "print(predict.load(use_case.get('phytoplankton')).scores([square]).tolist())"
        assert warm.say(code) == cold.say(code)
        seen = json.loads(cold.say(SEEN))
        ours = "import sys; print(sorted(name for name in sys.modules if name.startswith('imagine_')))"
        assert set(cold.say(ours)) <= set(warm.say(ours))
    in_fork = json.loads(warm.say(SEEN))
    different = set(in_fork.pop("env").items()) ^ set(seen["env"].items())
    assert {name for name, _ in different} - BY_IMPORTS <= {"PYTEST_CURRENT_TEST"}
    assert {name: (found, seen[name]) for name, found in in_fork.items() if found != seen[name]} == {}
    assert seen["env"]["MINE"] == "ü"
    assert seen["threads"][0] == 2
    assert seen["lines"] == 7


def test_others_see_a_kernel_of_the_person_and_not_the_warm_process(warm, own):
    process = psutil.Process(warm.pid)
    assert processes.role(process).kind == "kernel"
    assert process.environ()["MINE"] == "ü"
    assert warm.manager.connection_file in process.cmdline()
    assert processes.marked("IMAGINE_SERVER", own.mark) == [own.fork.pid]


def test_the_model_is_the_one_that_was_held_ready(warm):
    code = "from imagine_kernels import predict, use_case\nfrom imagine_kernels.tasks import classification\n"
    code += "ready = {m.name: c for (k, (_, c)) in classification.SHELF.preloaded.items() for m in [c.model]}\n"
    code += "case = use_case.get('phytoplankton')\n"
    code += "print([predict.load(case, m.name) is ready[m.name] for m in case.models], len(classification.SHELF.kept))"
    assert warm.say(code) == f"{[True] * len(use_case.get('phytoplankton').models)} 0"


def test_two_kernels_draw_different_numbers(folder, own):
    draw = "import random, numpy as np, torch; print(random.random(), np.random.rand(), torch.rand(1).item())"
    drawn = []
    for _ in range(2):
        with warm_kernels.kernel(folder, own) as kernel:
            drawn.append(kernel.say(draw).split())
    assert len(drawn[0]) == 3
    assert not set(drawn[0]) & set(drawn[1])


def test_training_and_workers_that_load_data_work_with_several_threads(warm):
    code = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(1)
labels = torch.arange(64) % 2
data = TensorDataset(torch.rand(64, 3, 32, 32) / 2 + labels.view(-1, 1, 1, 1) / 2, labels)
network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
learning, losses = torch.optim.Adam(network.parameters(), 0.02), []
for epoch in range(3):
    for images, wanted in DataLoader(data, batch_size=32, num_workers=2):
        loss = nn.functional.cross_entropy(network(images), wanted)
        learning.zero_grad(); loss.backward(); learning.step()
    losses.append(loss.item())
print(losses[-1] < losses[0], (torch.rand(400, 400) @ torch.rand(400, 400)).shape)
"""
    assert warm.say(code) == "True torch.Size([400, 400])"


def test_a_plot_is_shown_below_the_cell_and_a_widget_opens_its_line(warm):
    _, shown = warm.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone")
    assert any("image/png" in one["content"].get("data", {}) for one in shown)
    _, shown = warm.run("import ipywidgets\nipywidgets.IntSlider()")
    assert any(one["msg_type"] == "comm_open" for one in shown)


def test_the_debugger_answers(warm):
    client = warm.client
    asked = client.session.msg("debug_request", {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}})
    client.control_channel.send(asked)
    reply = client.get_control_msg(timeout=60)["content"]
    assert reply["success"]
    assert reply["body"]["isStarted"] is False


def test_papermill_takes_the_warm_kernel(folder, own, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os\nprint('parent', os.getppid())")])
    notebook.metadata["kernelspec"] = {"name": "phytoplankton", "display_name": "", "language": "python"}
    nbformat.write(notebook, tmp_path / "in.ipynb")
    env = {**os.environ, "JUPYTER_PATH": str(folder / "share/jupyter"), environment.ZYGOTE: str(own.socket)}
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert f"parent {own.fork.pid}" in (tmp_path / "out.ipynb").read_text()


def test_what_a_kernel_prints_past_the_notebook_goes_where_its_asker_sends_it(folder, own, capfd):
    with warm_kernels.kernel(folder, own) as kernel:
        kernel.say("import os; os.write(2, b'to the log'); None")
    assert "to the log" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["hub", "hub55", "kernel"])
def test_every_environment_knows_the_provisioner_or_it_would_hide_the_kernels(name):
    from hub_config import settings

    code = (
        "from jupyter_client.provisioning import KernelProvisionerFactory as Known\n"
        f"print({kernelspec.PROVISIONER!r} in Known.instance().get_provisioner_entries())"
    )
    python = str(settings.load().folders.python(name))
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"


def test_weights_that_changed_since_are_read_anew(tmp_path):
    from imagine_kernels.tasks import classification

    case = use_case.get("phytoplankton")
    model = case.model()
    weights = tmp_path / model.weights
    weights.write_bytes((case.folder / model.weights).read_bytes())
    classification.preload(model, weights)
    try:
        ready = load(case, weights=weights)
        assert ready is next(iter(classification.SHELF.preloaded.values()))[1]
        weights.write_bytes(b"something else")
        with pytest.raises(ValueError, match="is not the file"):
            load(case, weights=weights)
    finally:
        classification.SHELF.preloaded.clear()
    plain = load(case)
    assert all(
        bool((a == b).all()) for a, b in zip(plain.network.parameters(), ready.network.parameters(), strict=True)
    )


def test_the_sources_and_what_is_installed_are_watched(tmp_path, monkeypatch):
    from imagine_kernels.launch import preload

    watched = {*preload._sources(), *preload._environment()}
    assert {use_case.FOLDER.with_name("predict.py"), use_case.FOLDER.with_name("use_case.py")} <= watched
    assert any(path.name == "site-packages" for path in watched)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_initialized=bool)))
    file = tmp_path / "module.py"
    before = {path: preload._mark(path) for path in (file, Path(preload.__file__))}
    assert preload._stale(before) == ""
    file.touch()
    assert preload._stale(before).startswith(f"{file} has changed")
    monkeypatch.setattr(sys.modules["torch"].cuda, "is_initialized", lambda: True)
    assert "graphics card" in preload._stale({})


def test_a_kernel_manager_without_a_warm_process_starts_one_cold_and_says_why(folder, own, caplog):
    with warm_kernels.kernel(folder, PYTHONHASHSEED="1", IMAGINE_ZYGOTE=str(own.socket)) as kernel:
        assert kernel.say("print(1)") == "1"
        assert not is_fork(kernel, own)
    assert "starts cold: PYTHONHASHSEED must be there" in caplog.text
    assert isinstance(kernel.manager, KernelManager)
