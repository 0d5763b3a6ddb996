"""Labels for tasks that exist: new ones are made, a person's newer one takes the place of her older, undone ones go."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tqdm.auto import tqdm

from imagine_kernels.records import Annotation
from imagine_widgets.label_studio import tasks
from imagine_widgets.label_studio.cargo import Cargo
from imagine_widgets.label_studio.pictures import MANY
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.wire import Made, Project

NOTED = 40
"""Labels between two notes in the journal."""


def send(server: Server, project: Project, cargo: Cargo, there: Mapping[str, int]) -> None:
    """Bring the labels of the tasks in `there` up to what holds in the journal."""
    waiting = [annotation for annotation in cargo.unsent if annotation.sample_id in there]
    recalled = cargo.journal.recalled() if cargo.journal is not None else ()
    if not waiting and not recalled:
        return
    made: dict[int, list[Made]] = defaultdict(list)
    for one in server.annotations(project):
        made[one.task].append(one)
    _recall(server, project, cargo, [(a, made[there[a.sample_id]] if a.sample_id in there else []) for a in recalled])
    with tqdm(total=len(waiting), desc="Labels to Label Studio", unit="label", disable=len(waiting) < MANY) as bar:
        for start in range(0, len(waiting), NOTED):
            for annotation in waiting[start : start + NOTED]:
                task = there[annotation.sample_id]
                _deliver(server, project, task, annotation, made[task])
                bar.update()
            cargo.note_sent(waiting[start : start + NOTED])


def _deliver(server: Server, project: Project, task: int, annotation: Annotation, made: Sequence[Made]) -> None:
    """Never over a label that a person made or changed there: hers stays, this one lies beside it."""
    new = tasks.new_annotation(annotation)
    new["import_id"] = tasks.stamp(new["result"])
    if any(m.import_id == new["import_id"] or _came_from(m, annotation, project) for m in made):
        return
    older = next((m for m in made if tasks.sent_by(m) == annotation.author), None)
    if older is not None:
        server.change_annotation(older, new)
    else:
        new["unique_id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{project.id}/{annotation.id}"))
        server.add_annotation(task, new)


def _recall(server: Server, project: Project, cargo: Cargo, recalled: Iterable[tuple[Annotation, list[Made]]]) -> None:
    for annotation, made in recalled:
        mark = tasks.stamp(tasks.new_annotation(annotation)["result"])
        for m in made:
            if (m.import_id == mark and tasks.is_untouched(m)) or tasks.identity(project, m) == annotation.id:
                server.delete_annotation(m)
        if cargo.journal is not None:
            cargo.journal.mark_recalled([annotation.id])


def _came_from(made: Made, annotation: Annotation, project: Project) -> bool:
    """Whether the journal has this from there: pulled, and not noted as lying there because the kernel was killed."""
    if annotation.tool != tasks.TOOL:
        return False
    regions = {region.id for region in annotation.regions}
    return tasks.identity(project, made) == annotation.id or any(item.get("id") in regions for item in made.result)
