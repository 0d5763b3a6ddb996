"""What a person does in the labeler beyond drawing: more labels, favourites, the whole picture, holes, all by keys."""

import re

import pytest
from playwright.sync_api import expect

from imagine_kernels.shapes import Box, Polygon, RotatedBox

pytest_plugins = ["labeler_page"]
pytestmark = pytest.mark.browser


def says(labeling, text):
    expect(labeling.cell.get_by_role("status")).to_have_text(text)


def row(labeling, text):
    return labeling.cell.locator(".im-label", has_text=text)


def test_a_region_has_several_labels_they_are_seen_last_and_are_undone(labeling):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    labeling.press("Shift+Digit2")
    row(labeling, "عوالق").get_by_title("give it to the region, too").click()
    [region] = labeling.saved()
    assert (region.label, [one.label for one in region.opinions]) == ("Tripos", ["debris", "arabic"])
    assert {one.author for one in region.opinions} == {"ada"}
    assert labeling.stage.locator(".im-words").text_content() == "Tripos + Debris + عوالق نباتية"
    labeling.press("Escape", "Escape")
    expect(labeling.stage.locator(".im-more")).to_have_count(2)
    again = labeling.again()
    drawn = again.cell.locator(".im-region", has_text="Tripos + Debris + عوالق نباتية")
    drawn.click()
    again.press("Shift+Digit1")
    [region] = again.saved()
    assert (region.label, [one.label for one in region.opinions]) == ("debris", ["arabic"])
    again.press("u", "u")
    assert [one.label for one in again.saved()[0].opinions] == ["debris"]
    again.press("Shift+Digit2")
    assert again.saved()[0].opinions == ()
    says(again, "Debris taken away")
    again.press("/", *"499", "Shift+Enter")
    assert [one.label for one in again.saved()[0].opinions] == ["c499"]


def test_what_is_undone_is_done_again(labeling):
    labeling.press("b")
    labeling.drag((700, 100), (900, 260))
    [drawn] = labeling.saved()
    redo = labeling.cell.get_by_role("button", name="Redo")
    for undo, again in [("u", "Shift+U"), ("Control+z", "Control+y"), ("Control+z", "Control+Shift+z")]:
        labeling.press(undo)
        assert labeling.saved() == []
        labeling.press(again)
        assert labeling.saved() == [drawn]
    labeling.press("u")
    redo.click()
    assert labeling.saved() == [drawn]
    expect(redo).to_be_disabled()
    labeling.press("u")
    assert labeling.saved() == []
    again = labeling.again()
    again.press("Shift+U")
    assert again.saved() == [drawn]


def test_a_label_is_found_by_what_is_above_it_laid_on_a_key_and_stays_there(labeling):
    labeling.press("/", *"copep")
    expect(row(labeling, "Class 1").first).to_contain_text("Copepoda")
    labeling.press("ArrowDown", "Shift+Digit7", "Escape")
    says(labeling, "Class 1 lies on 7")
    again = labeling.again()
    again.look()
    expect(again.cell.locator(".im-label").first).to_have_text(re.compile("Class 1.*7"))
    again.press("7", "b")
    again.drag((700, 100), (900, 260))
    assert [one.label for one in again.saved()] == ["c1"]
    row(again, "Class 1").first.get_by_title("take it off its key").click()
    again.press("7")
    assert [one.label for one in again.saved()] == ["c2"]
    expect(again.cell.locator(".im-label").first).to_contain_text("Class 2")  # what was used last comes first


def test_the_whole_picture_is_labelled_changed_and_undone(labeling):
    labeling.press("2", "w")
    [whole] = labeling.saved()
    assert (whole.label, whole.shape) == ("debris", None)
    listed = labeling.cell.locator(".im-region").first
    expect(listed).to_contain_text("whole")
    labeling.press("1", "Shift+Digit2")
    [changed] = labeling.saved()
    assert (changed.id, changed.label, [one.label for one in changed.opinions]) == (whole.id, "Tripos", ["debris"])
    labeling.press("Delete")
    assert labeling.saved() == []
    labeling.press("u", "u", "u")
    assert labeling.saved() == [whole]
    labeling.press("Escape", ",", "Escape", ".")
    expect(listed).to_have_attribute("aria-selected", "true")


def test_what_nobody_can_tell_is_uncertain_by_one_key_until_it_is_accepted(labeling):
    labeling.press(".", "d")
    assert {one.id: one.state for one in labeling.saved()} == {"first": "uncertain"}
    expect(labeling.cell.locator(".im-region").first).to_contain_text("~")
    expect(labeling.cell.locator(".im-region").nth(1)).to_have_attribute("aria-selected", "true")
    labeling.press(",", "a")
    assert {one.id: one.state for one in labeling.saved()} == {"first": "accepted"}


