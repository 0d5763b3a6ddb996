"""`imagine labels` on what people hold: several authors, projects, hostile names, pictures that are not there."""

import json
import re

import numpy as np
import pytest
from browser import Visitor, chromium
from command import imagine, refusal
from PIL import Image

from imagine_kernels.records import Annotation, Prediction, Region, Sample
from imagine_kernels.shapes import (
    Box,
    Ellipse,
    Key,
    Line,
    Mask,
    Point,
    Polygon,
    RotatedBox,
    TimeFrequency,
    Track,
    bounds,
)
from imagine_kernels.sources import open_samples
from imagine_widgets import formats
from imagine_widgets.agreement import disputes, edits, settle
from imagine_widgets.agreement.stored import views
from imagine_widgets.formats import Labels
from imagine_widgets.overview import of_store, overview, write
from imagine_widgets.overview.drawing import part, view
from imagine_widgets.overview.sets import Set
from imagine_widgets.store import Drop, Put, Store, store_of

EVIL = '<img src="http://evil.example/x" onerror="document.title=1">'
EARLY = "2026-01-01T00:00:00+00:00"
SHAPES = (
    Point(50, 40),
    Line(((10, 10), (90, 60))),
    Box(20, 20, 30, 20),
    RotatedBox(50, 40, 30, 20, 30),
    Ellipse(50, 40, 20, 10, 15),
    Polygon(((10, 10), (60, 10), (60, 60)), (((40, 20), (50, 20), (50, 30)),)),
    Mask(30, 30, 4, 3, (1, 2, 2, 2, 5)),
    Track((Key(0, Box(5, 5, 10, 10)), Key(1, None))),
    TimeFrequency(1, 2),
)


