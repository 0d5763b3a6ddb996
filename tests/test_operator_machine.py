"""What the installer asks of a machine, and what it takes over from its pip, before anything is fetched."""

import ast
import dataclasses
import os
import subprocess
import sys

import pytest
from house import ROOT, write_settings

from hub_config import install, machine, mirrors, packages, ports, progress, settings
from hub_config.environments import HOUSE


@pytest.fixture
def here(tmp_path):
    return settings.load(write_settings(tmp_path))


def moved(here, **changes):
    """The settings with other addresses."""
    return dataclasses.replace(here, addresses=dataclasses.replace(here.addresses, **changes))


def test_free_ports_are_no_trouble(here):
    assert ports.problems(here) == []


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_number_that_is_no_port_is_named_with_its_key(here, port):
    assert "addresses.door_port" in only(ports.problems(moved(here, door_port=port)))


def test_an_address_of_another_machine_is_a_sentence(here):
    sentences = ports.problems(moved(here, ip="192.0.2.1"))
    assert all("192.0.2.1" in sentence and "addresses." in sentence for sentence in sentences)
    assert len(sentences) == len(ports.keys(here.addresses))


@pytest.mark.parametrize("key", ["environments", "state"])
def test_a_disk_with_too_little_room_is_named_with_both_figures(here, key):
    sentence = only(machine.disk(here, key, 1e6))
    assert "1000000.0 GB are needed" in sentence
    assert "GB free" in sentence
    assert f"folders.{key} in {here.file}" in sentence


def test_a_disk_with_room_is_no_trouble(here):
    assert machine.disk(here, "state", 1e-6) == []
    assert machine.disk(here, "environments", machine.needed([])) == []


def test_cuda_counts_only_where_torch_is_still_to_be_made():
    assert machine.needed([], cuda=True) == 0.0
    assert machine.needed(HOUSE[:1], cuda=True) == machine.needed(HOUSE[:1])
    assert machine.needed(HOUSE, cuda=True) > machine.needed(HOUSE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(here, tmp_path):
    tmp_path.chmod(0o500)
    assert all("folders." in sentence for sentence in machine.folders(here))
    tmp_path.chmod(0o700)


def test_a_file_in_the_place_of_a_folder_is_named(here, tmp_path):
    (tmp_path / "logs").write_text("")
    assert "folders.logs" in only(machine.folders(here))


def test_a_python_without_venv_lacks_a_package_with_a_name(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert packages.missing(tests=False) == [f"python3.{sys.version_info.minor}-venv"]


def test_a_machine_without_a_browser_is_told_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = packages.missing(tests=True)
    assert lacking == ["chromium"]
    assert "apt-get install chromium" in packages.sentence(lacking)
    assert not packages.may_install()
    assert "no Desktop card" in packages.without_desktop()


def test_this_machine_has_what_the_tests_need():
    assert packages.missing(tests=True) == []


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 12)])
def test_another_python_is_a_sentence(monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    assert install.main([]) == 1
    said = capsys.readouterr().err
    assert f"is Python {version[0]}.{version[1]}" in said
    assert "PYTHON=" in said
    assert said.count("\n") == 1


def test_an_old_python_can_read_the_file_that_refuses_it():
    ast.parse((ROOT / "hub_config" / "install.py").read_text(encoding="utf-8"), feature_version=(3, 4))


def test_the_installer_needs_nothing_but_the_standard_library():
    """Run as on a fresh machine: no site-packages at all."""
    ask = "import sys; sys.path.insert(0, '.'); import hub_config.installer"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ask], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def said(tmp_path, text, **environment):
    """What pip settings `text` become."""
    config = tmp_path / "pip.conf"
    config.write_text(text, encoding="utf-8")
    python = settings.load().folders.environments / ".tools" / "bin" / "python"
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": str(config), **environment}
    found = mirrors.pip_settings(python, base)
    machines = mirrors.pip_settings(python, {**base, "PIP_CONFIG_FILE": "/dev/null"})
    # what the machine's own files add is not this test's
    added = {name: value for name, value in found.items() if machines.get(name) != value}
    return {name: value for name, value in mirrors.variables(python, base).items() if value} if added else {}


def test_pips_index_wheels_and_certificate_are_handed_over(tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "ca.pem").touch()
    text = f"""[global]
index-url = https://mirror.example/simple
extra-index-url = https://more.example/simple
    https://third.example/simple
find-links = {tmp_path}/wheels
    {tmp_path}/not-there
    https://wheels.example/list
cert = {tmp_path}/ca.pem
trusted-host = mirror.example
timeout = 77
"""
    found = said(tmp_path, text)
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["UV_INDEX"] == "https://more.example/simple https://third.example/simple"
    assert found["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert found["UV_FIND_LINKS"] == f"{tmp_path}/wheels,https://wheels.example/list"
    assert found["SSL_CERT_FILE"] == found["NODE_EXTRA_CA_CERTS"] == f"{tmp_path}/ca.pem"
    assert found["UV_INSECURE_HOST"] == "mirror.example"
    assert found["UV_HTTP_TIMEOUT"] == "77"


def test_the_shells_word_counts_more_than_the_files(tmp_path):
    found = said(tmp_path, "[global]\nindex-url = https://a.example/s\n", PIP_INDEX_URL="https://b.example/s")
    assert found["UV_DEFAULT_INDEX"] == "https://b.example/s"


def test_what_the_operator_told_uv_is_left_alone(tmp_path):
    found = said(tmp_path, "[global]\nindex-url = https://a.example/s\n", UV_DEFAULT_INDEX="https://own.example/s")
    assert "UV_DEFAULT_INDEX" not in found


def test_a_certificate_of_the_shell_holds_for_npm_too(tmp_path):
    found = said(tmp_path, "[global]\ntimeout = 5\n", SSL_CERT_FILE="/certificates.pem")
    assert found["NODE_EXTRA_CA_CERTS"] == "/certificates.pem"


def test_the_stage_of_an_environment_is_read_from_the_end_of_its_log(tmp_path):
    log = tmp_path / "log"
    stages = [("waiting", None)]
    text = ""
    for stage, line in [
        ("beginning", "\n"),
        ("choosing versions", "Using Python 3.11.2 environment at: x\n"),
        ("fetching 12 packages", "Resolved 12 packages in 3ms\n"),
        ("fetching torch", "Downloading torch (180MiB)\n"),
        ("placing 12 packages", "Prepared 12 packages in 1s\n"),
        ("compiling 12 packages", "Installed 12 packages in 1s\n + torch==2\n"),
        ("fetching the proxy", "# fetching the proxy\nadded 3 packages\n"),
    ]:
        text += line
        stages.append((stage, text))
    for stage, content in stages:
        if content is not None:
            log.write_text(content)
        assert progress.stage(log) == stage


def only(sentences):
    (sentence,) = sentences
    assert "\n" not in sentence
    return sentence
