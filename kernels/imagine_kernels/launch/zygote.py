"""The warm process of kernels: it has imported what kernels use and read the models, and is forked for each kernel.

`python -m imagine_kernels.launch.zygote SOCKET` is a service of the hub, started without the hub's token. The hub asks
it for one process per person, which asks nobody else's permission to fork that person's kernels. It never computes with
more than one thread, never touches a graphics card, and refuses once what it was made from has changed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from imagine_kernels.launch import forked_kernel, forking, preload, settling
from imagine_kernels.launch.forking import Job

ZYGOTE = "zygote"
"""The task of becoming a person's own warm process."""


def main() -> None:
    """Forks until it is ended, begins again when it is stale. In a fork: runs the kernel."""
    settling.make_room()
    if sys.path[0] == str(Path.cwd()):  # the places of modules are those of the environment; option -P would stay on
        del sys.path[0]
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # by which the hub ends its services; forks start afresh
    settling.end_with_parent()  # persons' own processes live on; the next hub starts this anew
    socket, kernel = Path(sys.argv[1]), forked_kernel.task(sys.executable)
    stale = preload.everything()
    job = forking.serve(socket, allowed_uid=os.geteuid(), tasks=(ZYGOTE, kernel), check=stale, until_stale=True)
    if job is None:
        settling.begin_again()
    if job.task == ZYGOTE:
        job = _for_one_person(job, kernel, stale)
    if job is not None:
        forked_kernel.run(job)


def _for_one_person(asked: Job, kernel: str, stale: Callable[[], str]) -> Job | None:
    """Forks the person's kernels until their server ends, whose handle was handed over. The job, in a kernel.

    A stale one ends, too, and leaves running kernels alone: the hub asks for another.
    """
    socket, uid, server = Path(asked.argv[-1]), os.geteuid(), asked.handed[0]
    job = forking.serve(socket, allowed_uid=uid, until=server, tasks=(kernel,), check=stale, until_stale=True)
    if job is None:
        socket.unlink(missing_ok=True)
    return job


if __name__ == "__main__":
    main()
