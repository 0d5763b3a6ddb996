"""What lies there twice: a push that was cut off may have been heard by the server all the same, and done again."""

from collections import defaultdict
from collections.abc import Container

from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.slots import is_untouched
from imagine_widgets.label_studio.wire import Project


def tasks_of(server: Server, project: Project) -> dict[str, int]:
    """The task of every view. Of two for one view the later goes, unless a person has worked on it."""
    found: dict[str, list[int]] = defaultdict(list)
    for task, key in sorted(server.tasks(project)):
        if key:
            found[key].append(task)
    if all(len(twins) == 1 for twins in found.values()):
        return {key: twins[0] for key, twins in found.items()}
    worked = _worked(server, [task for twins in found.values() if len(twins) > 1 for task in twins])
    kept = {key: min(twins, key=lambda task: (task not in worked, task)) for key, twins in found.items()}
    spare = [t for key, twins in found.items() for t in twins if t != kept[key] and t not in worked]
    if spare:
        server.delete_tasks(project, spare)
    return kept


def _worked(server: Server, numbers: list[int]) -> set[int]:
    """Those of these tasks that hold anything we did not send."""
    tasks = [task for number in numbers if (task := server.task(number)) is not None]
    return {task.id for task in tasks for made in task.made if not is_untouched(task.key, made)}


def versions_of(server: Server, project: Project, ours: Container[str]) -> set[tuple[int, str]]:
    """Task and version of every prediction. Of two alike the later goes, if it is of a version in `ours`."""
    found: set[tuple[int, str]] = set()
    for guess in sorted(server.guesses(project), key=lambda guess: guess.id):
        key = guess.task, guess.version
        if key in found and guess.version in ours:
            server.delete_guess(guess)
        found.add(key)
    return found
