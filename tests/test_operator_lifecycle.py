"""The house from start to stop, as the operator lives it: started twice, crashed, started again, stopped."""

import os
import re
import subprocess
import sys

import psutil
import pytest
from house import ROOT, House, surroundings, until, write_settings

from hub_config import accounts, credentials, limits, logs, processes, settings, status, stop

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """An installation of this module alone; each test starts it for itself, which costs nothing where it runs."""
    here = House(settings.load(write_settings(tmp_path_factory.mktemp("own house"))))
    yield here
    for client in here.clients.values():
        client.close()
    stop.stop(here.settings)


def up(here):
    """What `make up` says; it has started the house or found it running."""
    done = here.command("start")
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(here):
    return {row.part: row for row in status.status(here.settings)}


def kill_hub(here):
    hub = processes.hub(here.settings)
    hub.kill()
    hub.wait(10)


def test_everything_runs_and_status_says_where_since_when_and_in_which_version(own):
    up(own)
    rows = table(own)
    assert [*rows][:6] == ["Proxy", "Hub", "Door", "Label Studio", "MLflow", "Models"]
    assert [*rows][6:] == ["Graphics cards", "Warm servers", "Warm kernels", "Idle culler"]
    assert not [row for row in rows.values() if row.missing]
    assert rows["Hub"].pids == (processes.hub(own.settings).pid,)
    for row in rows.values():
        assert re.match(r"\d+\.\d+", row.version), row
        assert row.bytes > 2**20
        assert row.since is not None
        assert all(psutil.pid_exists(pid) for pid in row.pids)
    ports = {int(row.address.rpartition(":")[2]) for row in rows.values() if row.address}
    assert ports <= {one.laddr.port for one in listening(own)}


