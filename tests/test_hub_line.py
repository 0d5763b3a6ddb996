"""The line before the start of a server: who comes next, what people are told, and that no place is ever lost."""

import asyncio
import contextlib

import pytest

from hub_config import line

PLENTY = 2**40


@contextlib.asynccontextmanager
async def waiting(here, *names):
    """Tasks of `names`, who ask for a turn in this order; each holds it until its event is set."""
    done = {name: asyncio.Event() for name in names}
    came = []

    async def want(name):
        async with here.turn(name):
            came.append(name)
            await done[name].wait()

    tasks = {}
    for name in names:
        tasks[name] = asyncio.create_task(want(name))
        await asyncio.sleep(0)
    try:
        yield tasks, done, came
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def run(test):
    asyncio.run(asyncio.wait_for(test, 20))


def test_so_many_start_at_once_and_the_rest_comes_in_order():
    async def watch():
        here = line.Line(2, lambda: PLENTY)
        async with waiting(here, "a", "b", "c", "d", "e") as (_, done, came):
            assert came == ["a", "b"]
            assert [here.place(name) for name in "abcde"] == [0, 0, 1, 2, 3]
            done["b"].set()
            await settle()
            assert came == ["a", "b", "c"]
            assert here.sentence("d") == "You are 1st in line; your server starts by itself."
            assert here.sentence("a") == ""
            for event in done.values():
                event.set()
            await settle()
            assert came == list("abcde")
            assert here.waiting == 0

    run(watch())


def test_who_gives_up_in_the_line_frees_the_place_for_those_behind():
    async def watch():
        here = line.Line(1, lambda: PLENTY)
        async with waiting(here, "a", "b", "c") as (tasks, done, came):
            tasks["b"].cancel()
            await settle()
            assert here.place("c") == 1
            done["a"].set()
            await settle()
            assert came == ["a", "c"]

    run(watch())


def test_who_gives_up_or_fails_while_starting_lets_the_next_one_start():
    async def watch():
        here = line.Line(1, lambda: PLENTY)
        async with waiting(here, "a", "b") as (tasks, done, came):
            tasks["a"].cancel()
            await settle()
            assert came == ["a", "b"]
            failing = asyncio.create_task(fail(here))
            await settle()
            async with waiting(here, "c") as (_, _, came_then):
                done["b"].set()
                with pytest.raises(OSError, match="no home"):
                    await failing
                await settle()
                assert came_then == ["c"]

    async def fail(here):
        async with here.turn("x"):
            raise OSError("no home")

    run(watch())


def test_who_is_called_and_gives_up_in_the_same_moment_takes_no_place_along():
    async def watch():
        here = line.Line(1, lambda: PLENTY)
        async with waiting(here, "a", "b", "c") as (tasks, done, came):
            done["a"].set()
            tasks["a"].add_done_callback(lambda _: tasks["b"].cancel())
            await settle()
            assert came[-1] == "c"

    run(watch())


def test_a_full_machine_lets_nobody_start_until_there_is_room(monkeypatch):
    monkeypatch.setattr(line, "AGAIN", 0.01)
    free = line.NEEDED * 2

    async def watch():
        nonlocal free
        here = line.Line(8, lambda: free)
        async with waiting(here, "a", "b", "c") as (_, _, came):
            assert came == ["a", "b"]
            assert here.sentence("c").startswith("The machine's memory is full. You are 1st in line")
            free = line.NEEDED * 3
            while here.waiting:  # noqa: ASYNC110 - memory tells nobody that it is free
                await asyncio.sleep(0.01)
            await settle()
            assert came == ["a", "b", "c"]

    run(watch())


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")]
)
def test_places_are_said_as_people_say_them(number, said):
    assert line.ordinal(number) == said


def test_free_memory_is_what_the_container_has_left_where_it_has_less_than_the_machine(tmp_path, monkeypatch):
    files = [tmp_path / name for name in ("memory.max", "memory.current", "memory.stat")]
    for file, text in zip(files, ("1000000\n", "700000\n", "anon 1\ninactive_file 50000\n"), strict=True):
        file.write_text(text)
    monkeypatch.setattr(line, "_LIMITS", (tuple(map(str, files)),))
    assert line.free_memory() == 350_000
    files[0].write_text("max\n")
    assert line.free_memory() > 2**20
