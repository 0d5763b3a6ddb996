"""imagine.toml becomes frozen Settings: first thing read by the installer, the hub, its services and their tests."""

import difflib
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
FILE = Path(__file__).with_name("imagine.toml")
VARIABLE = "IMAGINE_CONFIG"
"""Names another imagine.toml; set by whoever starts the installer, the hub or a test."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts listen; `port` is the only one people open."""

    ip: str
    port: int
    hub_port: int
    proxy_port: int
    door_port: int
    label_studio_port: int
    mlflow_port: int
    models_port: int = 8005

    @property
    def public(self) -> str:
        """The address people open, without a slash at its end."""
        return f"http://{self.ip}:{self.port}"

    def backend(self, port: int) -> str:
        """The address of a part that listens on `port`."""
        return f"http://{self.ip}:{port}"


@dataclass(frozen=True)
class Folders:
    """Absolute folders of this installation."""

    state: Path
    environments: Path
    logs: Path

    @property
    def homes(self) -> Path:
        """One folder per person below it."""
        return self.state / "homes"

    def environment(self, name: str) -> Path:
        """The folder of the environment called `name` (hub, kernel, labelstudio)."""
        return self.environments / name

    def python(self, name: str) -> Path:
        """The interpreter of the environment called `name`."""
        return self.environment(name) / "bin" / "python"


@dataclass(frozen=True)
class OpenId:
    """An OpenID Connect provider; the client's secret stays in a file of its own."""

    title: str
    authorize_url: str
    token_url: str
    userdata_url: str
    username_claim: str
    scopes: tuple[str, ...]
    client_id: str
    client_secret_file: str
    allowed_groups: tuple[str, ...]
    groups_claim: str


@dataclass(frozen=True)
class Users:
    """Who may come in, and how."""

    accounts: str
    admins: tuple[str, ...]
    openid: OpenId


@dataclass(frozen=True)
class Databases:
    """URLs; empty means SQLite in the state folder."""

    hub: str = ""
    mlflow: str = ""
    label_studio: str = ""


@dataclass(frozen=True)
class Profile:
    """A size of server: `cores` of CPU, `memory_gb` of memory, `gpus` graphics cards."""

    title: str
    about: str
    cores: int
    memory_gb: float
    gpus: int = 0
    """Shares of graphics cards that each kernel asks for."""
    idle_minutes: float = 60.0
    """How long a kernel may hold its graphics card without working."""


@dataclass(frozen=True)
class Walls:
    """What keeps people apart: `accounts` is "auto" (one OS account per person where root starts the hub) or "off"."""

    accounts: str = "auto"


@dataclass(frozen=True)
class Warm:
    """Whether servers and kernels are forked from a process that has imported what they need."""

    servers: bool = True
    kernels: bool = True


@dataclass(frozen=True)
class Queue:
    """How many servers may start at the same time; 0: as many as this machine has cores. The rest waits in line."""

    starts: int = 0


@dataclass(frozen=True)
class Idle:
    """Minutes without work or a person after which servers and kernels end; 0: never."""

    server_minutes: float = 0.0
    kernel_minutes: float = 0.0
    model_minutes: float = 15.0
    """The same for the process that holds models for Label Studio."""


@dataclass(frozen=True)
class Gpus:
    """How graphics cards are lent: each cut into `shares`, at most `per_user` to a person and `per_group` to a group.

    `pretend` declares cards that do not exist, as "name:GB", to rehearse the leases on a machine without any.
    """

    shares: int = 1
    per_user: int = 1
    per_group: Mapping[str, int] = field(default_factory=dict)
    pretend: tuple[str, ...] = ()
    warning_minutes: float = 5.0
    """How long before an idle kernel loses its card it is warned."""


@dataclass(frozen=True)
class Settings:
    """All facts of one deployment."""

    title: str
    addresses: Addresses
    folders: Folders
    users: Users
    profiles: Mapping[str, Profile]
    databases: Databases = field(default_factory=Databases)
    walls: Walls = field(default_factory=Walls)
    warm: Warm = field(default_factory=Warm)
    queue: Queue = field(default_factory=Queue)
    idle: Idle = field(default_factory=Idle)
    gpus: Gpus = field(default_factory=Gpus)
    file: Path = FILE


_Record = TypeVar("_Record")


def _value(kind: Any, value: object, where: str, file: Path) -> Any:  # noqa: ANN401
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind, value, where, file)
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        return tuple(str(item) for item in value)
    if typing.get_origin(kind) is Mapping and isinstance(value, dict):
        inner = typing.get_args(kind)[1]
        return types.MappingProxyType({k: _value(inner, v, f"{where}.{k}", file) for k, v in value.items()})
    if kind is Path and isinstance(value, str):
        return ROOT / value
    if kind is float and isinstance(value, int):
        return float(value)
    if isinstance(kind, type) and isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    wanted = getattr(kind, "__name__", str(kind))
    raise ValueError(f"{file}: {where} = {value!r} should be of the kind {wanted}.")


def _record(kind: type[_Record], table: object, where: str, file: Path) -> _Record:
    if not isinstance(table, dict):
        raise ValueError(f"{file}: {where} should be a table, such as [{where}].")  # noqa: TRY004
    hints = typing.get_type_hints(kind)
    known = [f for f in fields(kind) if f.name != "file"]  # type: ignore[arg-type]
    names = [f.name for f in known]
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1) or names
            raise ValueError(f"{file}: unknown key {f'{where}.{key}'.lstrip('.')!r}. Did you mean {near[0]!r}?")
    for f in known:
        if f.name not in table and f.default is MISSING and f.default_factory is MISSING:
            raise ValueError(f"{file}: {f'{where}.{f.name}'.lstrip('.')!r} is missing; add it.")
    return kind(**{k: _value(hints[k], v, f"{where}.{k}".lstrip("."), file) for k, v in table.items()})


def load(file: Path | None = None) -> Settings:
    """Settings of `file`, else of the file named by IMAGINE_CONFIG, else of hub_config/imagine.toml.

    Raises ValueError with a sentence naming file, key and remedy; OSError where the file cannot be read.
    """
    path = file or Path(os.environ.get(VARIABLE) or FILE)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: {VARIABLE} should name a file such as {FILE}.")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not valid TOML: {error}.") from error
    settings = replace(_record(Settings, table, "", path), file=path.resolve())
    if settings.users.accounts not in ("class-password", "openid"):
        raise ValueError(
            f'{path}: users.accounts = {settings.users.accounts!r} should be "class-password" or "openid".'
        )
    if not settings.profiles:
        raise ValueError(f"{path}: name at least one profile, such as [profiles.cpu].")
    return settings
