"""What no widget may stumble over: pictures of every kind, broken, vast and vanishing ones, thousands of classes."""

import os

import numpy as np
import pytest
import tifffile
from house import until
from PIL import Image
from playwright.sync_api import expect

pytest_plugins = ["widgets_page"]
pytestmark = pytest.mark.browser

SIDE, TILE = 60_000, 512
NOISE = np.random.default_rng(3).integers(0, 255, (300, 400, 3), np.uint8)


def vast(path, side=SIDE):
    """A square of which only the tiles on the diagonal are in the file."""
    tile, many = np.full((TILE, TILE), 200, np.uint8), -(-side // TILE)
    tiles = (tile if i % many == i // many else None for i in range(many * many))
    tifffile.imwrite(path, tiles, shape=(side, side), dtype=np.uint8, tile=(TILE, TILE))


def strange(folder):
    """Files that are pictures, and how many pixels they have; then one that is none."""
    Image.fromarray(NOISE[:1, :1]).save(folder / "one.png")
    vast(folder / "vast.tif")
    Image.fromarray(NOISE[:, :, 0].astype(np.uint16) * 250).save(folder / "sixteen.png")
    holes = NOISE[:, :, 0].astype(np.float32) / 255
    holes[50:90, 50:90] = np.nan
    tifffile.imwrite(folder / "holes.tif", holes)
    Image.fromarray(NOISE).convert("CMYK").save(folder / "print.jpg")
    Image.fromarray(NOISE).convert("P").save(folder / "palette.png")
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(NOISE).save(folder / "turned.jpg", exif=exif)
    tifffile.imwrite(folder / "cut.tif", np.tile(NOISE[:256, :256, 0], (4, 4)), tile=(256, 256))
    (folder / "cut.tif").write_bytes((folder / "cut.tif").read_bytes()[:500_000])
    sizes = {"vast.tif": (SIDE, SIDE), "turned.jpg": (300, 400)}
    names = ["vast.tif", "sixteen.png", "holes.tif", "print.jpg", "palette.png", "turned.jpg", "one.png", "cut.tif"]
    return {name: sizes.get(name, (400, 300)) for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("strange")


@pytest.fixture(scope="module")
def files(folder):
    return strange(folder)


def samples(folder, files):
    return "[" + ",".join(f"Sample({n!r}, {str(folder / n)!r}, {w}, {h})" for n, (w, h) in files.items()) + "]"


def draw_in_the_middle(one, name):
    """A box; whether it is in the store: while the next picture is on its way, nothing can be drawn."""
    box = one.place.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    one.page.mouse.move(x, y)
    one.page.mouse.down()
    one.page.mouse.move(x + 30, y + 30, steps=3)
    one.page.mouse.up()
    one.saved()
    return one.store.current(name)


def test_pictures_of_every_kind_are_shown_or_told_in_a_sentence_and_labelled(show, folder, files):
    one = show("Labeler", source=f"Labeler({samples(folder, files)}, labels, {{more}})")
    for number, name in enumerate(files, 1):
        expect(one.cell.locator(".im-where")).to_have_text(f"{number} of {len(files)}")
        expect(one.cell.locator(".im-name")).to_have_text(name)
        why = one.cell.locator(".im-why")
        if name in ("one.png", "cut.tif"):
            expect(why).to_contain_text(name)
        else:
            expect(why).to_be_hidden()
            expect(one.cell.locator(READY)).to_be_visible()
            one.press("b")
            until(lambda name=name: draw_in_the_middle(one, name))
        one.press("PageDown")
    shapes = {sample: one.store.current(sample)[0].region.shape for sample in one.store.changed()[1] if one.saved()}
    assert set(shapes) == set(files) - {"one.png", "cut.tif"}
    for name, shape in shapes.items():
        width, height = files[name]
        assert shape.x + shape.width / 2 == pytest.approx(width / 2, rel=0.2)
        assert shape.y + shape.height / 2 == pytest.approx(height / 2, rel=0.2)
    one.says_nothing_is_wrong()


READY = ".im-stage[data-loaded=true]"


def test_a_grid_of_strange_pictures_tells_below_each_what_is_wrong(show, folder, files):
    source = f"Grid({samples(folder, files)}, [], labels, {{more}})"
    one = show("Grid", source=source)
    expect(one.cell.locator(".im-cell img")).to_have_count(len(files) - 2)
    told = one.cell.locator(".im-broken").all_inner_texts()
    assert sorted(words.split()[0] for words in told) == ["cut.tif", "one.png"]
    one.press("Control+a", "2")
    assert set(one.saved().values()) == {"debris"}
    assert len(one.saved()) == len(files)
    one.says_nothing_is_wrong()


def test_a_file_that_vanishes_while_it_is_seen_is_told_and_the_labels_stay(show, tmp_path):
    file = tmp_path / "going.tif"
    vast(file, 30_000)
    one = show("Labeler", source=f"Labeler([Sample('going', {str(file)!r}, 30_000, 30_000)], labels, {{more}})")
    os.truncate(file, 20_000)
    one.press("+", "+", "+", "+", "+", "+")
    expect(one.cell.locator(".im-why")).to_contain_text("going.tif")
    one.press("b")
    box = one.place.bounding_box()
    one.page.mouse.move(box["x"] + 50, box["y"] + 50)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + 90, box["y"] + 90, steps=3)
    one.page.mouse.up()
    assert len(one.saved()) == 1
    file.unlink()
    one.press("h", "u")
    assert one.saved() == {}
    one.says_nothing_is_wrong()


@pytest.mark.parametrize("name", ["Grid", "Labeler", "Sound", "Video"])
def test_five_thousand_classes_are_searched_by_letters_and_few_are_drawn(show, name):
    made = {
        "Grid": "Grid(samples, [], {}, {{more}})",
        "Labeler": "Labeler([wide], {}, {{more}})",
        "Sound": "Sound(folder + '/sound.wav', {}, {{more}})",
        "Video": "Video(folder + '/film.mp4', {}, {{more}})",
    }[name]
    many = "[*labels, *(Label(f's{{i}}', f'Species number {{i}}') for i in range(5000))]"
    one = show(name, source=made.format(many))
    if name == "Labeler":
        one.press("b")
        box = one.place.bounding_box()
        one.page.mouse.move(box["x"] + 300, box["y"] + 200)
        one.page.mouse.down()
        one.page.mouse.move(box["x"] + 350, box["y"] + 250, steps=2)
        one.page.mouse.up()
    elif name != "Grid":
        one.press("n")
    one.press("/")
    one.page.keyboard.type("number 4987")
    assert one.root.locator("*").count() < 700
    one.press("Enter")
    found = one.saved()
    assert [getattr(label, "label", label) for label in found.values()] == ["s4987"]
    one.press("/")
    one.page.keyboard.type("<img")
    expect(one.root.get_by_role("option").first).to_contain_text("<img src=x onerror=pwned=1>")
    one.press("Escape", "Escape")
    assert one.page.evaluate("window.pwned") is None
    one.says_nothing_is_wrong()
