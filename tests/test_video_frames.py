"""Films as numbers: each frame by its number at its time, whatever codec and rate; tracks between key frames."""

import json
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from house import ROOT
from recordings import HEIGHT, WIDTH, film, number_of, sound, uneven

from imagine_kernels.records import from_json, to_json
from imagine_kernels.shapes import Box, Ellipse, Key, Line, Mask, Point, Polygon, RotatedBox, Track
from imagine_widgets.bundle import node
from imagine_widgets.video.film import Film
from imagine_widgets.video.track import at


def opened(path):
    made = Film(path)
    made.survey()
    return made


@pytest.mark.parametrize(
    ("codec", "name"),
    [("libx264", "a.mp4"), ("libx264", "a.mkv"), ("libvpx-vp9", "a.webm"), ("mpeg4", "a.mp4"), ("libx264", "a.ts")],
)
def test_every_frame_is_found_by_its_number_in_any_order_though_the_rate_changes(tmp_path, codec, name):
    times = uneven(50)
    film(tmp_path / name, times, codec, Fraction(1, 90_000) if name == "a.ts" else Fraction(1, 1000))
    made = opened(tmp_path / name)
    assert made.times == pytest.approx(times, abs=1e-9)
    order = [*range(49, 20, -1), *np.random.default_rng(5).permutation(50), *range(50)]
    assert [number_of(made.picture(int(number))) for number in order] == [int(number) for number in order]
    made.close()


@pytest.mark.parametrize(
    ("codec", "name"), [("mpeg4", "a.avi"), ("mjpeg", "a.avi"), ("mpeg4", "a.mov"), ("libx264", "a.avi")]
)
def test_films_of_an_even_rate_and_of_one_frame(tmp_path, codec, name):
    for count in (1, 30):
        film(tmp_path / name, [n / 25 for n in range(count)], codec, Fraction(1, 25))
        made = opened(tmp_path / name)
        assert made.times == pytest.approx([n / 25 for n in range(count)])
        assert [number_of(made.picture(n)) for n in reversed(range(count))] == [*reversed(range(count))]


def test_a_frame_is_made_smaller_and_one_that_is_not_there_is_a_sentence(tmp_path):
    film(tmp_path / "a.mp4", uneven(5))
    made = opened(tmp_path / "a.mp4")
    assert made.picture(3).shape == (HEIGHT, WIDTH, 3)
    assert made.picture(3, 80).shape == (60, 80, 3)
    assert made.jpeg(3)[:2] == b"\xff\xd8"
    for number in (-1, 5):
        with pytest.raises(ValueError, match=r"a\.mp4 has 5 frames, and none with the number"):
            made.picture(number)


