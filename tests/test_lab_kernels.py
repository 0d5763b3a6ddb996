"""Kernels of a person's server that begin slowly: seen while they wait, stopped at will, never failing in silence."""

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime

import pytest
import slow_start
from jupyter_client.kernelspec import KernelSpecManager
from slow_start import SlowStart
from tornado import web

from hub_config.lab.kernels import Kernels
from hub_config.lab.watch import Watch


@pytest.fixture
def specs(tmp_path):
    """One kernelspec whose starts SlowStart lets through."""
    folder = tmp_path / "kernels" / "slow"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    metadata = {"kernel_provisioner": {"provisioner_name": slow_start.NAME}}
    spec = {"argv": argv, "display_name": "Slow", "language": "python", "metadata": metadata}
    (folder / "kernel.json").write_text(json.dumps(spec))
    return KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")], ensure_native_kernel=False)


@pytest.fixture
def within(specs, tmp_path, monkeypatch):
    """Runs what happens on a server with fresh kernels, and shuts all of them down at its end."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "run"))

    def run(story):
        async def whole():
            slow_start.register()
            kernels = Kernels(
                kernel_spec_manager=specs,
                default_kernel_name="slow",
                patience=0.2,
                connection_dir=str(tmp_path),
                root_dir=str(tmp_path),
            )
            try:
                await story(kernels)
            finally:
                await kernels.shutdown_all(now=True)
            assert not kernels.list_kernel_ids()

        asyncio.run(asyncio.wait_for(whole(), 60))

    return run


async def until(question):
    while not question():  # noqa: ASYNC110 - Jupyter tells nobody
        await asyncio.sleep(0.02)


async def alive(kernels, kernel_id):
    await until(kernels.get_kernel(kernel_id).ready.done)
    return await kernels.get_kernel(kernel_id).is_alive()


def test_a_kernel_that_waits_is_there_and_runs_once_it_is_let_through(within):
    async def story(kernels):
        SlowStart.gate.clear()
        kernel_id = await kernels.start_kernel()
        assert [one["id"] for one in kernels.list_kernels()] == [kernel_id]
        assert kernels.facts()[kernel_id].failed == ""
        SlowStart.gate.set()
        assert await alive(kernels, kernel_id)

    within(story)


def test_a_kernel_that_is_stopped_while_it_waits_gives_up_its_place(within):
    async def story(kernels):
        SlowStart.gate.clear()
        kernel_id = await kernels.start_kernel()
        await asyncio.gather(*(kernels.shutdown_kernel(kernel_id) for _ in range(2)), return_exceptions=True)
        assert SlowStart.gone == 1
        assert kernel_id not in kernels
        with pytest.raises(web.HTTPError):
            await kernels.shutdown_kernel(kernel_id)

    within(story)


def test_a_server_that_ends_does_not_wait_for_those_who_wait(within):
    async def story(kernels):
        SlowStart.gate.clear()
        await asyncio.gather(*(kernels.start_kernel() for _ in range(3)))
        await kernels.shutdown_all()
        assert SlowStart.gone == 3

    within(story)


def test_a_start_that_is_refused_at_once_is_an_error_of_the_request(within):
    async def story(kernels):
        SlowStart.refusal = "You hold 1 of 1 cards."
        with pytest.raises(PermissionError, match="1 of 1 cards"):
            await kernels.start_kernel()
        assert kernels.facts() == {}

    within(story)


def test_a_start_that_is_refused_later_is_told_and_can_be_tried_again(within):
    async def story(kernels):
        SlowStart.gate.clear()
        SlowStart.refusal = "The lender of cards has gone."
        kernel_id = await kernels.start_kernel()
        SlowStart.gate.set()
        await until(kernels.get_kernel(kernel_id).ready.done)
        assert kernels.facts()[kernel_id].failed == "The lender of cards has gone."
        SlowStart.refusal = ""
        await kernels.restart_kernel(kernel_id)
        assert await alive(kernels, kernel_id)
        assert kernels.facts()[kernel_id].failed == ""

    within(story)


def test_a_restart_that_waits_can_be_stopped(within):
    async def story(kernels):
        kernel_id = await kernels.start_kernel()
        assert await alive(kernels, kernel_id)
        SlowStart.gate.clear()
        restart = asyncio.ensure_future(kernels.restart_kernel(kernel_id))
        await until(lambda: SlowStart.waiting == 2)
        await kernels.shutdown_kernel(kernel_id)
        assert SlowStart.gone == 1
        with pytest.raises(ChildProcessError, match="stopped"):
            await restart

    within(story)


def test_a_silent_cell_keeps_the_server_alive_and_only_an_idle_kernel_is_culled(within):
    async def story(kernels):
        kernels.cull_idle_timeout, kernels.cull_interval, kernels.cull_connected = 600, 1, True
        busy, idle = await kernels.start_kernel(), await kernels.start_kernel()
        kernels.notify_connect(idle)  # a page is open on it
        client = kernels.get_kernel(busy).client()
        client.start_channels()
        try:
            while kernels.get_kernel(busy).execution_state != "idle":  # the server does not hear it from the first word
                client.kernel_info()
                await asyncio.sleep(0.1)
            client.execute("import time\ntime.sleep(60)")
            await until(lambda: kernels.facts()[busy].busy)
            kernels.cull_idle_timeout = 3  # before, a kernel that takes its time to start would have been idle
            times = {}
            await Watch(kernels, times, logging.getLogger()).look()
            assert (datetime.now(UTC) - times["imagine_busy_kernel"]).total_seconds() < 60
            await until(lambda: idle not in kernels)
            assert busy in kernels
        finally:
            client.stop_channels()

    within(story)


def test_idle_kernels_are_no_sign_of_life(within):
    async def story(kernels):
        kernel_id = await kernels.start_kernel()
        assert await alive(kernels, kernel_id)
        times = {}
        await Watch(kernels, times, logging.getLogger()).look()
        assert times == {}

    within(story)


@pytest.mark.parametrize(("minutes", "expected"), [(0.0, None), (0.1, (6, 1)), (90.0, (5400, 300))])
def test_the_minutes_of_the_settings_are_what_a_server_culls_by(minutes, expected):
    from dataclasses import replace

    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

    from hub_config import settings
    from hub_config.lab import culling

    known, c = settings.load(), Config()
    c.Spawner.args = ["--allow-root"]
    culling.apply(c, replace(known, idle=replace(known.idle, kernel_minutes=minutes)))
    server = ServerApp()
    server.parse_command_line(c.Spawner.args)
    kernels = Kernels(config=server.config)
    assert (kernels.cull_idle_timeout, kernels.cull_interval) == (expected or (0, kernels.cull_interval_default))
    assert not kernels.cull_busy
