"""Run in a kernel of the person who tries to reach another: tells how each attempt ended."""

import ctypes
import json
import os
import socket
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206  # unlike PTRACE_ATTACH it stops nobody


class Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def called(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def memory(pid, address, size):
    with Path(f"/proc/{pid}/mem").open("rb") as file:
        file.seek(address)
        return file.read(size)


def copied(pid, address, size):
    found = ctypes.create_string_buffer(size)
    here, there = Piece(ctypes.addressof(found), size), Piece(address, size)
    called(libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


def trace(pid):
    if pid != os.getpid():
        called(libc.ptrace(PTRACE_SEIZE, pid, None, None))


def knock(path, kind):
    with socket.socket(socket.AF_UNIX, kind) as one:
        one.settimeout(5)
        one.connect(path)


def create(folder):
    os.close(os.open(f"{folder}/walls-were-here", os.O_CREAT | os.O_EXCL))


VERBS = {
    "list": os.listdir,
    "read": lambda path: Path(path).read_bytes(),
    "write": lambda path: Path(path).open("ab").close(),
    "create": create,
    "environ": lambda pid: Path(f"/proc/{pid}/environ").read_bytes(),
    "descriptors": lambda pid: list(Path(f"/proc/{pid}/fd").iterdir()),
    "memory": memory,
    "copied": copied,
    "trace": trace,
    "signal": lambda pid: os.kill(pid, 0),
    "cores": lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(0)),
    "stream": lambda path: knock(path, socket.SOCK_STREAM),
    "packets": lambda path: knock(path, socket.SOCK_SEQPACKET),
    "become": os.setuid,
}


def attempt(tried):
    said = {}
    for name, (verb, *arguments) in json.loads(tried).items():
        try:
            VERBS[verb](*arguments)
            said[name] = "done"
        except OSError as error:
            said[name] = type(error).__name__
    return json.dumps(said)
