"""A person's folders on this machine: the home their files live in, and the short one for their kernels' sockets."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from hub_config.settings import Settings
from hub_config.users import is_good_name

LONGEST_SOCKET_FOLDER = 56
"""A socket's path holds 107 bytes, and a kernel adds `/kernel-<36 letters>-ipc-5` to its folder."""


def make_home(settings: Settings, user: str) -> Path:
    """The home of `user`, made when missing and closed to others. Raises ValueError for a name that is no name."""
    if not is_good_name(user):
        raise ValueError(f"{user!r} cannot be a folder's name: use letters a-z, digits, and . _ @ + - after the first.")
    home = settings.folders.homes / user
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    return home


def make_socket_folder(settings: Settings, user: str) -> Path:
    """A private folder with a short path for the sockets of the kernels of `user`.

    It lies in the temporary folder: a home's path may be too long for a socket. Raises ValueError with a sentence
    where somebody else has put something in its place.
    """
    place = f"{settings.folders.state.resolve()}\n{user}"
    name = hashlib.sha256(place.encode()).hexdigest()[:10]
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST_SOCKET_FOLDER - 30:
        base = Path("/tmp")  # noqa: S108 - everything below is made private and checked
    return _private(_private(base / f"imagine-{os.geteuid()}") / name)


def drop_socket_folder(settings: Settings, user: str) -> None:
    """Removes that folder, with whatever servers and kernels that have ended left in it."""
    shutil.rmtree(make_socket_folder(settings, user), ignore_errors=True)


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ValueError(f"{folder} is not a private folder of this account: remove it, then start again.")
    return folder
