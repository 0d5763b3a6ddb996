"""Stores of any size, filled by SQLite itself: a million regions in seconds."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from imagine_kernels.records import Box, Region
from imagine_widgets.store import Put, Store
from imagine_widgets.store.writing import written

PER_SAMPLE = 10


@contextlib.contextmanager
def quick_folder():
    """A folder in memory where there is such a place: laws are tried hundreds of times, and each waits for its disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as found:
        yield Path(found)


def filled(path, regions):
    """A store of so many regions, ten a sample, as `Store.write` would have made it by batches of a thousand."""
    store = Store(path)
    store.write([Put("first", Region("Chaetoceros", shape=Box(1, 2, 30, 40)), "ada")])
    store.close()
    record = written(Region("Chaetoceros", 0.5, Box(1, 2, 30, 40), id="region", state="predicted"))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
    connection.execute(
        f"{numbers} INSERT INTO samples (key, id, at, rev) SELECT i + 2, 'sample ' || i,"
        f" '2026-01-01T00:00:00+00:00', (i + 1) * {PER_SAMPLE} + 1 FROM n",
        (regions // PER_SAMPLE,),
    )
    connection.execute(
        f"{numbers} INSERT INTO words SELECT i + 2, i / {PER_SAMPLE} + 2, 1, 'region ' || (i % {PER_SAMPLE}),"
        " '2026-01-01T00:00:00+00:00', 'forest', 0, ?, 0, i + 2, 1 FROM n",
        (regions, record),
    )
    connection.execute(
        f"{numbers} INSERT INTO batches (id, author, tool, at, first, last) SELECT 'batch ' || i, 'ada', 'forest', '',"
        " i * 1000 + 2, i * 1000 + 1001 FROM n",
        (regions // 1000,),
    )
    connection.execute("COMMIT")
    connection.close()
    return store
