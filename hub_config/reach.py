"""What accounts other than this one can reach: asked by the installer and by the walls. Standard library only."""

import stat
from pathlib import Path

from hub_config.settings import ROOT, Settings


def obstacle(path: Path) -> Path | None:
    """What keeps other accounts from reading `path` (a folder: from entering it); None where nothing does.

    Both the path as it is written and the one its links lead to are looked at. What does not exist is no obstacle.
    """
    for way in (path.absolute(), path.resolve()):
        for step in reversed((way, *way.parents)):
            try:
                mode = step.stat().st_mode
            except FileNotFoundError:
                break
            if not mode & (stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH):
                return step
    return None


def blocked(settings: Settings) -> tuple[str, Path] | None:
    """What of this installation other accounts cannot reach, and what is in the way; folders of ours never are."""
    folders = settings.folders
    wanted = {
        "the repository": ROOT / "hub_config" / "__init__.py",
        "its environments": folders.environments,
        "the state folder": folders.state,
    }
    own = ours(settings)
    found = ((what, obstacle(path)) for what, path in wanted.items())
    return next(((what, step) for what, step in found if step is not None and step not in own), None)


def ours(settings: Settings) -> list[Path]:
    """Folders that this installation made and may open: those of state and environments, and those above them here."""
    found: dict[Path, None] = {}
    for folder in (settings.folders.state, settings.folders.environments):
        above = [parent for parent in folder.parents if parent.is_relative_to(ROOT) and parent != ROOT]
        found.update(dict.fromkeys([*reversed(above), folder]))
    return list(found)


def open_way(settings: Settings) -> None:
    """Lets other accounts pass through the folders of this installation; the state folder they cannot list."""
    for folder in ours(settings):
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
        wanted = 0o711 if folder == settings.folders.state else mode | 0o011
        if mode != wanted:
            folder.chmod(wanted)
