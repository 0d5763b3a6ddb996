"""Making the environments: asked first, done once, going on after whatever stopped it; each failure is one sentence."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from house import ROOT, free_ports, until, write_settings

from hub_config import environments, logs, settings
from hub_config.environments import Environment
from hub_config.workshop import Workshop

COMMAND = [sys.executable, "hub_config/install.py"]
SMALL = Environment("small", (), 0.01)
"""The repository alone, without any extra: real, and made in a second."""


@pytest.fixture
def place(tmp_path):
    """Settings with an empty folder of environments; the installer's tools are those of this checkout."""
    own = tmp_path / "with a space"
    (own / "envs").mkdir(parents=True)
    (own / "envs" / ".tools").symlink_to(settings.load().folders.environments / ".tools")
    return settings.load(write_settings(own, environments=str(own / "envs")))


@pytest.fixture
def offline(monkeypatch):
    """uv takes what it has fetched before and asks nobody."""
    monkeypatch.setenv("UV_OFFLINE", "1")


def workshop(place):
    made = Workshop(place)
    made.make_tools()
    return made


def dead_index(monkeypatch, folder, port):
    """From here on packages come from `port` of this machine, and nothing was ever fetched."""
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{port}/simple")
    monkeypatch.setenv("UV_FIND_LINKS", "")
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def install(place, *arguments, **more):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, settings.VARIABLE: str(place.file), **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_an_environment_is_made_once(place, offline):
    assert not environments.is_made(place, SMALL)
    workshop(place).make(SMALL)
    python = place.folders.python("small")
    asked = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == str(place.folders.environment("small"))
    assert environments.is_made(place, SMALL)
    assert not environments.must_begin_again(place, SMALL)


def test_what_goes_into_an_environment_is_part_of_its_stamp(place, offline):
    workshop(place).make(SMALL)
    assert not environments.is_made(place, Environment("small", ("labelstudio",), 0.01))
    assert not environments.is_made(place, Environment("small", (), 0.01, also=("rich",)))
    assert not environments.must_begin_again(place, Environment("small", (), 0.01, also=("rich",)))


def test_a_moved_repository_gets_new_environments(place, offline, tmp_path):
    workshop(place).make(SMALL)
    moved = tmp_path / "elsewhere"
    place.folders.state.parent.rename(moved)
    there = settings.load(write_settings(moved, environments=str(moved / "envs")))
    assert not environments.is_made(there, SMALL)
    assert environments.must_begin_again(there, SMALL)
    marker = there.folders.environment("small") / "of-the-old-place"
    marker.touch()
    workshop(there).make(SMALL)
    assert environments.is_made(there, SMALL)
    assert not marker.exists()


def test_an_environment_of_another_python_is_made_anew(place, offline):
    workshop(place).make(SMALL)
    stamp = place.folders.environment("small") / environments.STAMP
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.10 x86_64"}))
    assert not environments.is_made(place, SMALL)
    assert environments.must_begin_again(place, SMALL)


def test_a_broken_download_is_a_sentence_and_the_next_run_goes_on(place, monkeypatch, tmp_path):
    with monkeypatch.context() as broken:
        dead_index(broken, tmp_path, free_ports(1)[0])
        with pytest.raises(OSError) as caught:
            workshop(place).make(Environment("small", ("labelstudio",), 0.01))
    sentence = str(caught.value)
    assert sentence.startswith("Environment small could not be made: ")
    assert "refused" in sentence
    assert str(logs.file(place, "environment-small")) in sentence
    assert "\n" not in sentence
    assert not environments.is_made(place, SMALL)
    assert environments.must_begin_again(place, SMALL)
    monkeypatch.setenv("UV_OFFLINE", "1")
    workshop(place).make(SMALL)
    assert environments.is_made(place, SMALL)


def test_the_command_says_one_sentence_for_each_environment_that_cannot_be_fetched(place, monkeypatch, tmp_path):
    dead_index(monkeypatch, tmp_path, free_ports(1)[0])
    done = install(place)
    said = done.stderr.splitlines()
    assert done.returncode == 1
    assert sorted(line.split()[1] for line in said) == ["hub", "kernel", "labelstudio"]
    assert all("could not be made" in line and "goes on from there" in line for line in said)
    assert "Traceback" not in done.stdout + done.stderr


