"""Addresses of the service → models: /phytoplankton/ is the first of a use case, /phytoplankton/culture/ by name."""

from dataclasses import dataclass

from imagine_kernels import use_case
from imagine_kernels.records import Json
from imagine_kernels.use_case import Model, UseCase


@dataclass(frozen=True)
class Asked:
    """A model of a use case."""

    case: UseCase
    model: Model

    @property
    def version(self) -> str:
        """How Label Studio names the model with its weights; the bridge names what it pushes the same."""
        return f"{self.model.name}@{self.model.sha256[:8]}"

    @property
    def title(self) -> str:
        """What a person reads."""
        return f"{self.case.title}: {self.model.title}"


def find(path: str) -> Asked:
    """The model at an address such as "phytoplankton/culture". Raises LookupError with a sentence."""
    name, _, model = path.strip("/").partition("/")
    case = use_case.get(name)
    return Asked(case, case.model(model or None))


def every() -> list[Json]:
    """Every model there is, and where it answers."""
    found = [Asked(case, model) for case in use_case.every() for model in case.models]
    return [
        {"address": f"{one.case.name}/{one.model.name}/", "title": one.title, "model_version": one.version}
        for one in found
    ]