def test_a_ruler_says_pixels_only_where_the_scale_is_not_known(labeling):
    labeling.press("PageDown")
    expect(labeling.cell.locator(".im-name")).to_have_text("deep.tif")
    labeling.wait_for_picture()
    labeling.calm()
    labeling.look()
    labeling.press("k")
    labeling.drag((300, 100), (600, 500))
    says(labeling, re.compile(r"^(49[89]|50[012])\.\d pixels, the scale of this picture is not known$"))


def test_a_hole_is_drawn_into_an_outline_changed_and_closed_and_nowhere_else(labeling):
    labeling.press("Shift+G")
    says(labeling, "Select an outline first: a hole is drawn into it")
    labeling.press("g")
    labeling.click((600, 100), (1000, 100), (1000, 500), (600, 500))
    labeling.press("Enter", "Shift+G")
    labeling.click((1100, 600), (1200, 600), (1200, 700))
    labeling.press("Enter")
    says(labeling, "A hole is drawn inside the selected outline")
    labeling.click((700, 200), (900, 200), (900, 400))
    labeling.press("Enter", "v")
    [outline] = labeling.saved()
    assert isinstance(outline.shape, Polygon)
    assert [len(hole) for hole in outline.shape.holes] == [3]
    labeling.drag((900, 400), (900, 450))
    [changed] = labeling.saved()
    assert changed.shape.holes[0][2] == pytest.approx((900, 450), abs=4)
    labeling.page.keyboard.down("Alt")
    labeling.click((700, 200))
    labeling.page.keyboard.up("Alt")
    assert labeling.saved()[0].shape.holes == ()


def test_boxes_outlines_and_moves_are_made_without_a_mouse(labeling):
    labeling.press("h", "b", "Enter", "Enter", *["ArrowRight"] * 10, *["ArrowDown"] * 5, "Enter")
    [box] = labeling.saved()
    assert isinstance(box.shape, Box)
    assert box.shape.width / box.shape.height == pytest.approx(2, abs=0.1)
    labeling.press("Alt+Shift+ArrowRight", "Control+d", "Alt+]")
    grown, double = labeling.saved()
    assert grown.shape.width > box.shape.width
    assert isinstance(double.shape, RotatedBox)
    assert (double.shape.width, double.shape.angle) == (grown.shape.width, 5)
    assert double.shape.x > grown.shape.x + grown.shape.width / 2
    labeling.press("g", "Enter", "ArrowLeft", "ArrowLeft", "Enter", "ArrowUp", "Enter", "Enter")
    outline = labeling.saved()[-1]
    assert isinstance(outline.shape, Polygon)
    labeling.press("Escape", "Escape", "v", "Enter", "Enter")
    says(labeling, "Taken: arrows move it, Enter lets it go")
    before = {one.id: one.shape for one in labeling.saved()}
    labeling.press("ArrowRight", "ArrowRight", "Enter", "Escape", "Escape")
    after = {one.id: one.shape for one in labeling.saved()}
    assert [after[id_] == shape for id_, shape in before.items()].count(False) == 1


def turn(labeling, key, name):
    labeling.press(key)
    expect(labeling.cell.locator(".im-name")).to_have_text(name)
    expect(labeling.stage).to_have_attribute("data-loaded", "true")


def test_a_region_is_copied_into_another_picture_beside_itself_and_taken_back_in_one_step(labeling):
    labeling.press("2", "b")
    labeling.drag((500, 300), (700, 400))
    labeling.press("Shift+Digit1", "Control+c", "Control+v")
    box, beside = labeling.saved()
    assert (beside.shape.width, beside.label) == (box.shape.width, "debris")
    assert beside.shape.x > box.shape.x
    labeling.press("u")
    turn(labeling, "PageDown", "deep.tif")
    labeling.press("Control+v")
    [pasted] = labeling.saved("deep")
    assert (pasted.shape, pasted.label, pasted.state) == (box.shape, "debris", "")
    assert pasted.id != box.id
    assert [one.label for one in pasted.opinions] == ["Tripos"]
    labeling.press("u")
    assert labeling.saved("deep") == []


def test_the_regions_of_the_picture_before_are_had_in_this_one_by_one_key(labeling):
    labeling.press("a", "a", "Escape", "Escape", "b")  # the second region of the model is open still: it is not hers
    labeling.drag((700, 100), (800, 160))
    labeling.press("e")
    labeling.drag((100, 550), (300, 650))
    labeling.press("g")
    labeling.click((20, 20), (1500, 20), (1500, 900))
    labeling.press("Enter")
    hers = labeling.saved()
    assert len(hers) == 4
    turn(labeling, "PageDown", "deep.tif")
    labeling.press("Shift+V")
    says(labeling, "3 pasted, 1 larger than this picture")
    pasted = labeling.saved("deep")
    assert [one.shape for one in pasted] == [one.shape for one in hers[:3]]
    assert {one.state for one in pasted} == {""}
    labeling.press("u")
    assert labeling.saved("deep") == []
    turn(labeling, "PageUp", "wide.png")
    labeling.press("Shift+V")
    says(labeling, re.compile("Come from the picture before"))
    labeling.press("Escape", "Escape", "Control+c")
    says(labeling, "4 copied")
