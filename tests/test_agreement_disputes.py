"""What authors differ in, in the order of its weight, and how a judge's word ends it without losing anybody's."""

from dataclasses import replace

import pytest

from imagine_kernels.records import Annotation, Opinion, Region
from imagine_kernels.shapes import Box
from imagine_widgets.agreement import agree, disputes, edits, settle

EARLY = "2026-01-01T00:00:00+00:00"


def said(author, *regions, sample="s"):
    return Annotation(sample, regions, author, EARLY)


def box(label, x=0, name=None, **more):
    return Region(label, shape=Box(x, 0, 20, 20), **more, **({"id": name} if name else {}))


@pytest.fixture
def told():
    """Of everything one: a label that differs, a shape that one missed, one placed otherwise, one that is unsure."""
    return [
        said("ada", box("cod", 0, "a1"), box("cod", 100), box("cod", 200), box("eel", 300), box("hake", 400)),
        said("bob", box("ling", 0, "b1"), box("cod", 205), box("eel", 300, state="uncertain"), box("hake", 401)),
        said("ada", Region("copepod"), sample="t"),
        said("bob", Region("copepod"), sample="t"),
        said("eve", Region("krill"), sample="t"),
    ]


def test_most_serious_come_first_each_thing_once_with_a_sentence(told):
    found = disputes(told)
    assert [one.kind for one in found] == ["label", "label", "missing", "place", "unsure"]
    assert [one.said for one in found] == [
        "ada calls it cod, bob calls it ling.",
        "ada and bob call it copepod, eve calls it krill.",
        "ada drew cod, bob did not.",
        "cod: the shapes of ada and bob overlap by 60% only.",
        "bob cannot tell: eel?",
    ]
    assert found[0].weight > found[1].weight  # of two people, both; of three, one
    assert found[2].regions["bob"] == ()
    assert len({one.sample_id for one in found}) == 2


def test_shapes_that_only_touch_are_one_question_with_both_drawn():
    apart = [said("ada", box("cod", 0), box("cod", 100)), said("bob", box("cod", 13), box("cod", 119.9))]
    assert agree(apart).drawn.things == 4
    found = disputes(apart)
    assert sorted((one.kind, one.said) for one in found) == [
        ("missing", "ada drew cod, bob did not."),
        ("missing", "bob drew cod, ada did not."),
        ("place", "cod: the shapes of ada and bob overlap by 21% only."),
    ]


def test_everybody_of_one_mind_leaves_nothing_to_judge(told):
    assert disputes(one for one in told if one.author == "ada") == []
    assert disputes([said("ada", box("cod")), said("bob", box("cod", 1))]) == []
    assert [one.kind for one in disputes([said("ada", box("cod")), said("bob", box("cod", 1))], close=0.99)] == [
        "place"
    ]


def test_judge_agrees_with_one_and_what_the_others_said_stays(told):
    first = disputes(told)[0]
    judged = settle(first, "eve", "ling")
    (region,) = judged.regions
    assert (judged.sample_id, judged.author, region.label, region.state, region.id) == (
        "s",
        "eve",
        "ling",
        "accepted",
        "b1",
    )
    assert {(one.label, one.author) for one in region.opinions} == {("cod", "ada"), ("ling", "bob")}
    assert all(isinstance(one, Opinion) for one in region.opinions)


def test_judge_says_something_else_draws_it_anew_or_sees_nothing(told):
    first, missed = disputes(told)[0], disputes(told)[2]
    (other,) = settle(first, "eve", "pollack").regions
    assert (other.label, other.state, other.score, other.scores) == ("pollack", "corrected", None, {})
    (drawn,) = settle(missed, "eve", box("cod", 95)).regions
    assert (drawn.shape.x, drawn.state) == (95, "corrected")
    (nothing,) = settle(missed, "eve", None).regions
    assert (nothing.label, nothing.state) == ("cod", "rejected")


def test_what_is_settled_leaves_the_list_and_counts_as_nobodys_opinion(told):
    before, judged = agree(told, draws=0), []
    while open_ones := disputes([*told, *judged]):
        first = open_ones[0]
        onto = next((one for one in judged if one.sample_id == first.sample_id), None)
        judged = [one for one in judged if one is not onto]
        label = next(regions[0].label for regions in first.regions.values() if regions)
        judged.append(settle(first, "eve", label, onto=onto))
    assert sum(len(one.regions) for one in judged) == 5
    assert agree([*told, *judged], draws=0) == before


def test_what_was_settled_of_another_sample_or_by_another_judge_is_not_added_to(told):
    first, second = disputes(told)[:2]
    with pytest.raises(ValueError, match="name the same of both"):
        settle(second, "eve", "krill", onto=settle(first, "eve", "cod"))
    with pytest.raises(ValueError, match="nothing to settle"):
        settle(replace(first, regions={"ada": (), "bob": ()}), "eve", "cod")


def test_store_holds_the_judges_word_alone_and_everybodys_in_its_history(told, tmp_path):
    from imagine_widgets.store import Put, Store

    store = Store(tmp_path / "project.labels")
    store.write(Put(one.sample_id, r, one.author, at=one.at) for one in told for r in one.regions)
    assert {held.region.label for held in store.current("s")} == {"cod", "ling", "eel", "hake"}
    first = disputes(store.annotations())[0]
    store.write(edits(first, settle(first, "eve", "pollack")))
    at_place = [held for held in store.current("s") if held.region.shape.x == 0]
    assert [(held.region.label, held.author) for held in at_place] == [("pollack", "eve")]
    assert {"cod", "ling", "pollack"} <= {held.region.label for held in store.regions("s") if held.region}
    assert "ada calls it cod" not in {one.said for one in disputes(store.annotations())}
