"""One running house for all live tests: the real hub, proxy, door, Label Studio and MLflow on free ports."""

import contextlib
import grp
import os
import re
import secrets
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from hub_config import accounts, credentials, homes, settings
from hub_config.leases import inventory
from imagine_kernels import environment

ROOT = Path(__file__).resolve().parents[1]
OWN = (*environment.THREADS, environment.WAIT_POLICY)
"""Variables that tests running side by side set for themselves (tests/conftest.py); a house must manage without."""
PORTS = ("port", "hub_port", "proxy_port", "door_port", "label_studio_port", "mlflow_port", "models_port")
GIVEN = set()
"""Ports this process has given out; none is given twice, since who asked may not listen on it yet."""


def free_ports(count):
    """`count` ports nobody listens on, all different, and below those that the system gives to outgoing calls."""
    ports = []
    while len(ports) < count:
        port = 10_000 + secrets.randbelow(22_000)  # by chance: other tests run beside these
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            if port not in GIVEN:
                GIVEN.add(port)
                ports.append(port)
    return ports


def free_port():
    """One of them."""
    return free_ports(1)[0]


def write_settings(folder, **replace):
    """An imagine.toml in `folder` with free ports and its own state and logs, and the environments of this checkout."""
    text = settings.FILE.read_text(encoding="utf-8")
    for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True):
        text = re.sub(rf"^{name} = \d+", f"{name} = {port}", text, flags=re.MULTILINE)
    for name, value in {"state": str(folder / "state"), "logs": str(folder / "logs"), **replace}.items():
        text = re.sub(rf"^{name} = .*$", f'{name} = "{value}"', text, count=1, flags=re.MULTILINE)
    file = folder / "imagine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def lend_a_card(file):
    """Declares in the settings `file` one pretend graphics card, which an idle kernel loses after twelve seconds.

    The profile "gpu" asks for it, and for those the machine has; "farm" for more than any machine of the tests has.
    """
    text, all_cards = file.read_text(encoding="utf-8"), str(len(inventory.real()) + 1)
    changed = {"pretend": '["Pretend:16"]', "warning_minutes": "0.15", "idle_minutes": "0.2"}
    for name, value in {**changed, "per_user": all_cards, "gpus": all_cards}.items():
        text = re.sub(rf"^{name} = [^#\n]*", f"{name} = {value} ", text, flags=re.MULTILINE)
    farm = '[profiles.farm]\ntitle = "Farm"\nabout = "More than there is."\ncores = 1\nmemory_gb = 1\ngpus = 999\n'
    file.write_text(f"{text}\n\n{farm}", encoding="utf-8")
    return file


def surroundings():
    """The variables of the shell that `make up` is typed in, without those that the tests gave themselves."""
    return {name: value for name, value in os.environ.items() if name not in OWN}


@contextlib.contextmanager
def open_folder():
    """A new folder that people's own accounts can pass through, as they cannot through pytest's; with short paths."""
    with tempfile.TemporaryDirectory(prefix="imagine-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def forget_people(settings):
    """Removes the accounts and groups that the house has made for its people: the machine is as it was before."""
    for account in accounts.made(settings):
        subprocess.run(["userdel", account.name], check=True, capture_output=True)
    for folder in (settings.folders.state / "groups").glob("*"):
        if (group := grp.getgrgid(folder.stat().st_gid).gr_name).startswith(accounts.GROUP_PREFIX):
            subprocess.run(["groupdel", group], check=True, capture_output=True)
    homes.drop_socket_folders(settings)


@dataclass
class House:
    """The running house as its tests see it."""

    settings: settings.Settings
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def credentials(self):
        return credentials.load(self.settings)

    @property
    def url(self):
        return self.settings.addresses.public

    def command(self, name):
        """What `make up`, `make down` or `make status` call: start, stop or status."""
        return subprocess.run(
            [str(self.settings.folders.python("hub")), "-m", f"hub_config.{name}"],
            env={**surroundings(), settings.VARIABLE: str(self.settings.file)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def sign_in(self, user):
        """A browser-like client that has signed in as `user` with the class password; the same one when asked again."""
        if user not in self.clients:
            client = httpx.Client(
                base_url=self.url, follow_redirects=True, timeout=60, headers={"Accept": "text/html, */*;q=0.8"}
            )
            client.get("/hub/login")
            admin = user in self.settings.users.admins
            password = self.credentials.admin_password if admin else self.credentials.class_password
            form = {"username": user, "password": password, "_xsrf": client.cookies.get("_xsrf", path="/hub/")}
            answer = client.post("/hub/login", data=form)
            assert answer.status_code == 200, answer.text
            assert "/hub/login" not in str(answer.url), "the sign-in was refused"
            self.clients[user] = client
        return self.clients[user]

    def api(self, user, method, path, **kwargs):
        """A call to the hub's API as `user` from the browser."""
        client = self.sign_in(user)
        headers = {"X-XSRFToken": client.cookies.get("_xsrf", path="/hub/"), "Referer": f"{self.url}/hub/home"}
        return client.request(method, f"/hub/api{path}", headers=headers, **kwargs)

    def token(self, user):
        """A hub token of `user` that opens Label Studio, MLflow and the own server, as a kernel's does."""
        if user not in self.tokens:
            answer = self.api(user, "POST", f"/users/{user}/tokens", json={"note": "test", "expires_in": 7200})
            assert answer.status_code == 201, answer.text
            self.tokens[user] = answer.json()["token"]
        return self.tokens[user]

    def start_server(self, user, **options):
        """Starts the server of `user` and waits until it answers."""
        answer = self.api(user, "POST", f"/users/{user}/server", json=options or None)
        assert answer.status_code in (201, 202), answer.text
        until(lambda: self.api(user, "GET", f"/users/{user}").json()["servers"].get("", {}).get("ready"), 120)

    def stop_server(self, user):
        """Stops the server of `user` and waits until it is gone."""
        self.api(user, "DELETE", f"/users/{user}/server")
        until(lambda: not self.api(user, "GET", f"/users/{user}").json()["servers"], 60)


def until(question, seconds=60.0, pause=0.25):
    """Asks until the answer is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"still not so after {seconds} s"
        time.sleep(pause)
    return answer