def listening(here):
    found = []
    for process in processes.ours(here.settings):
        found += [one for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    return found


def test_it_says_why_people_have_no_accounts_or_limits_of_their_own(own):
    said, why = up(own), accounts.why_shared(own.settings)
    assert why, "the folders of pytest are closed to other accounts"
    assert why in said
    assert limits.why_not(own.settings) in said


def test_every_part_listens_on_this_machine_only(own):
    up(own)
    assert {one.laddr.ip for one in listening(own)} == {"127.0.0.1"}


def test_started_twice_it_says_so_and_changes_nothing(own):
    up(own)
    before = {process.pid for process in processes.ours(own.settings)}
    said = up(own)
    assert "is running already" in said
    assert own.url in said
    assert {process.pid for process in processes.ours(own.settings)} == before


def test_the_operator_is_told_how_to_get_in_and_nobody_else_is(own):
    said = up(own)
    assert own.credentials.class_password in said
    assert own.sign_in("ada").get("/hub/home").status_code == 200
    secrets = own.credentials
    told = [secrets.class_password, secrets.admin_password, secrets.door_secret, secrets.proxy_token]
    told += [secrets.cookie_secret, secrets.label_studio_token, *secrets.service_tokens.values()]
    shown = " ".join(word for process in processes.ours(own.settings) for word in process.cmdline())
    shown += "".join(file.read_text(errors="replace") for file in own.settings.folders.logs.rglob("*.log"))
    shown += own.command("status").stdout
    assert "Hub" in shown
    assert not [secret for secret in told if secret in shown]


def test_logs_and_state_are_the_operators_alone(own):
    up(own)
    files = [own.settings.folders.state, logs.file(own.settings, "hub"), credentials.file(own.settings)]
    files += own.settings.folders.state.glob("*.sqlite*")
    assert len(files) > 3
    assert not [file for file in files if file.stat().st_mode & 0o077]


def test_after_a_crash_stop_leaves_no_process_and_two_starts_at_once_start_one_house(own):
    up(own)
    own.start_server("ada")
    assert table(own)["Server of ada"].pids
    family, kept = processes.ours(own.settings), own.credentials
    kill_hub(own)
    assert table(own)["Hub"].missing == "not running"
    assert any(processes.role(one) == processes.Role("server", "ada") for one in processes.ours(own.settings))
    stopped = own.command("stop")
    assert (stopped.returncode, "none is left" in stopped.stdout) == (0, True), stopped.stderr
    assert not [process for process in family if processes.alive(process)]
    nothing_runs(own)
    said = start_twice_at_once(own)
    assert sorted(status for status, _ in said) == [0, 1]
    assert ["Another `make up`" in errors for _, errors in said].count(True) == 1
    assert [processes.role(one).kind for one in processes.ours(own.settings)].count("hub") == 1
    assert own.credentials == kept
    assert own.sign_in("ada").get("/hub/home").url.path == "/hub/home", "ada had to sign in again"


def nothing_runs(here):
    assert processes.ours(here.settings) == []
    again = here.command("stop")
    assert (again.returncode, again.stdout) == (0, "Nothing was running.\n")
    asked = here.command("status")
    assert (asked.returncode, "make up" in asked.stdout) == (3, True)
    assert {row.missing for row in status.status(here.settings)} == {"not running"}


def start_twice_at_once(here):
    command = [str(here.settings.folders.python("hub")), "-m", "hub_config.start"]
    variables = {**surroundings(), settings.VARIABLE: str(here.settings.file)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, env=variables, **pipes) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    return [(process.returncode, errors) for process, errors in zip(both, said, strict=True)]


def test_after_a_crash_the_next_start_ends_what_was_left_and_keeps_people(own):
    up(own)
    own.sign_in("grace")
    kept = own.credentials
    left = {process.pid for process in processes.ours(own.settings)} - {processes.hub(own.settings).pid}
    kill_hub(own)
    assert "an earlier run had left" in up(own)
    assert not left & {process.pid for process in processes.ours(own.settings)}
    assert own.credentials == kept
    assert own.api("admin", "GET", "/users/grace").json()["name"] == "grace"
    assert own.sign_in("grace").get("/hub/home").url.path == "/hub/home", "grace had to sign in again"


def test_a_part_that_ends_comes_back_by_itself(own):
    up(own)
    door = table(own)["Door"].pids[0]
    psutil.Process(door).kill()
    until(lambda: (row := table(own)["Door"]).pids not in ((), (door,)) and not row.missing, 90)


def test_another_installation_on_this_machine_is_left_alone(own, tmp_path):
    up(own)
    other = House(settings.load(write_settings(tmp_path)))
    assert other.command("stop").stdout == "Nothing was running.\n"
    assert not table(own)["Hub"].missing


def test_a_busy_port_is_a_sentence_and_nothing_is_started(own, tmp_path):
    up(own)
    file = write_settings(tmp_path)
    port = f"hub_port = {own.settings.addresses.hub_port}"
    file.write_text(re.sub(r"^hub_port = \d+", port, file.read_text(), flags=re.MULTILINE))
    other = House(settings.load(file))
    done = other.command("start")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {own.settings.addresses.hub_port} of 127.0.0.1 is taken by ")
    assert done.stderr.count("\n") == 1
    assert processes.ours(other.settings) == []


def test_a_hub_that_cannot_start_is_a_sentence_and_nothing_is_left(tmp_path):
    file = write_settings(tmp_path)
    file.write_text(file.read_text().replace('accounts = "class-password"', 'accounts = "openid"'))
    other = House(settings.load(file))
    done = other.command("start")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "users.openid.client_id is empty" in done.stderr
    assert str(logs.file(other.settings, "hub")) in done.stderr
    assert processes.ours(other.settings) == []


def test_a_process_that_ignores_being_asked_is_ended_all_the_same(own):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", deaf],
        cwd=ROOT,
        env={**os.environ, **processes.mark(own.settings)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with started:
        assert started.stdout.readline() == "deaf\n"
        assert started.pid in {process.pid for process in processes.ours(own.settings)}
        assert processes.finish([psutil.Process(started.pid)], patience=0.5) == 1
    assert not psutil.pid_exists(started.pid)
