"""A model of the house, connected to a project: opening a task there asks it for predictions on the spot."""

from imagine_widgets.label_studio.connection import LabelStudioError
from imagine_widgets.label_studio.server import Server
from imagine_widgets.label_studio.wire import Project

PLACE = "/services/models/"


def connect(server: Server, project: Project, model: str) -> str | None:
    """Connect `model`, a use case or "use case/model", if it is not; why it could not be, as a sentence."""
    address = f"{PLACE}{model.strip('/')}/"
    try:
        if not any(one.endswith(address) for one in server.models(project)):
            server.add_model(project, address)
    except LabelStudioError as error:
        return f"Its predictions on the spot are not to be had: {error}."
    return None
