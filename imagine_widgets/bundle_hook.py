"""The wheel holds the widgets' bundles: hatch calls this while it builds one."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):
    """Bundles before the files of the wheel are collected; `static/` is named in pyproject.toml as an artifact."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch names them
        """Raises OSError with a sentence where bundling fails."""
        sys.path.insert(0, self.root)
        try:
            from imagine_widgets import bundle

            self.app.display_info(bundle.make(Path(self.root) / "imagine_widgets"))
        finally:
            sys.path.remove(self.root)
