"""A person's folders on this machine: home, shared folders of their groups, and the short ones for sockets."""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path

from hub_config import accounts, reach
from hub_config.accounts import Account, is_good_name
from hub_config.settings import Settings

LONGEST_SOCKET_FOLDER = 56
"""A socket's path holds 107 bytes, and a kernel adds `/kernel-<36 letters>-ipc-5` to its folder."""
LONGEST_BASE = 18
"""Of the folder for them all: below it come `/imagine-<account>` and twice a slash and eight letters."""
RUN = Path("/run")
"""Where root keeps sockets: nobody else can lay anything there, and nothing tidies it up while they are in use."""
SHARED = "shared"
"""In a home: one link for each group of the person."""


def make_home(settings: Settings, user: str, account: Account | None = None) -> Path:
    """The home of `user`, made when missing, closed to others, and handed over to `account` with all that is in it.

    Raises ValueError for a name that is no name, OSError where it cannot be handed over.
    """
    if not is_good_name(user):
        raise ValueError(f"{user!r} cannot be a folder's name: use letters a-z, digits, and . _ @ + - after the first.")
    home = settings.folders.homes / user
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.is_symlink():
        raise ValueError(f"{home} is a link: put a folder in its place, then start again.")
    home.chmod(0o700)
    if account is not None:
        reach.open_way(settings)
        settings.folders.homes.chmod(0o711)
        if home.stat().st_uid != account.uid:
            _hand_over(home, account)
    elif home.stat().st_uid != os.geteuid():
        os.chown(home, os.geteuid(), os.getegid())  # so that all of it is handed over when there are accounts again
    return home


def _hand_over(home: Path, account: Account) -> None:
    """Gives everything in `home` to `account`, the folder itself last; links are given away, not followed."""
    command = ["chown", "--recursive", "-P", "--no-dereference", "--", f"{account.uid}:{account.gid}", str(home)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["chown gave no reason"])[-1]
        raise OSError(f"{home} could not be handed over to {account.name}: {said}")


def make_socket_folder(settings: Settings, user: str, account: Account | None = None) -> Path:
    """A private folder with a short path for the sockets of the kernels of `user`.

    A home's path may be too long for a socket. Raises ValueError with a sentence where somebody else has put
    something in its place.
    """
    return _private(_base(settings) / _sign(user), account)


def drop_socket_folder(settings: Settings, user: str, account: Account | None = None) -> None:
    """Removes that folder, with whatever servers and kernels that have ended left in it."""
    shutil.rmtree(make_socket_folder(settings, user, account), ignore_errors=True)


def hub_socket_folder(settings: Settings) -> Path:
    """A folder with a short path that only the hub's own account can enter."""
    return _private(_base(settings) / _sign(""))


def leases_socket(settings: Settings) -> Path:
    """The socket at which kernels of all people ask for graphics cards; its folder is one that others may pass."""
    return _passed(_base(settings) / _sign("/leases")) / "leases"


def drop_socket_folders(settings: Settings) -> None:
    """Removes all socket folders of this installation, once it has ended."""
    shutil.rmtree(_base(settings), ignore_errors=True)


def group_folders(settings: Settings, user: str, groups: Collection[str], account: Account | None) -> dict[str, Path]:
    """The shared folder of each of the `groups` of `user`, by the name it has below `~/shared`."""
    found = {}
    for group in sorted(groups):
        folder = settings.folders.state / "groups" / folder_name(group)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None:
            folder.parent.chmod(0o711)
            os.chown(folder, 0, accounts.group_number(settings, group))
            folder.chmod(0o2770)
        found[folder.name] = folder
    with contextlib.suppress(OSError), accounts.acting_as(account):  # a person may have put anything in its place
        _link(settings.folders.homes / user / SHARED, settings.folders.state / "groups", list(found))
    return found


def folder_name(group: str) -> str:
    """The name of the folder of a hub group: its own where that can be a folder's, else a readable one like it."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}", group):
        return group
    sign = hashlib.sha256(group.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', group).strip('-')[:40]}-{sign}"


def _link(place: Path, folder: Path, names: list[str]) -> None:
    """Lays the links of the groups a person is in, and takes away those of groups they have left."""
    if names:
        place.mkdir(exist_ok=True)
    for link in place.iterdir() if place.is_dir() else ():
        if link.is_symlink() and link.readlink().parent == folder and link.name not in names:
            link.unlink()
    for name in names:
        if not os.path.lexists(place / name):
            (place / name).symlink_to(folder / name)


def _base(settings: Settings) -> Path:
    """The folder of the socket folders of this installation: root's in /run, others' in the temporary folder."""
    if os.geteuid() == 0 and os.access(RUN, os.W_OK) and reach.obstacle(RUN) is None:
        base = RUN / "imagine"
    else:
        base = Path(tempfile.gettempdir())
        if len(os.fsencode(base)) > LONGEST_BASE:
            base = Path("/tmp")  # noqa: S108 - everything below is made private and checked
        base /= f"imagine-{os.geteuid()}"
    return _passed(_passed(base) / _sign(str(settings.folders.state.resolve())))


def _sign(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _passed(folder: Path) -> Path:
    """`folder`, which others may pass where they have accounts of their own, and which only this account changes."""
    folder.mkdir(mode=0o711, exist_ok=True)
    _check(folder, os.geteuid(), 0o022)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def _private(folder: Path, account: Account | None = None) -> Path:
    """`folder`, of `account` or else this one, closed to all others; above it nobody else may write."""
    owner, group = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and not folder.is_symlink():  # a person may have opened it, or the next one is another account
        os.chown(folder, owner, group)
        folder.chmod(0o700)
    _check(folder, owner, 0o077)
    return folder


def _check(folder: Path, owner: int, closed: int) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) & closed:
        raise ValueError(f"{folder} is not a private folder of this account: remove it, then start again.")
