"""What the banner above a notebook says, word by word, run as the browser runs it."""

import json
import subprocess

import pytest

from hub_config import lab, proxy, settings

WORDS = f"{lab.__path__[0]}/labextension/imagine-cards/static/words.js"
PROGRAM = f"""
import * as words from {json.dumps(WORDS)};
const asked = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(asked.map(([name, args]) => words[name](...args))));
"""
MARA = {"user": "mara", "mine": False, "cards": ["A100"], "held": 2300.0}


def say(*asked):
    """The answers of words.js to questions, each a function's name and what it is given."""
    node = str(proxy.node(settings.load()))
    command = [node, "--input-type=module", "--eval", PROGRAM]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_numbers_and_times_are_said_as_people_say_them():
    places = {
        1: "1st",
        2: "2nd",
        3: "3rd",
        4: "4th",
        11: "11th",
        12: "12th",
        13: "13th",
        21: "21st",
        102: "102nd",
        111: "111th",
    }
    spans = {0: "under a minute", 59: "under a minute", 60: "1 min", 3599: "59 min", 3600: "1 h", 7500: "2 h 5 min"}
    clocks = {-3: "0:00", 0: "0:00", 0.2: "0:01", 59.5: "1:00", 247: "4:07", 3600: "60:00"}
    asked = [("ordinal", places), ("span", spans), ("countdown", clocks)]
    said = say(*((name, [number]) for name, table in asked for number in table))
    assert said == [words for _, table in asked for words in table.values()]


def test_who_waits_reads_the_place_why_and_who_holds():
    waiting = {"is": "waiting", "place": 2, "of": 3, "why": "all graphics cards are lent"}
    alone = {**waiting, "place": 1, "of": 1, "why": ""}
    first, second = say(("sentences", [waiting, [MARA, {**MARA, "mine": True}]]), ("sentences", [alone, []]))
    assert first["title"] == "2nd of 3 in line for a graphics card"
    assert first["text"].startswith("All graphics cards are lent. Your kernel starts by itself")
    assert first["list"][0].startswith("mara has had A100 since ")
    assert first["list"][0].endswith(" (38 min).")
    assert first["list"][1].startswith("You have had A100")
    assert second["title"] == "Next in line for a graphics card"
    assert second["text"].startswith("Your kernel starts by itself")


@pytest.mark.parametrize("kernel", [None, {"is": "holding", "cards": ["A100"], "held": 3.0, "left": None}])
def test_of_a_kernel_that_quietly_works_nothing_is_said(kernel):
    assert say(("sentences", [kernel, [MARA]])) == [None]


def test_a_warning_without_time_left_is_still_a_warning():
    (said,) = say(("sentences", [{"is": "holding", "cards": ["A100"], "held": 3.0, "left": 0.0}, []]))
    assert said["title"] == "The graphics card goes back in 0:00"


def test_a_lost_card_and_a_failed_start_say_what_to_do_or_why():
    lost, failed = say(
        ("sentences", [{"is": "lost", "why": "idle since 10:42 UTC"}, []]),
        ("sentences", [{"is": "failed", "why": "Nobody answers who lends the graphics cards."}, []]),
    )
    assert lost["text"].startswith("Idle since 10:42 UTC. ")
    assert "files are safe, variables are lost" in lost["text"]
    assert failed["text"] == "Nobody answers who lends the graphics cards."
