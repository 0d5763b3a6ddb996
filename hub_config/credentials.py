"""Passwords and tokens of this installation: made once, kept in the state folder, read by the hub and its services."""

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hub_config.settings import Settings

SERVICES = ("door", "label-studio-server", "label-studio", "mlflow-server", "mlflow", "models")
"""Services that are known to the hub and may need a token of their own."""


def _secret() -> str:
    return secrets.token_hex(32)


def _password() -> str:
    """Four groups such as `kelo-mira-tufa-sone`: 50 bits, and easy to read out to a class."""
    pairs = [consonant + vowel for consonant in "bdfghklmnprstvwz" for vowel in "aeiou"]
    return "-".join("".join(secrets.choice(pairs) for _ in range(2)) for _ in range(4))


def _tokens() -> dict[str, str]:
    return {name: _secret() for name in SERVICES}


@dataclass(frozen=True)
class Credentials:
    """What proves who is who. Never printed but for the two passwords, by `make up`, to the operator."""

    class_password: str = field(default_factory=_password, repr=False)
    admin_password: str = field(default_factory=_secret, repr=False)
    door_secret: str = field(default_factory=_secret, repr=False)
    """Proves to Label Studio and MLflow that a request came through the door."""
    proxy_token: str = field(default_factory=_secret, repr=False)
    """Lets the hub, and nobody else, tell the proxy its routes."""
    label_studio_password: str = field(default_factory=_secret, repr=False)
    label_studio_token: str = field(default_factory=_secret, repr=False)
    """Label Studio's own first account, which no person uses."""
    cookie_secret: str = field(default_factory=_secret, repr=False)
    service_tokens: Mapping[str, str] = field(default_factory=_tokens, repr=False)


def file(settings: Settings) -> Path:
    """Where the credentials are kept; only the operator can read it."""
    return settings.folders.state / "credentials.json"


def cookie_secret_file(settings: Settings) -> Path:
    """The file that JupyterHub reads its cookie secret from, made when it is missing."""
    path = settings.folders.state / "cookie_secret"
    if not path.exists():
        _write(path, load(settings).cookie_secret + "\n", replace=False)
    return path


def load(settings: Settings) -> Credentials:
    """The credentials of this installation, made on the first call; values a newer version needs are added.

    Raises ValueError with a sentence where the file is damaged, OSError where it cannot be read.
    """
    path = file(settings)
    if not path.exists():
        _write(path, _text(Credentials()), replace=False)
    kept = _read(path)
    made = Credentials(**{**kept, "service_tokens": {**_tokens(), **kept.get("service_tokens", {})}})
    if set(asdict(made)) - set(kept) or set(made.service_tokens) - set(kept.get("service_tokens", {})):
        _write(path, _text(made), replace=True)
    return made


def _text(credentials: Credentials) -> str:
    return json.dumps(asdict(credentials), indent=2) + "\n"


def _read(path: Path) -> dict[str, Any]:
    known = set(Credentials.__dataclass_fields__)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}): bring it back from a backup, or delete it and make up."
        ) from error
    if not isinstance(kept, dict) or not set(kept) <= known:
        raise ValueError(f"{path} holds something else than credentials: bring it back from a backup, or delete it.")
    return kept


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Puts a whole file, readable by the operator only, in place; without `replace` the first of two writers wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if replace:
            Path(name).replace(path)
        else:
            path.hardlink_to(name)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink(missing_ok=True)
