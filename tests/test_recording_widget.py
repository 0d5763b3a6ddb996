"""Sound and film as the kernel sees them: what they tell, keep and refuse, and what is left without a kernel."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from grids import LABELS
from heard import Heard
from house import until
from PIL import Image
from recordings import RATE, film, number_of, sound, uneven

from imagine_kernels.records import Box, Prediction, Region, Sample, to_json
from imagine_kernels.shapes import Key, Point, TimeFrequency, Track
from imagine_widgets import Sound, Store, Video
from imagine_widgets.store import Put

STRETCH = TimeFrequency(1.5, 2.5, 800.0, 1200.0)
TRACK = Track((Key(0.0, Box(10, 20, 30, 40)), Key(0.4, Box(50, 20, 30, 40)), Key(0.7)))


class HeardRecording(Heard):
    """A recording without a browser."""

    def edit(self, batch, put=(), drop=()):
        self.hear(
            type="edits",
            edits=[{"kind": "edit", "batch": batch, "row": 0, "put": [*put], "drop": [*drop], "seconds": 2, "keys": 3}],
        )

    def said(self, kind):
        return [content for content, _ in self.sent if content["type"] == kind]


class HeardSound(HeardRecording, Sound):
    pass


class HeardVideo(HeardRecording, Video):
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("recordings")
    sound(made / "sound.wav", seconds=4, channels=2)
    film(made / "film.mp4", uneven(30))
    return made


@pytest.fixture(params=["sound", "film"])
def one(request, folder, tmp_path):
    """A widget with a model's guess, and a shape that fits it."""
    maker, name, shape = {"sound": (HeardSound, "sound.wav", STRETCH), "film": (HeardVideo, "film.mp4", TRACK)}[
        request.param
    ]
    guess = Prediction(
        name, (Region("Actino", 0.75, shape, id="guess", scores={"Actino": 0.75, "Tripos": 0.25}),), "m", "s"
    )
    widget = maker(folder / name, LABELS, [guess], store=Store(tmp_path / "labels"), author="ada")
    widget.shape = shape
    yield widget
    widget.close()


def new(widget, id_="new", label=1, shape=None, state=""):
    return {"id": id_, "label": label, "shape": shape or to_json(widget.shape), "state": state}


@pytest.mark.parametrize(("maker", "name"), [(Sound, "sound.wav"), (Video, "film.mp4")])
def test_what_cannot_be_meant_is_refused_in_one_sentence(maker, name, folder, tmp_path):
    (tmp_path / "no.txt").write_text("nothing")
    with pytest.raises(TypeError, match=rf"{maker.__name__} has no option 'autor'\. Did you mean 'author'\?"):
        maker(folder / name, LABELS, autor="ada")
    with pytest.raises(TypeError, match=rf"{maker.__name__} shows a sample or the path of a file, not a list"):
        maker([folder / name], LABELS)
    with pytest.raises(FileNotFoundError, match=r"There is no file .*gone\.wav\."):
        maker(tmp_path / "gone.wav", LABELS)
    with pytest.raises(IsADirectoryError, match="is a folder: name a file in it"):
        maker(str(tmp_path), LABELS)
    with pytest.raises(ValueError, match="lies in an archive: unpack it"):
        maker(Sample("a", "a.zip!/a.wav", 1, 1), LABELS)
    with pytest.raises(ValueError, match="shows whole files"):
        maker(Sample("a", str(folder / name), 9, 9, crop=Box(0, 0, 1, 1)), LABELS)
    with pytest.raises(ValueError, match=r"no\.txt is no (sound|video) that can be read"):
        maker(tmp_path / "no.txt", LABELS)
    with pytest.raises(ValueError, match="Labels are needed"):
        maker(folder / name, [], store=Store(tmp_path / "labels"))


def test_opening_tells_what_is_needed_to_show_it(folder, tmp_path):
    heard = HeardSound(
        Sample("s1", str(folder / "sound.wav"), 9, 9), LABELS, store=Store(tmp_path / "a"), full_scale=172.0
    )
    facts = heard.hear(type="hello")[0]["facts"]
    assert [facts[name] for name in ("seconds", "rate", "channels", "window", "overlap", "full_scale")] == [
        4,
        RATE,
        2,
        1024,
        0.75,
        172,
    ]
    assert heard.sample.id == "s1"
    heard.close()
    seen = HeardVideo(str(folder / "film.mp4"), LABELS, store=Store(tmp_path / "b"))
    told, [times] = seen.hear(type="hello")
    assert told["facts"] == {
        "width": 320,
        "height": 240,
        "seconds": pytest.approx(uneven(30)[-1], abs=0.2),
        "hears": False,
        "surveyed": 1.0,
        "taken_at": None,
    }
    assert np.frombuffer(times) == pytest.approx(uneven(30))
    assert (seen.sample.width, seen.sample.height) == (320, 240)
    seen.close()