def test_a_damaged_stretch_takes_no_other_frame_with_it(tmp_path):
    film(tmp_path / "a.mkv", uneven(60), "mpeg4")
    content = bytearray((tmp_path / "a.mkv").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    (tmp_path / "a.mkv").write_bytes(content)
    made = opened(tmp_path / "a.mkv")
    right = []
    for number in range(len(made.times)):
        try:
            right.append(number_of(made.picture(number)))
        except ValueError as error:
            assert "damaged" in str(error)  # noqa: PT017
    assert len(right) > 30
    assert right[:20] == [*range(20)]


def test_frames_keep_their_number_while_the_others_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("imagine_widgets.video.survey._FIRST", 7)
    monkeypatch.setattr("imagine_widgets.video.survey._STEP", 10)
    film(tmp_path / "a.mp4", uneven(60))
    made, seen = Film(tmp_path / "a.mp4"), []

    def found(share):
        seen.append((list(made.times), share))
        assert number_of(made.picture(len(made.times) - 1)) == len(made.times) - 1

    made.survey(found)
    assert [times == made.times[: len(times)] for times, _ in seen] == [True] * len(seen)
    assert 0 < len(seen[0][0]) < len(seen[-1][0]) <= len(made.times) == 60
    assert 0 < seen[0][1] < seen[-1][1] <= 1


def test_what_is_no_film_is_a_sentence(tmp_path):
    sound(tmp_path / "sound.wav", 1)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.ffconcat").write_text("ffconcat version 1.0\nfile '/etc/hostname'\n")
    film(tmp_path / "whole.mp4", uneven(20))
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "whole.mp4").read_bytes()[:2000])
    for name in ("sound.wav", "empty.mp4", "noise.mp4", "list.m3u8", "list.ffconcat", "cut.mp4"):
        with pytest.raises(ValueError, match=rf"{name} (is no video|holds no)"):
            Film(tmp_path / name)
    (tmp_path / "odd.mp4").write_bytes((tmp_path / "whole.mp4").read_bytes().replace(b"avc1", b"zzz1"))
    with pytest.raises(ValueError, match=r"video in .*odd\.mp4 is encoded in a way that is not known here: convert"):
        Film(tmp_path / "odd.mp4")
    film(tmp_path / "bare.h264", uneven(20))
    with pytest.raises(ValueError, match=r"bare\.h264 tells no times of its frames: put it, as it is, into an MP4"):
        opened(tmp_path / "bare.h264")


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), 1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 3)])
def test_a_film_of_a_turned_camera_stands_upright(tmp_path, matrix, turns):
    film(tmp_path / "a.mp4", uneven(3))
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    place = content.index(b"tkhd") + 44
    a, b, c, d = (one << 16 for one in matrix)
    content[place : place + 36] = b"".join(n.to_bytes(4, "big", signed=True) for n in (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    (tmp_path / "a.mp4").write_bytes(content)
    made = opened(tmp_path / "a.mp4")
    picture = made.picture(2)
    assert (made.height, made.width) == picture.shape[:2] == ((WIDTH, HEIGHT) if turns % 2 else (HEIGHT, WIDTH))
    assert number_of(np.rot90(picture, turns)) == 2, "turned clockwise by the camera, back again here"


SHAPES = [
    (Box(10, 20, 30, 40), Box(50, 10, 5, 80)),
    (Point(1, 2), Point(3, 7)),
    (RotatedBox(10, 10, 5, 4, 350), RotatedBox(20, 30, 6, 8, 10)),
    (RotatedBox(10, 10, 5, 4, 10), RotatedBox(20, 30, 6, 8, 200)),
    (Ellipse(5, 5, 2, 3, 30), Ellipse(9, 1, 4, 1, 300)),
    (Ellipse(5, 5, 2, 3), Ellipse(9, 1, 4, 1, 90)),
    (Line(((0, 0), (5, 5))), Line(((2, 1), (9, 5)))),
    (Line(((0, 0), (5, 5))), Line(((2, 1), (9, 5), (1, 1)))),
    (Polygon(((0, 0), (5, 0), (5, 5))), Polygon(((1, 0), (9, 0), (5, 8)))),
    (Polygon(((0, 0), (9, 0), (9, 9)), (((4, 2), (5, 2), (5, 3)),)), Polygon(((1, 0), (9, 0), (5, 8)))),
    (Mask(1, 1, 2, 2, (0, 4)), Mask(5, 5, 2, 2, (0, 4))),
    (Box(1, 1, 2, 2), Point(5, 5)),
]
TRACKS = [Track((Key(1.0, a), Key(2.2, b), Key(3.0), Key(3.7, a), Key(4.1, b))) for a, b in SHAPES]
MOMENTS = [0.0, 0.999, 1.0, 1.3, 2.0, 2.2, 2.5, 3.0, 3.5, 3.7, 3.9, 4.1, 9.0]


def test_a_track_moves_evenly_between_key_frames_and_is_gone_where_it_is_gone():
    [first, *_] = TRACKS
    assert [at(first, time) is None for time in MOMENTS] == [True] * 2 + [False] * 5 + [True] * 2 + [False] * 4
    assert at(first, 1.6) == Box(30, 15, 17.5, 60)
    assert at(TRACKS[2], 1.6).angle == pytest.approx(0), "the shorter way round"
    assert at(TRACKS[7], 2.0) == SHAPES[7][0], "another number of points: it stays until the next key frame"


def test_the_browser_shows_the_same_numbers_as_python():
    program = f"""
        import {{ at }} from {json.dumps(str(ROOT / "imagine_widgets/video/track.ts"))};
        const {{ tracks, moments }} = JSON.parse(process.argv[1]);
        console.log(JSON.stringify(tracks.map((track) => moments.map((time) => at(track, time) ?? null))));"""
    asked = json.dumps({"tracks": [to_json(track) for track in TRACKS], "moments": MOMENTS})
    command = [node(), "--no-warnings", "--input-type=module-typescript", "-e", program, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for track, found in zip(TRACKS, json.loads(done.stdout), strict=True):
        for time, shape in zip(MOMENTS, found, strict=True):
            assert _near(from_json(shape) if shape else None, at(track, time)), (track, time)


def _near(one, other):
    if one is None or other is None:
        return one is other
    flat = [json.loads(json.dumps(to_json(shape)), parse_int=float) for shape in (one, other)]
    return type(one) is type(other) and all(
        np.allclose(np.ravel(flat[0][name]), np.ravel(flat[1][name]))
        for name in flat[0]
        if name not in {"kind", "holes"}
    )
