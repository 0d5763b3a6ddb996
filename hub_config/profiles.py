"""What a person chooses on the start page: a use case and a size of server; checked here whoever sends it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tornado import web

from hub_config.leases import inventory
from hub_config.settings import Profile, Settings
from imagine_kernels import use_case

FIELDS = ("use_case", "profile")


class Refused(web.HTTPError):  # type: ignore[misc]
    """What was asked for cannot be had; JupyterHub shows the sentence on the page and in the answer of its API."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, "%s", sentence)
        self.jupyterhub_message = sentence

    def __str__(self) -> str:
        return str(self.jupyterhub_message)


@dataclass(frozen=True)
class Choice:
    """One size of server as the start page offers it; with a `reason` it is shown but cannot be had."""

    name: str
    profile: Profile
    reason: str = ""


@dataclass(frozen=True)
class Order:
    """What was asked for, checked; without a use case JupyterLab opens on the person's folder."""

    choice: Choice
    case: use_case.UseCase | None = None


def offered(settings: Settings) -> tuple[Choice, ...]:
    """The sizes of imagine.toml, as this machine can serve them now."""
    return choices(settings, inventory.shares(settings))


def choices(settings: Settings, shares: int) -> tuple[Choice, ...]:
    """The sizes of imagine.toml, each with the reason why it cannot be had where there are `shares` of cards."""
    return tuple(Choice(name, profile, _reason(profile.gpus, shares)) for name, profile in settings.profiles.items())


def _reason(wanted: int, shares: int) -> str:
    if wanted <= shares:
        return ""
    if shares == 0:
        return "This machine has no graphics card that can be used."
    return f"This machine has {shares} of the {wanted} shares of graphics cards it asks for."


def options_from_form(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The fields of the start page (or of a link's query) as plain options; checked when they are applied."""
    return {key: values[-1] for key, values in form.items() if key != "_xsrf" and values}


def read(options: object, offered: Sequence[Choice]) -> Order:
    """The order that `options` spell. Raises ValueError or LookupError with a sentence for anything unknown."""
    if not isinstance(options, Mapping):
        raise ValueError("The options of a server are fields with values: use_case and profile.")  # noqa: TRY004
    for key, value in options.items():
        if key not in FIELDS:
            raise ValueError(f"A server has no option {str(key)[:40]!r}; it has {' and '.join(FIELDS)}.")
        if not isinstance(value, str):
            raise ValueError(f"The option {key} is a name, not {type(value).__name__}.")  # noqa: TRY004
        if len(value) > 100:
            raise ValueError(f"The option {key} is a name of at most 100 letters, not {len(value)}.")
    choice = _choice(options.get("profile", ""), offered)
    if choice.reason:
        raise ValueError(f"{choice.profile.title} cannot be had: {choice.reason}")
    name = options.get("use_case", "")
    return Order(choice, use_case.get(name) if name else None)


def _choice(name: str, offered: Sequence[Choice]) -> Choice:
    if not name:
        return next((choice for choice in offered if not choice.reason), offered[0])
    for choice in offered:
        if choice.name == name:
            return choice
    names = [choice.name for choice in offered]
    near = difflib.get_close_matches(name, names, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}."
    raise LookupError(f"{name[:40]!r} is not a size of server here. {hint}")


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Offers the sizes that this machine has, and checks what comes back from form, link and API."""
    sizes = offered(settings)

    def apply_options(spawner: Any, options: object) -> None:  # noqa: ANN401
        try:
            spawner.order = read(options, sizes)
        except (ValueError, LookupError) as error:
            raise Refused(str(error.args[0])) from error

    c.Spawner.options_form = "start page"  # its text is the template spawn.html; a form there must be
    c.Spawner.options_from_form = options_from_form
    c.Spawner.apply_user_options = apply_options
