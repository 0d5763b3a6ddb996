"""Programs that write to a store in a process of their own: to be killed, to write at once, to meet a full disk."""

import subprocess
import sys

HEAD = """
import sys
from imagine_kernels.records import Box, Region
from imagine_widgets.store import Drop, Put, Store
store = Store(sys.argv[1])
def batch(name, size):
    return [Put(f"{name} {n}", Region("Chaetoceros", shape=Box(n, 2, 3, 4)), "ada") for n in range(size)]
"""
FOREVER = """
print("ready", flush=True)
turn, size = int(sys.argv[2]), int(sys.argv[3])
for n in range(10**9):
    name = f"{turn}.{n}"
    store.write([*batch(name, size), Put("shared", Region(name, id=f"about {turn}"), "ada")], batch=name)
    print("wrote", name, flush=True)
    if n % 4 == 3:
        store.undo(name, author="ada", as_batch=name + "u")
        print("undid", name, flush=True)
"""
MANY = """
for n in range(30):
    store.write([*batch(f"{sys.argv[2]} {n}", 7), Put("shared", Region("x", id=f"{sys.argv[2]} {n}"), sys.argv[2])])
"""
LIMITED = """
import resource
store.write(batch("before", 10))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size, hard))
try:
    store.write(batch("too many", 2000))
except OSError as error:
    print(error)
    print(sorted({sample.rsplit(" ", 1)[0] for sample in store.changed()[1]}))
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
store.write(batch("after", 10))
"""
HOLD = """
import sqlite3
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def writer(program, *arguments):
    """A process that runs one of these programs."""
    command = [sys.executable, "-c", HEAD + program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
