"""Ports that another program holds are found before anything is started. Standard library only."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from hub_config.settings import Addresses, Settings


def keys(addresses: Addresses) -> tuple[str, ...]:
    """Names of the ports in [addresses] of imagine.toml."""
    return tuple(f.name for f in fields(addresses) if f.name == "port" or f.name.endswith("_port"))


def problems(settings: Settings) -> list[str]:
    """One sentence for each port that cannot be had."""
    at, found = settings.addresses, []
    for key in keys(at):
        port = getattr(at, key)
        try:
            _bind(at.ip, port)
        except OSError as error:
            found.append(_sentence(settings, key, port, error))
        except OverflowError:
            found.append(f"{settings.file}: addresses.{key} = {port} is not a port: choose one from 1024 to 65535.")
    return found


def _bind(ip: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((ip, port))


def _sentence(settings: Settings, key: str, port: int, error: OSError) -> str:
    change = f"addresses.{key} in {settings.file}"
    if error.errno == errno.EADDRINUSE:
        holder = _holder(port)
        who = f"by {holder}" if holder else "by another program"
        return f"Port {port} of {settings.addresses.ip} is taken {who}: end that, or change {change}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have: choose one above 1023 for {change}."
    return f"Nothing can listen on {settings.addresses.ip} port {port} ({error.strerror}): change {change}."


def _holder(port: int) -> str:
    """Name and number of the process that listens on `port`, where this account may see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and sockets & set(_links(entry / "fd")):
            return f"{(entry / 'comm').read_text(encoding='utf-8').strip()} (process {entry.name})"
    return ""


def _links(folder: Path) -> Iterable[str]:
    try:
        for link in folder.iterdir():
            yield str(link.readlink())
    except OSError:  # somebody else's, or just gone
        return


def _listening(port: int) -> Iterable[str]:
    """Inodes of the sockets that listen on `port`, as /proc/net/tcp lists them (state 0A)."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = Path(table).read_text(encoding="ascii").splitlines()[1:] if Path(table).exists() else []
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]
