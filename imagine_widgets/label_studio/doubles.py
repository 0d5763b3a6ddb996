"""What lies there twice: a push that was cut off may have been heard by the server all the same, and done again."""

from collections import defaultdict
from collections.abc import Container

from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.wire import Project


def tasks_of(server: Server, project: Project) -> dict[str, int]:
    """The task of every sample. Of two for one sample the later goes, unless a person has worked on it."""
    found: dict[str, list[int]] = defaultdict(list)
    for task, sample in sorted(server.tasks(project)):
        if sample:
            found[sample].append(task)
    if all(len(twins) == 1 for twins in found.values()):
        return {sample: twins[0] for sample, twins in found.items()}
    worked = {made.task for made in server.annotations(project) if not tasks.is_untouched(made)}
    kept = {sample: min(twins, key=lambda task: (task not in worked, task)) for sample, twins in found.items()}
    spare = [t for sample, twins in found.items() for t in twins if t != kept[sample] and t not in worked]
    if spare:
        server.delete_tasks(project, spare)
    return kept


def versions_of(server: Server, project: Project, ours: Container[str]) -> set[tuple[int, str]]:
    """Task and version of every prediction. Of two alike the later goes, if it is of a version in `ours`."""
    found: set[tuple[int, str]] = set()
    for guess in sorted(server.guesses(project), key=lambda guess: guess.id):
        key = guess.task, guess.version
        if key in found and guess.version in ours:
            server.delete_guess(guess)
        found.add(key)
    return found
