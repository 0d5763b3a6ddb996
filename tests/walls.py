"""A house that gives people accounts of their own, without a hub, and what a process of such an account says."""

import contextlib
import os
import subprocess

import pytest
from house import forget_people, open_folder, write_settings

from hub_config import accounts, settings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make accounts")


@contextlib.contextmanager
def house_with_walls():
    """Settings whose folders other accounts can reach; the accounts it makes are removed at the end."""
    with open_folder() as folder:
        made = settings.load(write_settings(folder))
        if os.geteuid() == 0 and (why := accounts.why_shared(made)):
            pytest.skip(why)
        yield made
        forget_people(made)


def act(account, command):
    """What `command` says when a process of `account` runs it, as its server would."""
    return subprocess.run(
        ["sh", "-c", command],
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
        umask=accounts.UMASK,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
