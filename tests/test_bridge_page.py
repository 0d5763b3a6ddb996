"""The labelling page: made of the classes, grown with them, never shrunk, and safe from whatever a class is called."""

import re
import warnings
from xml.etree import ElementTree as ET

import pytest
from bridge_world import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from imagine_kernels.use_case import Label
from imagine_widgets.label_studio import page

CLASSES = (
    Label("skeletonema", "Skeletonema costatum", 149142, "species", "s"),
    Label("chaetoceros", "Chaetoceros", 148985, "genus", "c"),
    Label("debris", "Debris", key="d"),
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(page.is_writable)


def choices(written):
    return [dict(choice.attrib) for choice in ET.fromstring(written).iter("Choice")]


@pytest.fixture(scope="module")
def rules():
    """Label Studio's own reading of a page: what its server checks predictions against."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from label_studio_sdk.label_interface import LabelInterface
    return LabelInterface


def test_a_choice_shows_the_title_and_stores_the_name_with_code_and_key():
    first, _, last = choices(page.page(CLASSES))
    assert first == {
        "value": "Skeletonema costatum",
        "alias": "skeletonema",
        "hint": "AphiaID 149142",
        "hotkey": "s",
    }
    assert "hint" not in last


def test_the_server_takes_predictions_of_every_hostile_class_and_of_no_other(rules):
    read = rules(page.page([Label(name, name) for name in HOSTILE]))
    read.validate()
    for name in HOSTILE:
        said = {"from_name": page.CONTROL, "to_name": page.IMAGE, "type": "choices", "value": {"choices": [name]}}
        assert read.validate_prediction({"result": [said]}, return_errors=True) == []
    said["value"] = {"choices": ["another"]}
    assert read.validate_prediction({"result": [said]}, return_errors=True) != []


@given(st.lists(st.tuples(names, names), min_size=1, max_size=8, unique_by=lambda pair: pair[0]))
def test_whatever_classes_are_called_the_page_offers_just_them(pairs):
    written = page.page([Label(name, title) for name, title in pairs])
    assert page.choices_of(written) == {name for name, _ in pairs}
    shown = [choice["value"] for choice in choices(written)]
    assert not any(re.search(r"\$\w", value) for value in shown), "the editor would show a task's data"
    assert not any(c.get("alias") in ("true", "false") for c in choices(written)), "the editor would not start"


def test_two_classes_of_one_title_are_told_apart():
    first, second = choices(page.page([Label("a", "Round"), Label("b", "Round")]))
    assert (first["value"], second["value"]) == ("Round", "Round (b)")


@pytest.mark.parametrize("key", ["ctrl+enter", "enter", "é", "ab", "", " ", "<"])
def test_a_key_the_page_needs_for_itself_is_left_to_label_studio(key):
    assert "hotkey" not in choices(page.page([Label("a", "A", key=key)]))[0]


def test_two_classes_with_one_key_give_it_to_the_first():
    first, second = choices(page.page([Label("a", "A", key="x"), Label("b", "B", key="X")]))
    assert (first.get("hotkey"), second.get("hotkey")) == ("x", None)


@pytest.mark.parametrize("name", ["", "  ", "bell\x07", "null\x00", "\ufffe"])
def test_a_name_that_no_page_can_hold_is_refused(name):
    with pytest.raises(ValueError, match="cannot stand on a labelling page"):
        page.page([Label(name, "Fine")])


def test_a_page_without_classes_is_refused():
    with pytest.raises(ValueError, match="at least one class"):
        page.page([])


def test_new_classes_are_added_and_nothing_that_was_there_changes():
    written = page.page(CLASSES[:2]).replace("Chaetoceros", "My own word for it")
    grown = page.grown(written, [CLASSES[2], CLASSES[1]])
    assert choices(grown)[:2] == choices(written)
    assert page.choices_of(grown) == {label.name for label in CLASSES}


def test_a_page_that_has_all_classes_is_not_touched():
    written = f"<!-- hers -->{page.page(CLASSES)}"
    assert page.grown(written, CLASSES[:1]) is written


def test_parts_that_a_person_added_to_the_page_stay():
    written = page.page(CLASSES[:1]).replace(
        "</View>", '<TextArea name="note" toName="image" placeholder="Anything odd?"/></View>'
    )
    assert "Anything odd?" in page.grown(written, CLASSES)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "<View>",
        "<View/>",
        '<View><Image name="image" value="$image"/></View>',
        '<View><Image name="image" value="$image"/><Choices name="label" toName="other"/></View>',
        '<View><Text name="text" value="$text"/><Choices name="label" toName="text"/></View>',
    ],
)
def test_a_page_without_a_place_for_classes_is_told_as_a_sentence(written):
    with pytest.raises(LookupError, match="put them back in its settings"):
        page.grown(written, CLASSES)