def test_an_interrupted_command_leaves_no_process_and_goes_on_later(place, monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        dead_index(monkeypatch, tmp_path, mute.getsockname()[1])
        variables = {**os.environ, settings.VARIABLE: str(place.file)}
        command = subprocess.Popen(
            COMMAND,
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - as at a terminal
        )
        children = until(lambda: [one for one in psutil.Process(command.pid).children() if "install" in one.cmdline()])
        time.sleep(0.2)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
    assert command.returncode == 130
    assert "goes on from here" in said
    assert "Traceback" not in said
    assert not any(one.is_running() for one in children)
    assert any(environments.must_begin_again(place, one) for one in environments.HOUSE)


@pytest.mark.alone
def test_a_second_run_changes_nothing():
    here = settings.load()
    assert all(environments.is_made(here, one) for one in (*environments.HOUSE, *environments.TESTS)), "run: make test"
    stamps = {one.name: here.folders.environment(one.name) / environments.STAMP for one in environments.HOUSE}
    before = {name: (stamp.stat().st_mtime_ns, stamp.read_text()) for name, stamp in stamps.items()}
    done = install(here, "--test")
    assert done.returncode == 0, done.stderr
    assert "as they should be" in done.stdout
    assert {name: (stamp.stat().st_mtime_ns, stamp.read_text()) for name, stamp in stamps.items()} == before


def test_two_installs_at_once_are_refused_with_a_sentence(place):
    import fcntl

    with (place.folders.environments / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = install(place)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "already" in done.stderr


def test_npm_and_uv_reasons_are_the_cause_and_not_the_noise(tmp_path):
    log = tmp_path / "log"
    log.write_text("Resolved 3 packages\nerror: Failed\n  cause: Failed to fetch: x\n  cause: a\n  cause: dns error\n")
    assert logs.reason(log) == "Failed to fetch: x: dns error"
    noise = "npm error A complete log of this run can be found in: x\n"
    log.write_text(f"# fetching the proxy\nnpm error code E404\nnpm error 404 Not Found - proxy\n{noise}")
    assert logs.reason(log) == "npm error 404 Not Found - proxy"
    log.write_text("Traceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left on device\n")
    assert logs.reason(log) == "OSError: [Errno 28] No space left on device"
    log.write_text("")
    assert logs.reason(log) == "it said nothing"


def test_a_log_that_is_begun_keeps_the_one_before(place):
    for text in (b"first", b"second"):
        with logs.fresh(place, "try") as log:
            log.write(text)
    assert logs.file(place, "try").read_bytes() == b"second"
    assert logs.file(place, "try.before").read_bytes() == b"first"


@contextlib.contextmanager
def taken(port):
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_pip_and_uv_take_the_same_wheel_from_the_same_folder(place, tmp_path, monkeypatch):
    """A wheel in a folder that only pip's settings name is found by uv through what the workshop hands over."""
    wheel(tmp_path / "wheels")
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nno-index = true\nfind-links = {tmp_path / 'wheels'}\n    {tmp_path / 'not-there'}\n")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    venv(place)
    workshop(place)._uv(sys.stderr.buffer, "pip", "install", "--python", place.folders.python("small"), "imagine-try")
    assert list(place.folders.environment("small").glob("lib/*/site-packages/imagine_try.py"))


def venv(place):
    with logs.fresh(place, "venv") as log:
        workshop(place)._uv(log, "venv", place.folders.environment("small"))


def wheel(folder):
    """The smallest wheel there is."""
    import zipfile

    folder.mkdir()
    info = "imagine_try-1.0.dist-info"
    with zipfile.ZipFile(folder / "imagine_try-1.0-py3-none-any.whl", "w") as made:
        made.writestr("imagine_try.py", "")
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: imagine-try\nVersion: 1.0\n")
        made.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        made.writestr(f"{info}/RECORD", "")


def test_the_command_refuses_before_it_fetches_anything(place):
    shutil.rmtree(place.folders.environments)
    place.folders.environments.mkdir()
    with taken(place.addresses.mlflow_port):
        done = install(place)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {place.addresses.mlflow_port} of 127.0.0.1 is taken by ")
    assert f"(process {os.getpid()})" in done.stderr
    assert f"addresses.mlflow_port in {place.file}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [entry.name for entry in place.folders.environments.iterdir()] == [".lock"]