def test_a_large_film_is_surveyed_while_it_is_seen(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("imagine_widgets.video.widget._AT_ONCE", 0)
    monkeypatch.setattr("imagine_widgets.video.survey._FIRST", 5)
    monkeypatch.setattr("imagine_widgets.video.survey._STEP", 8)
    seen = HeardVideo(folder / "film.mp4", LABELS, store=Store(tmp_path / "b"))
    seen.hear(type="hello")
    until(lambda: [told["share"] for told in seen.said("surveyed")][-1:] == [1])
    assert 0 < seen.said("state")[0]["facts"]["surveyed"] < 1, "what is known first is shown at once"
    found = [(told.get("from", 0), np.frombuffer(more[0])) for told, more in seen.sent]
    assert [first for first, _ in found] == [*np.cumsum([0, *(len(times) for _, times in found[:-1])])]
    assert np.concatenate([times for _, times in found]) == pytest.approx(uneven(30))
    again, [times] = seen.hear(type="hello")
    assert (again["facts"]["surveyed"], len(times)) == (1, 8 * 30)
    assert "<svg" in seen.still()
    seen.close()


def test_a_film_is_heard_and_one_cut_short_is_told_to_each_who_looks(folder, tmp_path):
    film(tmp_path / "heard.mkv", uneven(60), beeps=(1.0,))
    whole = (tmp_path / "heard.mkv").read_bytes()
    heard = HeardVideo(tmp_path / "heard.mkv", LABELS, store=Store(tmp_path / "a"))
    assert heard.hear(type="hello")[0]["facts"]["hears"]
    told, [wave] = heard.hear(type="listen", number=3, start=0.9, end=1.2, band=None, channel=0, speed=1)
    found, rate = soundfile.read(io.BytesIO(wave))
    assert (told["type"], told["number"], len(found) / rate) == ("wave", 3, pytest.approx(0.3))
    assert np.flatnonzero(np.abs(found) > 0.1)[0] / rate == pytest.approx(0.1, abs=0.02)
    heard.close()
    (tmp_path / "heard.mkv").write_bytes(whole[: len(whole) // 4])
    cut = HeardVideo(tmp_path / "heard.mkv", LABELS, store=Store(tmp_path / "a"))
    for _ in range(2):
        cut.sent.clear()
        cut.hear(type="hello")
        assert re.fullmatch(
            r"The pictures of heard\.mkv end at [\d.]+ s though it says [\d.]+ s: it may be cut short\.",
            cut.said("failure")[0]["sentence"],
        )
    cut.hear(type="leave")
    cut.hear(type="parts", places=[[3, 0]])
    until(lambda: cut.said("part"))
    assert number_of(Image.open(io.BytesIO(cut.sent[-1][1][0]))) == 3, "what was let go of is made again"
    cut.close()


def test_strange_numbers_in_a_sound_are_told_below_it(tmp_path):
    soundfile.write(tmp_path / "odd.wav", np.full(RATE, np.nan, np.float32), RATE, "FLOAT")
    heard = HeardSound(tmp_path / "odd.wav", LABELS, store=Store(tmp_path / "a"))
    for _ in range(2):
        heard.sent.clear()
        heard.hear(type="hello")
        assert ["holds numbers that are none" in told["sentence"] for told in heard.said("failure")][:1] == [True]
    heard.close()


def test_frames_and_tiles_come_as_pictures_and_what_fails_is_told_to_who_waits(folder, tmp_path):
    seen = HeardVideo(folder / "film.mp4", LABELS, store=Store(tmp_path / "b"))
    seen.hear(type="parts", places=[[17, 0], [3, 160], [99, 0]])
    until(lambda: len(seen.said("part")) == 3)
    parts = {tuple(content["place"]): (content["why"], buffers[0]) for content, buffers in seen.sent}
    assert number_of(Image.open(io.BytesIO(parts[17, 0][1]))) == 17
    assert Image.open(io.BytesIO(parts[3, 160][1])).size == (160, 120)
    assert "has 30 frames, and none with the number 99" in parts[99, 0][0]
    seen.close()


def test_what_is_listened_to_comes_as_a_sound(folder, tmp_path):
    heard = HeardSound(folder / "sound.wav", LABELS, store=Store(tmp_path / "a"))
    told, [wave] = heard.hear(type="listen", number=7, start=1, end=2, band=[4000, 6000], channel=1, speed=1)
    assert (told["type"], told["number"], told["start"]) == ("wave", 7, 1)
    found, rate = soundfile.read(io.BytesIO(wave))
    spectrum = np.abs(np.fft.rfft(found))
    assert rate == RATE
    assert np.argmax(spectrum) == pytest.approx(5000, abs=2)
    told, [wave] = heard.hear(type="listen", number=8, start=99, end=100, band=None, channel=0, speed=1)
    assert (told["type"], told["number"], wave) == ("wave", 8, b""), "the browser stops playing"
    assert "nothing to play" in heard.said("failure")[0]["sentence"]
    heard.close()


def test_an_edit_is_in_the_store_when_it_is_answered_undone_and_done_again(one):
    one.edit("one", put=[new(one)])
    [news] = one.said("changes")
    assert (news["batches"], news["done"], news["failed"]) == (["one"], [{"id": "one", "row": 0}], None)
    [held] = one.store.current(one.sample.id)
    assert (held.author, held.tool, held.region.label, held.region.shape) == ("ada", one.kind, "Tripos", one.shape)
    assert one.store.speed("ada").keys_per_label == 3
    one.hear(type="edits", edits=[{"kind": "undo", "batch": "two", "of": "one"}])
    assert one.said("changes")[-1]["undone"] == ["one"]
    assert [region["id"] for region in one.said("regions")[-1]["regions"]] == ["guess"]
    one.hear(type="edits", edits=[{"kind": "redo", "batch": "three", "of": "two", "root": "one"}])
    assert one.said("changes")[-1]["done"] == [{"id": "one", "row": 0}]
    assert {region.id for region in one.regions} == {"guess", "new"}
    assert [step["id"] for step in one.hear(type="hello")[0]["steps"]] == ["one"]


def test_what_a_model_said_is_open_until_somebody_decides(one):
    assert [(region.state, region.score) for region in one.regions] == [("predicted", 0.75)]
    one.edit("one", put=[new(one, "guess", 1, state="corrected")])
    assert [(region.state, region.label, region.score) for region in one.regions] == [("corrected", "Tripos", 0.25)]
    one.edit("two", put=[new(one, "guess", 1, state="rejected")])
    assert one.regions == ()


def test_a_wrong_edit_is_shown_below_the_widget_and_holds_up_no_other(one):
    wrong = [
        to_json(Point(1, 1)),
        {"kind": "TimeFrequency", "start": 2, "end": 1},
        {"kind": "Track", "keys": []},
        {"kind": "x"},
    ]
    for number, shape in enumerate(wrong):
        one.edit(f"bad{number}", put=[new(one, shape=shape)])
    one.edit("good", put=[new(one)])
    assert len(one.said("failure")) == 4
    assert [news["batches"] for news in one.said("changes")] == [["bad0"], ["bad1"], ["bad2"], ["bad3"], ["good"]]
    assert [held.id for held in one.store.current(one.sample.id)] == ["new"]


def test_what_others_wrote_and_labels_of_the_whole_are_told_when_somebody_looks(one):
    one.hear(type="refresh")
    assert one.said("regions") == []
    Store(one.store.path).write(
        [Put(one.sample.id, Region("debris"), "bob"), Put(one.sample.id, Region("debris", shape=one.shape), "bob")]
    )
    one.hear(type="refresh")
    [told] = one.said("regions")
    assert (len(told["regions"]), [one["label"] for one in told["whole"]], told["others"]) == (2, [2], [])


def test_without_a_kernel_a_picture_and_a_table_are_left_and_nothing_runs(one):
    Store(one.store.path).write([Put(one.sample.id, Region("<script>alert(1)</script>", shape=one.shape), "bob")])
    told = one.still()
    assert "2 regions" in told
    assert "<script" not in told
    assert "&lt;script" in told
    assert "by the model, open, 75%" in told
    assert "http" not in told.replace("http://www.w3.org", "")
    [data, *_] = re.findall(r"base64,([\w+/=]+)", told)
    assert Image.open(io.BytesIO(base64.b64decode(data))).width > 100
    expected = (
        ["<rect", "uncalibrated", "800 to 1,200 Hz"] if one.kind == "sound" else ["<path", "Frame 1", "3 key frames"]
    )
    assert [words for words in expected if words not in told] == []


def test_a_sound_that_goes_away_while_nobody_looks_is_told_where_it_is_missed(tmp_path):
    sound(tmp_path / "sound.wav", seconds=1)
    heard = HeardSound(tmp_path / "sound.wav", LABELS, store=Store(tmp_path / "labels"))
    heard.hear(type="leave")
    (tmp_path / "sound.wav").unlink()
    heard.hear(type="parts", places=[[0, 0, 0, 1024, 0.75]])
    until(lambda: heard.said("part"))
    heard.hear(type="listen", number=8, start=0, end=1, band=None, channel=0, speed=1)
    gone = f"There is no file {tmp_path / 'sound.wav'} any more."
    assert heard.said("part")[0]["why"] == gone
    assert gone in heard.said("failure")[0]["sentence"]
    heard.close()


def test_a_file_that_goes_away_is_told_where_it_is_missed(folder, tmp_path):
    film(tmp_path / "film.mp4", uneven(12))
    seen = HeardVideo(tmp_path / "film.mp4", LABELS, store=Store(tmp_path / "labels"))
    (tmp_path / "film.mp4").unlink()
    assert seen.hear(type="hello")[0]["type"] == "state"
    seen.close()
    assert "film.mp4" in repr(seen)
