"""A real warm process of kernels, a person's own forked from it, and kernels asked of it through Jupyter."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from house import until
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from imagine_kernels import environment
from imagine_kernels.launch import forking, kernelspec

MAIN = """
import sys
from pathlib import Path
from imagine_kernels.launch import preload, zygote
sys.path.remove(str(Path(__file__).parent))
preload._sources = list  # whoever works on them while tests run shall not end them
preload._environment = lambda: [Path(sys.argv[2])]  # a test installs something here
zygote.main()
"""
ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


@contextlib.contextmanager
def running():
    """The warm process, as the hub starts it, with kernelspecs beside it."""
    with tempfile.TemporaryDirectory(prefix="imagine-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "main.py").write_text(MAIN)
        (folder / "installed").touch()
        kernelspec.write(folder)
        own = {**os.environ, **environment.QUIET, **ALONE}
        command = [sys.executable, str(folder / "main.py"), str(folder / "main"), str(folder / "installed")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=own, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until(lambda: answers(folder / "main") or process.poll() is not None, 240, 0.05)
            assert process.poll() is None, (folder / "log").read_text()
            yield folder
        finally:
            process.kill()
            process.wait()


def answers(path):
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as one:
        return one.connect_ex(str(path)) == 0


class OwnProcess:
    """A person's warm process: it works for this process of the tests, as for a server."""

    def __init__(self, folder, person=None):
        self.folder = Path(tempfile.mkdtemp(prefix="own-", dir=folder))
        if person:
            os.chown(self.folder, person.uid, person.gid)
        self.socket, me = self.folder / "zygote", os.pidfd_open(os.getpid())
        argv = (sys.executable, "-m", "imagine_kernels.launch.zygote", str(self.socket))
        self.mark = str(self.folder)  # other tests have such processes at the same time
        env = {"HOME": str(self.folder), "IMAGINE_SERVER": self.mark}
        job = forking.Job("zygote", argv, env, str(self.folder), person=person, lives_with_asker=False)
        with (folder / "log").open("ab") as log, Path(os.devnull).open() as nothing:
            self.fork = forking.ask(folder / "main", job, fds=(nothing.fileno(), log.fileno(), log.fileno(), me))
        os.close(me)
        until(lambda: answers(self.socket), 20, 0.005)

    def end(self):
        self.fork.signal(9)
        until(lambda: self.fork.poll() is not None, 20, 0.005)
        self.fork.close()


class Kernel:
    """A kernel started through Jupyter's own manager, and what its cells say."""

    def __init__(self, folder, name="phytoplankton", **env):
        specs = KernelSpecManager(kernel_dirs=[str(folder / "share/jupyter/kernels")], ensure_native_kernel=False)
        self.manager = KernelManager(kernel_name=name, kernel_spec_manager=specs, transport="ipc")
        self.manager.connection_file = str(folder / f"kernel-{time.monotonic_ns()}.json")
        self.manager.ip = str(folder / f"k{time.monotonic_ns()}")
        self.manager.start_kernel(env={**os.environ, **env}, cwd=str(folder))
        self.listen()

    def listen(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def run(self, code):
        """The reply to a cell, and the messages it showed."""
        shown = []
        reply = self.client.execute_interactive(code, output_hook=shown.append, timeout=120)["content"]
        return reply, shown

    def say(self, code):
        """What a cell prints."""
        reply, shown = self.run(code)
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return "".join(one["content"]["text"] for one in shown if one["msg_type"] == "stream").strip()

    def end(self, *, now=True):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=now)


@contextlib.contextmanager
def kernel(folder, own=None, **how):
    warm = {environment.ZYGOTE: str(own.socket)} if own else {}
    one = Kernel(folder, **warm, **how)
    try:
        yield one
    finally:
        one.end()