def picture(path, width=120, height=80, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def store(tmp_path):
    """A project: three people on eight pictures, one of them on a plate with boxes, names of every script."""
    store = Store(tmp_path / "project.labels")
    samples = [Sample(f"{n}.png", str(picture(tmp_path / f"{n}.png", seed=n)), 120, 80) for n in range(8)]
    store.know(samples)
    said = [("ada", "cod"), ("بحر", "cod"), (EVIL, EVIL)]
    puts = [Put(s.id, Region(label), author, at=EARLY) for s in samples[:6] for author, label in said]
    puts[0] = Put("0.png", Region("cod", state="uncertain"), "ada", at=EARLY)
    puts += [Put("7.png", Region("cod", shape=Box(10 + shift, 10, 40, 30)), a) for a, shift in (("ada", 0), ("bo", 12))]
    store.write(puts)
    return store


def test_figures_of_a_project_are_told_as_a_table_and_as_json(store):
    said = imagine("labels", store.path)
    assert said.code == 0, said.err
    assert "Labels of a project: 20 labels of people and 0 of models of 8 samples" in said.out
    assert re.search(r"whole samples: same label +0\.33", said.out)
    assert "7 to settle, the most serious first:" in said.out
    assert re.search(r"7\.png: cod: the shapes of ada and bo overlap by 5\d% only\.", said.out)
    found = json.loads(imagine("labels", store.path, "--json").out)
    assert found["format"] == "store"
    assert found["author"] == {"ada": 7, "بحر": 6, EVIL: 6, "bo": 1}
    assert found["agreement"]["whole"]["kappa"]["value"] == pytest.approx((1 / 3 - 5 / 9) / (4 / 9))
    assert found["agreement"]["drawn"]["pairs"][0]["both"] == 1
    assert [one["kind"] for one in found["disputes"]] == ["label"] * 6 + ["place"]
    assert found["unlabelled"] == 1


def test_a_page_asks_nobody_fits_a_phone_and_runs_nothing(store, tmp_path):
    page = tmp_path / "page.html"
    assert imagine("labels", store.path, "--html", page).code == 0
    html = page.read_text("utf-8")
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("<image ") >= 8
    with chromium() as browser:
        for dark, width in ((False, 1280), (True, 390)):
            visitor, errors, asked = Visitor(browser, tmp_path, dark=dark, size=(width, 800)), [], []
            visitor.page.on("console", lambda message, seen=errors: seen.append(message.text))
            visitor.page.on("request", lambda request, seen=asked: seen.append(request.url[:20]))
            visitor.page.goto(page.as_uri())
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
            broken = "[...document.querySelectorAll('figure svg')].filter(s => s.getBoundingClientRect().width < 20)"
            assert visitor.page.evaluate(f"{broken}.length") == 0
            assert [url for url in asked if not url.startswith(("data:", "file:"))] == errors == []
            ink, ground = (
                visitor.page.evaluate(f"getComputedStyle(document.body).{name}")
                for name in ("color", "backgroundColor")
            )
            assert contrast(ink, ground) > 7
            assert EVIL in visitor.page.inner_text("main")
            visitor.context.close()


def contrast(one, other):
    """The contrast of two colours, as WCAG 2.2 has it."""

    def light(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_shape_is_drawn_where_it_is_and_sound_is_told_in_words(tmp_path):
    sample = Sample("a", str(picture(tmp_path / "a.png")), 120, 80)
    regions = tuple(Region(f"class {n}", shape=shape) for n, shape in enumerate(SHAPES))
    annotations = (Annotation("a", regions, "ada"),)
    write(overview(Set("Shapes", "coco", tmp_path, (sample,), lambda: annotations, tuple)), tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text()
    drawn = dict(re.findall(r"<title>(class \d).*?<path class=\"line\"[^>]* d=\"(M[^\"]+)\"", html))
    assert len(drawn) == len(SHAPES) - 1
    drawn_in = Box(31, 30, 2, 2)  # of the mask's crop only these pixels are inside
    for n, shape in enumerate((*SHAPES[2:6], drawn_in), start=2):
        xy = np.array([float(number) for number in re.findall(r"-?[\d.]+", drawn[f"class {n}"])]).reshape(-1, 2)
        around = bounds(shape)
        sides = [around.x, around.y, around.x + around.width, around.y + around.height]
        assert [*xy.min(0), *xy.max(0)] == pytest.approx(sides, abs=0.6)
    assert drawn["class 5"].count("M") == 2  # its hole
    assert "sound, 1 to 2 s" in html


def test_view_lies_in_the_sample_and_its_pixels_are_those_of_the_file(tmp_path):
    path = picture(tmp_path / "scan.png", 400, 300)
    whole = np.asarray(Image.open(path))
    sample = Sample("s", str(path), 200, 150, crop=Box(100, 50, 200, 150))
    for region in (Region("a", shape=Box(0, 0, 10, 10)), Region("a", shape=Box(190, 140, 30, 30)), Region("a")):
        seen = view(sample, [region])
        assert seen.x >= 0
        assert seen.y >= 0
        assert seen.x + seen.width <= 200
        assert seen.y + seen.height <= 150
        from imagine_kernels import images

        top, left = int(50 + seen.y), int(100 + seen.x)
        expected = whole[top : top + int(seen.height), left : left + int(seen.width)]
        assert (images.read(part(sample, seen)) == expected).all()


@pytest.fixture
def coco(tmp_path):
    """A file that names a picture beside it, one elsewhere, and one outside of any folder it may look into."""
    picture(tmp_path / "labels/near.png")
    picture(tmp_path / "pictures/far.png")
    secret = picture(tmp_path / "secret.png")
    names = ("near.png", "far.png", "../secret.png", str(secret))
    samples = tuple(Sample(name, name, 120, 80) for name in names)
    drawn = [Annotation(name, (Region("cod", shape=Box(9, 9, 30, 30)),), "ada") for name in names]
    guessed = (Prediction("near.png", (Region("eel", 0.0, Box(1, 1, 9, 9)),), "yolo", ""),)
    formats.write(Labels(samples, tuple(drawn), guessed), tmp_path / "labels/in.json", "coco")
    return tmp_path / "labels/in.json"


def test_pictures_come_from_beside_the_labels_or_the_named_folder_and_nowhere_else(coco, tmp_path):
    page = tmp_path / "page.html"
    said = imagine("labels", coco, "--html", page)
    assert page.read_text().count("<image ") == 2  # of one picture: a person's and a model's
    assert "3 pictures: there is no such file beside the labels: name the folder of the pictures" in said.err
    assert "3 pictures could not be shown" in page.read_text()
    said = imagine("labels", coco, "--html", page, "--images", tmp_path / "pictures")
    assert page.read_text().count("<image ") == 3
    assert "2 pictures: there is no such file" in said.err


def test_a_page_never_takes_the_place_of_labels_and_is_whole_or_not_there(coco, tmp_path):
    before = coco.read_bytes()
    assert "let it end in .html" in refusal("labels", coco, "--html", coco)
    assert coco.read_bytes() == before
    assert "No such file" in refusal("labels", coco, "--html", tmp_path / "none" / "page.html")
    assert imagine("labels", coco, "--html", tmp_path / "page.html").code == 0
    assert not list(tmp_path.glob(".*"))


def test_a_folder_of_pictures_is_its_project_and_without_one_its_folder_names(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    folder = tmp_path / "plankton"
    for label in ("copepod", "krill"):
        picture(folder / label / "1.png")
    assert json.loads(imagine("labels", folder, "--json").out)["class"] == {"copepod": 1, "krill": 1}
    samples = open_samples(folder).samples
    store_of(samples).write([Put(samples[0].id, Region("salp"), "ada")])
    found = json.loads(imagine("labels", folder, "--json").out)
    assert (found["class"], found["unlabelled"], found["format"]) == ({"salp": 1}, 1, "store")
    home = store_of(samples).path.parent
    assert json.loads(imagine("labels", home, "--json").out)["class"] == {"salp": 1}
    Store(home / "other.labels").write([Put("x", Region("eel"), "ada")])
    assert "several projects" in refusal("labels", home)


def test_who_corrects_one_region_of_another_lets_the_others_stand(tmp_path):
    """In a project only the touched region is written under the second name; nothing else is in dispute."""
    store = Store(tmp_path / "a.labels")
    drawn = [Region("cod", shape=Box(100 * n, 0, 50, 50), id=f"r{n}") for n in range(5)]
    store.write(Put("s", region, "ada") for region in drawn)
    store.write([Put("s", Region("ling", shape=drawn[0].shape, id="r0"), "bob"), Drop("s", "r1", "bob")])
    found = disputes(views(store))
    assert [(one.kind, one.said) for one in found] == [
        ("label", "ada calls it cod, bob calls it ling."),
        ("missing", "ada drew cod, bob did not."),
    ]
    told = overview(of_store(store.path))
    assert told.authors == {"ada": 5, "bob": 1}
    assert told.disputes == tuple(found)
    store.write(edits(found[0], settle(found[0], "bob", "ling")))
    assert [one.kind for one in disputes(views(store))] == ["missing"]


def test_classes_are_shown_by_twelve_of_them_spread_over_all(tmp_path):
    samples = tuple(Sample(f"{n:03}", "none.png", 9, 9) for n in range(300))
    annotations = [Annotation(sample.id, (Region("cod"),), "ada") for sample in samples]
    found = overview(Set("Many", "coco", tmp_path, samples, lambda: annotations, tuple, folders=()))
    (one,) = found.classes
    assert (one.regions, len(one.samples), len(one.shown)) == (300, 300, 12)
    places = [int(shown.sample_id) for shown in one.shown]
    assert min(places) < 100
    assert max(places) >= 200
    assert overview(found.given).classes == found.classes
