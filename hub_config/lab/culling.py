"""Tells people's servers after how many idle minutes a kernel ends; one that works never does, watched or not.

Whether an open page counts as work is said in hub_config/server: it does not.
"""

from typing import Any

from hub_config.settings import Settings


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Adds the time of imagine.toml to what every server is started with."""
    if settings.idle.kernel_minutes <= 0:
        return
    seconds = max(1, round(settings.idle.kernel_minutes * 60))
    often = max(1, min(300, seconds // 4))
    c.Spawner.args.extend(
        [f"--MappingKernelManager.cull_idle_timeout={seconds}", f"--MappingKernelManager.cull_interval={often}"]
    )
