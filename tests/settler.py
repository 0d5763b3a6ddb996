"""Run in a kernel of the person whom another tries to reach: leaves something to be found everywhere."""

import ctypes
import json
import os
import socket
from pathlib import Path

from ipykernel.connect import get_connection_file

secret = f"walls-{os.urandom(8).hex()}"
kept = ctypes.create_string_buffer(secret.encode())
os.environ["WALLS"] = secret
Path("private.txt").write_text(secret)
listening = socket.socket(socket.AF_UNIX)
listening.bind(f"{os.environ['JUPYTER_RUNTIME_DIR']}/own")
listening.listen()
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
who = {"pid": os.getpid(), "uids": os.getresuid(), "gid": os.getgid(), "groups": os.getgroups()}
rights = {"closed": status["NoNewPrivs"].strip(), "rights": status["CapPrm"].strip()}
memory = {"address": ctypes.addressof(kept), "size": len(secret)}
files = {"home": str(Path.cwd()), "connection": get_connection_file()}
sockets = {"sockets": os.environ["JUPYTER_RUNTIME_DIR"], "zygote": os.environ.get("IMAGINE_ZYGOTE", "")}
print(json.dumps({**who, **rights, **memory, **files, **sockets}))
