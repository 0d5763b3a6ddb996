"""The journal when things go wrong: killed while writing, cut off, two writers at once, a full disk."""

import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from imagine_kernels.records import Annotation, Region
from imagine_widgets import lines
from imagine_widgets.journal import Journal

HEAD = """
import sys
from imagine_kernels.records import Annotation, Region
from imagine_widgets.journal import Journal
journal = Journal(sys.argv[1])
def batch(name, size):
    return [Annotation(f"{name} {n}", (Region("Chaetoceros"),), "ada") for n in range(size)]
"""
FOREVER = """
n = 0
while True:
    made = batch(n, 40)
    journal.append(*made)
    print(" ".join(a.id for a in made), flush=True)
    n += 1
"""
MANY = """
for n in range(60):
    journal.append(*batch(f"{sys.argv[2]} {n}", 7))
"""
LIMITED = """
import resource
journal.append(*batch("before", 10))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 1000, hard))
try:
    journal.append(*batch("too many", 60))
except OSError as error:
    print(error)
    print(sorted({sample.rsplit(" ", 1)[0] for sample in journal.annotations()}))
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
journal.append(*batch("after", 10))
"""
HOLD = """
import fcntl, sys, time
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


def made(sample):
    return Annotation(sample, (Region("Chaetoceros"),), "ada")


def child(program, *arguments, **options):
    command = [sys.executable, "-c", HEAD + program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("batches", [1, 4, 9])
def test_killed_while_appending_every_label_that_was_acknowledged_is_there(tmp_path, batches):
    path = tmp_path / "journal.jsonl"
    with child(FOREVER, path) as process:
        acknowledged = [process.stdout.readline() for _ in range(batches)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
    ids = {i for line in acknowledged if line.endswith("\n") for i in line.split()}
    assert len(ids) >= 40 * batches
    journal = Journal(path)
    last = made("after the crash")
    journal.append(last)
    found = Journal(path)
    assert ids <= {a.id for a in found.annotations().values()}
    assert found.annotations()["after the crash"] == last
    assert len(found.skipped) <= 1


def test_a_last_line_cut_off_anywhere_loses_that_line_only_and_stays_in_the_file(tmp_path):
    whole = Journal(tmp_path / "whole.jsonl")
    whole.append(made("one"))
    start = whole.path.stat().st_size
    whole.append(made("two"))
    data = whole.path.read_bytes()
    for cut in range(start, len(data)):
        journal = Journal(tmp_path / f"{cut}.jsonl")
        journal.path.write_bytes(data[:cut])
        assert set(journal.annotations()) == {"one"}, "a line without its end does not count yet"
        journal.append(made("three"))
        found = Journal(journal.path).annotations()
        complete = cut == len(data) - 1
        assert set(found) == ({"one", "two", "three"} if complete else {"one", "three"})
        assert journal.path.read_bytes().startswith(data[:cut])
        assert len(journal.skipped) == (0 if complete or cut == start else 1)


def test_two_processes_writing_at_once_lose_nothing_and_mix_nothing(tmp_path):
    path = tmp_path / "labels" / "journal.jsonl"
    processes = [child(MANY, path, name) for name in ("left", "right")]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    journal = Journal(path)
    assert len(journal.annotations()) == 2 * 60 * 7
    assert journal.skipped == ()
    samples = [json.loads(line)["sample_id"].rsplit(" ", 1)[0] for line in path.read_text().splitlines()]
    assert len(samples) == len(set(samples)) * 7
    assert all(len(set(samples[i : i + 7])) == 1 for i in range(0, len(samples), 7)), "a batch was torn apart"


def test_threads_of_one_kernel_share_a_journal(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")

    def work(name):
        for n in range(30):
            journal.append(made(f"{name} {n}"))
            assert f"{name} {n}" in journal.annotations()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Journal(journal.path).annotations()) == 90


def test_a_full_disk_is_a_sentence_and_a_refused_batch_leaves_no_trace(tmp_path):
    path = tmp_path / "journal.jsonl"
    with child(LIMITED, path) as process:
        sentence, seen = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert sentence.startswith(f"The labels could not be written to {path}: ")
    assert seen == "['before']"
    journal = Journal(path)
    assert {sample.rsplit(" ", 1)[0] for sample in journal.annotations()} == {"before", "after"}
    assert journal.skipped == ()


def test_a_writer_that_never_lets_go_is_told_instead_of_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "PATIENCE", 0.2)
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append(made("one"))
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError, match="held by another notebook"):
            journal.append(made("two"))
        holder.kill()
    journal.append(made("two"))
    assert set(journal.annotations()) == {"one", "two"}


def test_opening_thirty_thousand_lines_costs_about_as_much_as_reading_their_json(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path).append(*[made(f"sample {n}") for n in range(30_000)])

    def seconds(work):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    parse = min(seconds(lambda: [json.loads(line) for line in path.read_bytes().splitlines()]) for _ in range(3))
    opened = min(seconds(lambda: Journal(path).refresh()) for _ in range(3))
    assert opened < 4 * parse
