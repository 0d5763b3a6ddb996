"""The account of the operating system that each person's server runs under, made when it first starts.

An account belongs to this installation and person when the home that the system has on record for it is theirs; no
other account is ever taken, whatever its name. None is removed by itself: `userdel` it once its home is gone.
"""

import contextlib
import ctypes
import fcntl
import functools
import grp
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from hub_config import reach
from hub_config.settings import Settings

NAMES = r"[a-z0-9][a-z0-9._@+-]{0,62}\Z"
"""A name is a folder, an address and a column: nothing that could mean more than itself in one of them."""
PREFIX = "imagine-"
GROUP_PREFIX = "imagine_"
"""Groups of the hub; no account's private group begins like this."""
LONGEST = 32
SHELL = "/bin/bash"
UMASK = 0o007
"""Of a person's processes: their files have a group of their own, and what they share is the group's to change."""
LOCK = Path("/run/imagine-accounts.lock")
"""Where only root may write."""
_making = threading.Lock()


@dataclass(frozen=True)
class Account:
    """Who a person's processes are to the operating system; `groups` are those of their hub groups, no others."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


def is_good_name(name: str) -> bool:
    """Whether a person may be called `name` here."""
    return re.match(NAMES, name) is not None


def why_shared(settings: Settings) -> str:
    """Why people's servers share the hub's own account, as a sentence; empty where each has one of their own."""
    if os.geteuid() != 0:
        return "Not started by root: people's servers share this account. Let in only people you trust with it."
    if settings.walls.accounts == "off":
        return (
            f'By [walls] accounts = "off" of {settings.file} people\'s servers run as root: let in only whom you trust.'
        )
    if not shutil.which("useradd", path=_path()) or not shutil.which("groupadd", path=_path()):
        return (
            "This system has no useradd: people's servers run as root. Let in only people you would give this machine."
        )
    if ":" in str(settings.folders.state):
        return f"{settings.folders.state} has a colon, which no account's home may have: people's servers run as root."
    if not (found := _obstacle(settings)):
        return ""
    what, folder = found
    return (
        f"Other accounts cannot reach {what}, for {folder} is closed to them: people's servers run as root. "
        f"Move the repository to a folder that all may enter, such as /opt, or: chmod o+x {folder}"
    )


def _obstacle(settings: Settings) -> tuple[str, Path] | None:
    """What other accounts cannot reach, and the folder in the way."""
    if found := reach.blocked(settings):
        return found
    for name in ("hub", "kernel"):
        step = reach.obstacle(settings.folders.python(name))
        if step is not None and step not in reach.ours(settings):
            return f"the interpreter of environment {name}", step
    return None


def account(settings: Settings, user: str, groups: Collection[str] = ()) -> Account | None:
    """The account of `user`, made when there is none yet; None where people share the hub's.

    Raises OSError with a sentence where it cannot be made.
    """
    if why_shared(settings):
        return None
    if not is_good_name(user):
        raise ValueError(f"{user!r} cannot have an account: use letters a-z, digits, and . _ @ + - after the first.")
    with _alone():
        home = str(settings.folders.homes / user)
        entry = _made(settings, user, home) or _make(settings, user, home)
        numbers = sorted({group_number(settings, group) for group in groups})
    if not (entry.pw_uid and entry.pw_gid):
        raise PermissionError(f"The account {entry.pw_name} has the rights of root: remove it (userdel), then go on.")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, tuple(numbers))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other thread, and no other installation on this machine, makes accounts meanwhile.

    Of two `useradd` of one name at the same moment, the second takes over the account of the first.
    """
    with _making, LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(settings: Settings, user: str = "") -> list[Account]:
    """All accounts that this installation has made, or that of `user`."""
    homes = settings.folders.homes
    return [
        Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
        for entry in pwd.getpwall()
        if entry.pw_name.startswith(PREFIX)
        and Path(entry.pw_dir).parent == homes
        and user in ("", Path(entry.pw_dir).name)
    ]


