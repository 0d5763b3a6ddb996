"""imagine.toml: every fact once; whatever is wrong in it is a sentence naming file, key and remedy."""

import dataclasses
import json
import os
import stat
import subprocess
import sys
import tomllib

import pytest
from house import ROOT, write_settings
from hypothesis import given
from hypothesis import strategies as st

from hub_config import credentials, ports, settings

TEXT = settings.FILE.read_text(encoding="utf-8")
KEYS = [f"{table}.{key}" for table in ("addresses", "folders") for key in tomllib.loads(TEXT)[table]]


def load(folder, text):
    file = folder / "imagine.toml"
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


def refused(folder, text):
    with pytest.raises(ValueError) as caught:
        load(folder, text)
    sentence = str(caught.value)
    assert str(folder / "imagine.toml") in sentence
    assert "\n" not in sentence
    return sentence


def test_the_shipped_file_listens_on_this_machine_only_with_a_port_for_each_part():
    shipped = settings.load(settings.FILE)
    wanted = [getattr(shipped.addresses, key) for key in ports.keys(shipped.addresses)]
    assert shipped.addresses.ip == "127.0.0.1"
    assert len(set(wanted)) == len(wanted) == 7


def test_relative_folders_begin_at_the_repository():
    assert settings.load(settings.FILE).folders.state == ROOT / ".imagine" / "state"


def test_settings_cannot_be_changed_after_reading():
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.load(settings.FILE).title = "other"


@given(key=st.sampled_from(KEYS), where=st.integers(0, 30), letter=st.sampled_from("xyzq"))
def test_a_misspelt_key_is_named_with_the_nearest_good_one(tmp_path_factory, key, where, letter):
    table, name = key.split(".")
    wrong = name[: where % (len(name) + 1)] + letter + name[where % (len(name) + 1) :]
    sentence = refused(tmp_path_factory.mktemp("misspelt"), TEXT.replace(f"\n{name} =", f"\n{wrong} =", 1))
    assert f"'{table}.{wrong}'" in sentence
    assert f"Did you mean '{name}'?" in sentence


@pytest.mark.parametrize(
    ("line", "wrong", "key"),
    [
        ("port = 8000", 'port = "8000"', "addresses.port"),
        ("port = 8000", "port = true", "addresses.port"),
        ('ip = "127.0.0.1"', "ip = 127", "addresses.ip"),
        ("memory_gb = 4", 'memory_gb = "lots"', "profiles.cpu.memory_gb"),
        ('admins = ["admin"]', 'admins = "admin"', "users.admins"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path, line, wrong, key):
    assert line in TEXT
    assert key in refused(tmp_path, TEXT.replace(line, wrong, 1))


def test_a_missing_key_is_named(tmp_path):
    assert "'addresses.hub_port'" in refused(
        tmp_path, "".join(ln for ln in TEXT.splitlines(True) if "hub_port" not in ln)
    )


def test_a_file_that_is_not_toml_says_where(tmp_path):
    assert "line 1" in refused(tmp_path, "[addresses\n")


def test_an_unknown_kind_of_account_lists_the_known_ones(tmp_path):
    sentence = refused(tmp_path, TEXT.replace('accounts = "class-password"', 'accounts = "anybody"'))
    assert "class-password" in sentence
    assert "openid" in sentence


def test_no_profile_at_all_is_refused(tmp_path):
    assert "profile" in refused(tmp_path, TEXT[: TEXT.index("[profiles.cpu]")] + "[profiles]\n")


def test_a_settings_file_that_is_not_there_is_a_sentence_of_the_command(tmp_path):
    for command in (
        ["hub_config/install.py"],
        ["hub_config/install.py", "in", "hub", "python", "-m", "hub_config.stop"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, settings.VARIABLE: str(tmp_path / "none.toml")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"{tmp_path / 'none.toml'} is not there")
        assert done.stderr.count("\n") == 1


def test_credentials_are_made_once_and_only_the_operator_can_read_them(tmp_path):
    here = settings.load(write_settings(tmp_path))
    made = credentials.load(here)
    assert credentials.load(here) == made
    assert stat.S_IMODE(credentials.file(here).stat().st_mode) == 0o600
    assert stat.S_IMODE(here.folders.state.stat().st_mode) == 0o700
    assert credentials.cookie_secret_file(here).read_text().strip() == made.cookie_secret
    assert list(here.folders.state.glob(".*")) == [], "a half-written file was left"


def test_two_installations_share_no_secret(tmp_path):
    kept = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = dataclasses.asdict(credentials.load(settings.load(write_settings(tmp_path / name))))
        kept.append({*made.pop("service_tokens").values(), *made.values()})
        assert len(kept[-1]) == len(dataclasses.fields(credentials.Credentials)) - 1 + len(credentials.SERVICES)
    assert not kept[0] & kept[1]


def test_processes_that_make_the_credentials_at_once_agree(tmp_path):
    file = write_settings(tmp_path)
    ask = "from hub_config import credentials as c, settings as s; print(hash(str(vars(c.load(s.load())))))"
    environment = {**os.environ, settings.VARIABLE: str(file), "PYTHONHASHSEED": "0"}
    asked = [
        subprocess.Popen([sys.executable, "-c", ask], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {process.communicate()[0] for process in asked}
    assert len(answers) == 1
    assert answers != {""}


def test_a_newer_version_adds_what_it_needs_and_keeps_the_rest(tmp_path):
    here = settings.load(write_settings(tmp_path))
    made = credentials.load(here)
    kept = json.loads(credentials.file(here).read_text())
    del kept["door_secret"], kept["service_tokens"]["mlflow"]
    credentials.file(here).write_text(json.dumps(kept))
    completed = credentials.load(here)
    assert completed.class_password == made.class_password
    assert completed.service_tokens["door"] == made.service_tokens["door"]
    assert completed.door_secret not in ("", made.door_secret)
    assert credentials.load(here) == completed
    assert stat.S_IMODE(credentials.file(here).stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"cookies": "x"}'])
def test_damaged_credentials_are_a_sentence_that_shows_none_of_them(tmp_path, damaged):
    here = settings.load(write_settings(tmp_path))
    secret = credentials.load(here).class_password
    credentials.file(here).write_text(damaged)
    with pytest.raises(ValueError, match=r"credentials\.json.*backup") as caught:
        credentials.load(here)
    assert secret not in str(caught.value)


def test_printing_credentials_shows_nothing(tmp_path):
    made = credentials.load(settings.load(write_settings(tmp_path)))
    assert made.class_password not in repr(made)
    assert made.service_tokens["door"] not in str(made)
