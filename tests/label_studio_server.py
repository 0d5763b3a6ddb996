"""A real Label Studio of its own for the bridge's tests: started in seconds, paused, killed and started again.

This file is also what runs inside environment labelstudio: as a program it is gunicorn, which loads `application` from
it and ends when the process that started it does, however that ends.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = {"ada": "ada0" * 10, "bob": "bob0" * 10}
"""Two people of one organisation, and their tokens."""
OWN = {
    "DJANGO_SETTINGS_MODULE": "label_studio.core.settings.label_studio",
    "DJANGO_DB": "sqlite",
    "DEBUG": "false",
    "LOG_LEVEL": "ERROR",
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "USE_NGINX_FOR_UPLOADS": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}

SQLITE = {
    "timeout": 60,
    "transaction_mode": "IMMEDIATE",  # else writers that meet fail with "database is locked"
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}


class LabelStudio:
    """Label Studio with its data in `folder`; `url` stays the same when it is started again."""

    def __init__(self, folder, python, template):
        from house import free_port

        folder.mkdir(exist_ok=True)
        self.folder, self.python, self.process = folder, str(python), None
        shutil.copyfile(template, folder / "label_studio.sqlite3")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        own = {**OWN, "LABEL_STUDIO_BASE_DATA_DIR": str(self.folder), "HOME": str(self.folder)}
        command = [
            *(self.python, __file__, str(os.getpid()), "label_studio_server:application()"),
            *("--chdir", str(Path(__file__).parent)),
            *("--bind", f"127.0.0.1:{self.port}", "--threads", "8", "--timeout", "600", "--no-control-socket"),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()
        return self

    def _wait(self):
        for _ in range(1200):
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text())

    def signal(self, what):
        """To the server and its worker: SIGSTOP pauses them, SIGCONT lets them go on, SIGKILL ends them."""
        os.killpg(self.process.pid, what)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def running(folder):
    """A Label Studio that ends with the block."""
    from hub_config import settings

    python = settings.load().folders.python("labelstudio")
    made = LabelStudio(folder, python, template(python))
    try:
        yield made.start()
    finally:
        made.stop()


def template(python):
    """An empty database of the installed Label Studio; making it takes half a minute, once."""
    make = (
        "from hub_config import label_studio_database as d, settings; "
        "import sys; sys.stdout.write(str(d.make_template(settings.load())))"
    )
    done = subprocess.run([str(python), "-c", make], capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def end_with(parent, what=signal.SIGKILL):
    """Have this process sent a signal when the thread that started it ends, and end now where that was before."""
    ctypes.CDLL(None).prctl(1, what)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def application():
    """Inside: Django, with the people of PEOPLE and their tokens."""
    import label_studio

    sys.path.append(str(Path(label_studio.__file__).parent))
    from django.conf import settings

    settings.DATABASES["default"].setdefault("OPTIONS", {}).update(SQLITE)
    from django.core.wsgi import get_wsgi_application

    made = get_wsgi_application()
    from organizations.models import Organization
    from rest_framework.authtoken.models import Token
    from users.models import User

    for name, token in PEOPLE.items():
        if User.objects.filter(username=name).exists():
            continue
        user = User.objects.create_user(email=f"{name}@hub.local", username=name, password=token)
        own = Organization.objects.first()
        if own is None:
            own = Organization.create_organization(created_by=user, title="all", legacy_api_tokens_enabled=True)
        else:
            own.add_user(user)
        user.active_organization = own
        user.save()
        Token.objects.filter(user=user).delete()
        Token.objects.create(user=user, key=token)
    return made


if __name__ == "__main__":
    end_with(int(sys.argv.pop(1)))
    from gunicorn.app.wsgiapp import run

    run()