@contextlib.contextmanager
def acting_as(account: Account | None) -> Iterator[None]:
    """What this thread does to files in here, it does with the rights of `account` and as its owner.

    For work in a folder that a person can change at the same time: root never follows a link laid there.
    """
    if account is None:
        yield
        return
    before = _files_as(account.uid, account.gid)
    try:
        yield
    finally:
        _files_as(*before)


def _files_as(uid: int, gid: int) -> tuple[int, int]:
    """Sets who this thread is to the file system, and returns who it was; gives no answer, so it is asked again."""
    before_gid, before_uid = _libc().setfsgid(gid), _libc().setfsuid(uid)
    if _libc().setfsgid(gid) != gid or _libc().setfsuid(uid) != uid:
        raise PermissionError(f"This process may not act as account number {uid}.")
    return before_uid, before_gid


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _names(settings: Settings, user: str) -> Iterator[str]:
    """Names that an account of `user` may have, the plain one first where the system takes it."""
    plain = PREFIX + user
    if len(plain) <= LONGEST and re.fullmatch(r"[a-z0-9_-]+", user):
        yield plain
    for attempt in range(10):
        yield _short(settings, PREFIX, user, attempt)


def _short(settings: Settings, prefix: str, name: str, attempt: int = 0) -> str:
    """A name of at most LONGEST letters that no other name, and no other installation, comes to by chance."""
    sign = hashlib.sha256(f"{settings.folders.state}\n{name}\n{attempt}".encode()).hexdigest()[:10]
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{prefix}{readable[: LONGEST - len(prefix) - 11]}-{sign}"


def _made(settings: Settings, user: str, home: str) -> pwd.struct_passwd | None:
    return next((entry for name in _names(settings, user) if (entry := _entry(name)) and entry.pw_dir == home), None)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make(settings: Settings, user: str, home: str) -> pwd.struct_passwd:
    """An account without a password, with a private group, whose home is not made here."""
    for name in _names(settings, user):
        if _entry(name) is None and _gid(name) is None:
            options = ["--no-create-home", "--no-log-init", "--home-dir", home, "--shell", SHELL, "--user-group"]
            _run("useradd", *options, *_above_orphans(settings), "--comment", f"hub user {user}", name)
            return pwd.getpwnam(name)
    raise FileExistsError(f"Every name for the account of {user} is taken on this machine, such as {name}: userdel it.")


def _above_orphans(settings: Settings) -> list[str]:
    """Options that give no number again which files of people still have, though its account or group is gone."""
    state = settings.folders.state
    found = [folder.lstat() for folder in (*settings.folders.homes.glob("*"), *(state / "groups").glob("*"))]
    orphans = {one.st_uid for one in found if not _is_known(pwd.getpwuid, one.st_uid)}
    orphans |= {one.st_gid for one in found if not _is_known(grp.getgrgid, one.st_gid)}
    least = max(orphans, default=0) + 1
    return ["--key", f"UID_MIN={least}", "--key", f"GID_MIN={least}"] if orphans else []


def _is_known(ask: Callable[[int], object], number: int) -> bool:
    try:
        ask(number)
    except KeyError:
        return False
    return True


def group_number(settings: Settings, group: str) -> int:
    """The number of the system's group for a group of the hub; it has no members but by `Account.groups`."""
    name = _short(settings, GROUP_PREFIX, group)
    if (gid := _gid(name)) is None:
        _run("groupadd", *_above_orphans(settings)[2:], name)
        gid = grp.getgrnam(name).gr_gid
    return gid


def _gid(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _path() -> str:
    """Where the programs of the system's administration are, whatever PATH the operator has."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def _run(program: str, *arguments: str) -> None:
    command = [shutil.which(program, path=_path()) or program, *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise OSError(f"{program} could not make {arguments[-1]}: {said}")
