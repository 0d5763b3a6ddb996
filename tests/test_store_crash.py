"""The store when things go wrong: killed while writing, several writers at once, a full disk, a writer that stays."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter

import pytest
from store_writers import FOREVER, HOLD, LIMITED, MANY, writer

from imagine_kernels.records import Box, Region
from imagine_widgets.store import Put, Store, database
from imagine_widgets.store.agreed import Agreement

KILLS = 25
SIZE = 6


def put(sample, author="ada"):
    return Put(sample, Region("Chaetoceros", shape=Box(1, 2, 3, 4)), author)


def check(store, said):
    """All that was said to be on disk is there, whole; a batch that was cut off is there whole or not at all."""
    found = Counter(held.sample_id.rsplit(" ", 1)[0] for held in store.since(0) if not held.deleted)
    about = found.pop("shared", 0)
    assert set(found.values()) <= {SIZE}, "a batch is there in part"
    wrote = {name for what, name in said if what == "wrote"}
    undid = {name for what, name in said if what == "undid"}
    assert wrote - undid <= found.keys() | {f"{turn}.{number}" for turn, number in unfinished(wrote, undid)}
    assert not undid & found.keys()
    return found, about


def unfinished(wrote, undid):
    """Batches whose undo may have been on its way when the writer was killed."""
    return {tuple(map(int, name.split("."))) for name in wrote - undid if int(name.split(".")[1]) % 4 == 3}


def test_killed_at_any_moment_the_store_has_all_that_was_acknowledged_and_nothing_half(tmp_path):
    path, said, chance, cut_off = tmp_path / "run.labels", set(), random.Random(7), 0
    for turn in range(KILLS):
        with writer(FOREVER, path, turn, SIZE) as process:
            assert process.stdout.readline() == "ready\n"
            lines = [process.stdout.readline() for _ in range(chance.randint(0, 4))]
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        said |= {tuple(line.split()) for line in lines if line.endswith("\n")}
        cut_off += path.with_name("run.labels-journal").exists()
        store = Store(path)
        check(store, said)
        store.close()
    assert len(said) > KILLS
    assert cut_off, "no kill came while something was written"
    (sound,) = sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone()
    assert sound == "ok"
    name = next(name for what, name in said if what == "wrote" and ("undid", name) not in said)
    again = Store(path)
    again.undo(name, author="ada")
    again.write([put("after all")])
    assert len(again.current("after all")) == 1


def test_processes_and_threads_writing_at_once_lose_nothing_and_mix_nothing(tmp_path):
    path = tmp_path / "labels" / "run.labels"
    processes = [writer(MANY, path, name) for name in ("left", "right")]
    failures = []

    def work(name):
        try:
            store = Store(path)
            for n in range(15):
                store.write([put(f"{name} {n}.{i}") for i in range(7)])
                assert len(store.current(f"{name} {n}.3")) == 1
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    for thread in threads:
        thread.join()
    assert failures == []
    store = Store(path)
    held = [one for one in store.since(0) if one.sample_id != "shared"]
    assert len(held) == 2 * 30 * 7 + 2 * 15 * 7
    batches = [sorted(one.rev for one in held if one.sample_id.startswith(f"left {n} ")) for n in range(30)]
    assert all(revs == [*range(revs[0], revs[0] + 7)] for revs in batches), "a batch was torn apart"
    assert len(store.regions("shared")) == 60
    assert Counter(one.author for one in store.regions("shared")) == {"left": 30, "right": 30}


def test_a_reader_holds_up_no_writer_between_two_answers_and_sees_what_came_meanwhile(tmp_path):
    store, other = Store(tmp_path / "run.labels"), Store(tmp_path / "run.labels")
    store.write([put(f"sample {n}") for n in range(1200)])
    following, annotations, samples = store.since(0), store.annotations(), []
    samples += [next(following).sample_id, next(annotations).sample_id]
    with writer(MANY, store.path, "left") as process:
        process.communicate()
        assert process.returncode == 0
    other.write([put("a new one")])
    thread = threading.Thread(target=store.write, args=([put("another thread's")],))
    thread.start()
    thread.join()
    assert {one.sample_id for one in following} >= {"sample 1199", "a new one", "another thread's", "left 29 6"}
    assert {one.sample_id for one in annotations} >= {"sample 1199", "a new one", "another thread's", "left 29 6"}


def test_a_full_disk_is_a_sentence_and_a_refused_batch_leaves_no_trace(tmp_path):
    path = tmp_path / "run.labels"
    with writer(LIMITED, path) as process:
        sentence, seen = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert sentence.startswith(f"The labels in {path} could not be written: the disk ")
    assert sentence.endswith("what was there is safe. Make room and try again.")
    assert seen == "['before']"
    assert {sample.rsplit(" ", 1)[0] for sample in Store(path).changed()[1]} == {"before", "after"}


def test_what_is_written_together_is_there_together_or_not_at_all(tmp_path):
    store, told = Store(tmp_path / "run.labels"), Agreement("a", "ada", "", 1, "x x 1")

    def write(*, killed=False):
        with store.together():
            store.write([put("a")])
            store.agreed.agree("there", [told])
            if killed:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(killed=True)
    assert (store.regions("a"), store.agreed.of("there", "a")) == ((), {})
    with store.together():
        write()
        assert Store(store.path).regions("a") == (), "nobody sees a part of it"
    other = Store(store.path)
    assert (len(other.regions("a")), other.agreed.of("there", "a")) == (1, {("ada", ""): told})


def test_a_quota_that_is_used_up_is_a_sentence_and_the_same_batch_can_come_again(tmp_path):
    store = Store(tmp_path / "run.labels")
    store.write([put("one")])
    connection = store._database._connect()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [put(f"sample {n}") for n in range(500)]
    with pytest.raises(OSError, match="could not be written: the disk is full or your quota is used up; what was ther"):
        store.write(many, batch="many")
    assert store.changed()[1] == {"one"}
    store.close()
    assert len(store.write(many, batch="many").samples) == 500


def test_a_writer_that_never_lets_go_is_told_instead_of_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    store = Store(tmp_path / "run.labels")
    store.write([put("one")])
    with writer(HOLD, store.path) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OSError, match="could not be written: another notebook has been writing for too long"):
            store.write([put("two")], batch="two")
        with pytest.raises(OSError, match="could not be read: another notebook"):
            store.current("one")
        holder.communicate("go\n")
    store.write([put("two")], batch="two")
    assert store.changed()[1] == {"one", "two"}


def test_a_reader_that_stays_is_told_and_the_writer_can_write_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    store = Store(tmp_path / "run.labels")
    store.write([put("one")])
    reader = sqlite3.connect(store.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM words").fetchone()
    with pytest.raises(OSError, match="another notebook has been writing for too long"):
        store.write([put("two")])
    reader.execute("COMMIT")
    reader.close()
    store.write([put("two")])
    assert store.changed()[1] == {"one", "two"}


def test_a_store_used_again_in_a_forked_process_opens_the_file_for_itself(tmp_path):
    store = Store(tmp_path / "run.labels")
    store.write([put("parent")])
    child = os.fork()
    if child == 0:
        try:
            store.write([put("child")])
        finally:
            os._exit(0 if store.changed()[1] == {"parent", "child"} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store.write([put("parent again")])
    assert store.changed()[1] == {"parent", "child", "parent again"}


def test_a_forked_process_does_not_end_what_its_parent_is_writing(tmp_path):
    store = Store(tmp_path / "run.labels")
    store.write([put("one")])
    with store._database.writing() as connection:
        connection.execute("INSERT INTO authors (name) VALUES ('in the middle')")
        child = os.fork()
        if child == 0:
            os._exit(0 if store.changed()[1] == {"one"} else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert store.path.with_name("run.labels-journal").exists(), "what undoes it after a crash is gone"
    assert store._database.rows("SELECT count(*) FROM authors") == [(2,)]


def test_a_file_taken_away_or_put_back_from_a_backup_is_what_holds(tmp_path):
    store = Store(tmp_path / "run.labels")
    store.write([put("one")])
    with sqlite3.connect(tmp_path / "backup") as copy, sqlite3.connect(store.path) as source:
        source.backup(copy)
    source.close()
    copy.close()
    store.write([put("two")])
    store.path.rename(tmp_path / "away")
    assert store.changed() == (0, frozenset())
    store.write([put("three")])
    assert store.changed()[1] == {"three"}
    (tmp_path / "backup").replace(store.path)
    assert store.changed()[1] == {"one"}
