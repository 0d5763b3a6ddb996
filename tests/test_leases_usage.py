"""What is used, and how it is told: by day, person, group and use case."""

import asyncio
import csv
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from broker_alone import Alone, lending
from house import ROOT, until
from hypothesis import given
from hypothesis import strategies as st

from hub_config import settings
from hub_config.leases import client, meter
from imagine_kernels import environment
from imagine_kernels.launch import leases

BURN = """
import os, time
parent = os.getppid()
while time.process_time() < 0.6: pass
print(flush=True)
while os.getppid() == parent: time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    alone = Alone(lending(tmp_path_factory.mktemp("usage"), gpus="shares = 2\nper_user = 0"))
    alone.start()
    yield alone
    alone.end()


@pytest.fixture(scope="module")
def used(broker):
    """Two people: one has half a card for a while, at work for a part of it; the other burns CPU in child processes."""
    ada = broker.person("ada", groups=["class", "reef"])
    asking = ada.asking("a", "phytoplankton")
    lease = asyncio.run(asking.gpus(1))
    begun = time.monotonic()
    asking.began(broker.process(**lease.env).pid, kind="warm", seconds=0.1)
    ada.call(leases.activity, "a", True, time.time())
    time.sleep(0.5)
    ada.call(leases.activity, "a", False, time.time())
    at_work = time.monotonic() - begun
    bea = broker.person("bea", profile="cpu", groups=["class"])
    other = bea.asking("b", "zooplankton")
    burner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
    kernel = subprocess.Popen([sys.executable, "-c", burner], stdout=subprocess.PIPE, start_new_session=True)
    broker.processes.append(kernel)
    other.began(kernel.pid, kind="cold", seconds=1.0, reason="the warm process was busy")
    kernel.stdout.readline()
    asking.ended(0)
    next(one for one in broker.processes if one.pid == broker_pid(broker, "ada")).kill()
    until(lambda: not broker.holders(), 5, 0.02)
    lent = time.monotonic() - begun
    rows = until(lambda: burnt(client.usage(broker.settings)), 10)
    return rows, at_work, lent


def burnt(rows):
    return rows if sum(row["cpu_seconds"] for row in rows if row["use_case"] == "zooplankton") >= 0.5 else None


def broker_pid(broker, user):
    """The process of the kernel of `user`, as the events tell it."""
    return int(next(said for _, who, _, said in broker.events("start") if who == user).rpartition(" ")[2])


def test_a_share_of_a_card_counts_as_that_part_of_gpu_seconds_and_work_as_told(used):
    rows, at_work, lent = used
    ada = [row for row in rows if row["user"] == "ada" and row["use_case"] == "phytoplankton"]
    seconds = sum(row["gpu_seconds"] for row in ada)
    busy = sum(row["gpu_busy_seconds"] for row in ada)
    assert 0.25 <= busy <= at_work / 2 + 0.05
    assert busy < seconds <= lent / 2 + 0.05
    assert {teller for row in ada for teller in row["told_by"]} <= {"reports", "nobody"}
    assert "reports" in {teller for row in ada for teller in row["told_by"]}
    assert {tuple(row["groups"]) for row in ada} == {("class", "reef")}


def test_cpu_seconds_of_what_a_kernel_started_count_for_its_use_case_and_servers_for_none(used):
    rows, _, _ = used
    bea = [row for row in rows if row["user"] == "bea"]
    assert 0.5 <= sum(row["cpu_seconds"] for row in bea if row["use_case"] == "zooplankton") < 5
    assert not any(row["gpu_seconds"] for row in bea)
    assert any(row["use_case"] == "" and row["cpu_seconds"] > 0 for row in rows), "the servers"


def test_a_person_sees_their_own_and_the_operator_everybody(broker, used):
    ada = next(person for person in broker.people if person.user == "ada")
    assert {row["user"] for row in ada.call(leases.usage)} == {"ada"}
    assert {row["user"] for row in client.usage(broker.settings)} == {"ada", "bea"}
    assert client.usage(broker.settings, "2999-01-01") == []


def test_the_commands_show_a_table_and_write_records(broker, used, tmp_path):
    ada = next(person for person in broker.people if person.user == "ada")
    mine = {environment.LEASES: ada.socket, environment.HUB_TOKEN: ada.token}
    python = str(settings.load().folders.python("kernel"))
    imagine = [python, "-c", "from imagine_kernels.cli import main; main()", "usage"]
    page = said([*imagine, "--by", "group"], mine)
    assert "class" in page
    assert "reef" in page
    assert "UTC" in page
    assert "reports" in page
    assert "bea" not in said([*imagine, "--json"], mine)
    everybody = [sys.executable, "-m", "hub_config.leases.usage"]
    own = {settings.VARIABLE: str(broker.settings.file)}
    assert {row["user"] for row in json.loads(said([*everybody, "--json"], own))} == {"ada", "bea"}
    said([*everybody, "--csv", str(tmp_path / "usage.csv")], own)
    with (tmp_path / "usage.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["told_by"] for row in rows} & {"reports", "nobody reports"}
    assert {row["groups"] for row in rows} == {"class reef", "class"}


def said(command, variables):
    done = subprocess.run(
        command, env={**os.environ, **variables}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_figures_for_metrics_tell_starts_waits_and_ends(broker, used):
    stats = client.stats(broker.settings)
    starts = {(one["kind"], one["reason"]): one["count"] for one in stats["starts"]}
    assert starts == {("warm", ""): 1, ("cold", "the warm process was busy"): 1}
    assert stats["start_seconds"]["warm"]["count"] == 1
    assert stats["wait_seconds"]["buckets"][-1][1] == stats["wait_seconds"]["count"] == 1
    assert stats["outcomes"] == {"ended": 1}
    assert (stats["shares"], stats["free"], stats["queue"], stats["leases"]) == (4, 4, 0, 0)


def test_while_nothing_runs_the_operator_sees_what_is_written_down(broker, used):
    command, own = (
        [sys.executable, "-m", "hub_config.leases.usage", "--json"],
        {settings.VARIABLE: str(broker.settings.file)},
    )
    before = json.loads(said(command, own))
    broker.stop()
    after = json.loads(said(command, own))
    assert [row["user"] for row in after] == [row["user"] for row in before]
    assert all(b["gpu_seconds"] == a["gpu_seconds"] for a, b in zip(after, before, strict=True))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.floats(0, 300_000),
)
def test_time_is_cut_at_each_midnight_and_none_is_lost(begin, seconds):
    parts = list(meter.by_day(begin.timestamp(), begin.timestamp() + seconds))
    assert sum(part for _, part in parts) == pytest.approx(seconds, abs=1e-3)
    days = [day for day, _ in parts]
    assert days == sorted(set(days))
    assert all(0 < part <= 86400 for _, part in parts)
    assert not parts or days[0] == f"{begin:%Y-%m-%d}"
