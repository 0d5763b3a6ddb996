"""The sound of a film: each beep is heard at its time after the first frame, wherever the playing begins."""

import io

import numpy as np
import pytest
import soundfile
from recordings import HEARD, film, uneven

from imagine_widgets.sound.playback import wav
from imagine_widgets.video.film import Film
from imagine_widgets.video.soundtrack import Soundtrack

BEEPS = (0.5, 1.25, 2.6)
TIMES = [float(time) for time in uneven(60)]


def heard(folder, name, codec="aac", times=TIMES):
    film(folder / name, times, beeps=BEEPS, sounds=codec)
    seen = Film(folder / name)
    seen.survey()
    assert seen.has_sound
    return Soundtrack(folder / name, seen.begin, seen.seconds)


def begins(wave):
    """The seconds at which something begins to be heard."""
    blocks = np.abs(wave[: len(wave) // 240 * 240].reshape(-1, 240)).max(axis=1) > 0.1
    return np.flatnonzero(blocks & ~np.concatenate([[False], blocks[:-1]])) * 240 / HEARD


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le"), ("b.mkv", "aac")])
def test_each_beep_is_heard_at_its_time_wherever_it_begins(tmp_path, name, codec):
    sound = heard(tmp_path, name, codec)
    assert begins(sound.wave(0, 3 * HEARD)) == pytest.approx(BEEPS, abs=0.012)
    for first in (2.5, 0.3, 1.0):
        assert begins(sound.wave(round(first * HEARD), round((first + 0.4) * HEARD)))[0] + first == pytest.approx(
            min(beep for beep in BEEPS if beep > first), abs=0.012
        )


def test_stretches_one_after_another_are_the_same_as_one(tmp_path):
    sound = heard(tmp_path, "a.mkv", "pcm_s16le")
    whole = sound.wave(0, 3 * HEARD)
    parts = [sound.wave(first, first + 4800) for first in range(0, 3 * HEARD, 4800)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert not sound.wave(-HEARD, 0).any()
    assert not sound.wave(100 * HEARD, 101 * HEARD).any()
    assert sound.wave(5, 5).size == 0
    sound.close()


def test_times_are_counted_from_the_first_frame(tmp_path):
    late = heard(tmp_path, "a.mkv", times=[0.25 + time for time in TIMES])
    assert begins(late.wave(0, 3 * HEARD)) == pytest.approx([beep - 0.25 for beep in BEEPS], abs=0.012)


def test_it_is_played_as_a_sound_is_and_a_film_without_one_says_so(tmp_path):
    sound = heard(tmp_path, "a.mp4")
    found, rate = soundfile.read(io.BytesIO(wav(sound, 0.5, 0.6, speed=0.5)))
    assert len(found) / rate == pytest.approx(0.2)
    assert np.argmax(np.abs(np.fft.rfft(found))) * rate / len(found) == pytest.approx(500, abs=20)
    film(tmp_path / "mute.mp4", TIMES)
    assert not Film(tmp_path / "mute.mp4").has_sound
    with pytest.raises(ValueError, match=r"mute\.mp4 holds no audio, only video"):
        Soundtrack(tmp_path / "mute.mp4", 0, 1)
