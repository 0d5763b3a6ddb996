"""Sound as numbers: a sine lies at its hertz and its level at every scale; what is broken is a sentence."""

import io

import numpy as np
import pytest
import soundfile
from recordings import RATE, sound

from imagine_widgets.sound.playback import only, wav
from imagine_widgets.sound.source import Source
from imagine_widgets.sound.spectrogram import COLUMNS, HIGHEST, LOWEST, Spectrogram


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "sine.wav"
    sound(path, seconds=40, channels=2)
    return Source(path)


@pytest.mark.parametrize(("channel", "hertz"), [(0, 1000), (1, 5000)])
@pytest.mark.parametrize("window", [256, 1024, 8192])
def test_a_sine_lies_in_its_row_with_its_level_at_every_scale(source, window, channel, hertz):
    made = Spectrogram(source, window)
    for level in {0, 2, made.top}:
        tile = made.tile(level, 0, channel)
        assert tile.shape[0] == made.bins
        inside = tile[:, 2:-2]
        rows = inside.argmax(axis=0)
        assert [made.frequency(row) for row in {*rows}] == [pytest.approx(hertz, abs=RATE / window / 2)]
        assert inside.max(axis=0) == pytest.approx(-6.02, abs=1.5), "half the full scale; between two rows less"
        assert np.median(inside) < -60


def test_a_moment_lies_in_its_column(tmp_path):
    wave = np.zeros(20 * RATE, np.float32)
    wave[int(12.5 * RATE)] = 0.9
    soundfile.write(tmp_path / "click.flac", wave, RATE)
    made = Spectrogram(Source(tmp_path / "click.flac"), 256)
    for level in (0, 2):
        column = int(12.5 * RATE / (made.hop << level))
        index, at = divmod(column, COLUMNS)
        assert abs(int(made.tile(level, index).sum(axis=0).argmax()) - at) <= 1


def test_tiles_cover_the_sound_once_and_no_more(source):
    made = Spectrogram(source, 1024)
    for level in range(made.top + 1):
        stretch = made.hop << level
        tiles = -(-source.moments // (stretch * COLUMNS))
        columns = sum(made.tile(level, index).shape[1] for index in ({0, tiles - 1} if tiles > 1 else {0}))
        assert columns == -(-source.moments // stretch) - COLUMNS * max(0, tiles - 2)
        with pytest.raises(ValueError, match="no tile"):
            made.tile(level, tiles)
    assert tiles == 1, "the highest level shows all in one tile"


def test_a_grey_stands_for_its_level(source):
    from PIL import Image

    made = Spectrogram(source, 1024)
    greys = np.asarray(Image.open(io.BytesIO(made.grey(0, 1))), float)
    told = LOWEST + greys / 255 * (HIGHEST - LOWEST)
    row = round(1000 * made.window / RATE)
    assert told[row].mean() == pytest.approx(made.tile(0, 1)[row].mean(), abs=2)
    low, high = made.contrast()
    assert LOWEST <= low < high <= HIGHEST


@pytest.mark.parametrize(("hertz", "is_heard"), [(1000, True), (5000, False)])
def test_only_the_band_of_a_box_is_played(hertz, is_heard):
    time = np.arange(2 * RATE) / RATE
    heard = only(np.sin(2 * np.pi * hertz * time).astype(np.float32), RATE, 500, 2000)[RATE // 2 : -RATE // 2]
    assert float(np.abs(heard).max()) == pytest.approx(1.0, abs=0.02) if is_heard else np.abs(heard).max() < 0.01


def test_what_is_played_is_the_sound_at_that_time(source):
    heard, rate = soundfile.read(io.BytesIO(wav(source, 3, 4, channel=1)), dtype="float32")
    assert (rate, len(heard)) == (RATE, RATE)
    assert np.allclose(heard, source.wave(3 * RATE, 4 * RATE, 1), atol=1e-4)
    last, _ = soundfile.read(io.BytesIO(wav(source, 39.5, 44)))
    assert len(last) == RATE // 2
    for start, end in ((-1, 1), (2, 2), (0, 100), (41, 42), (float("nan"), 1)):
        with pytest.raises(ValueError, match="nothing to play"):
            wav(source, start, end)
    with pytest.raises(ValueError, match="no band"):
        wav(source, 1, 2, (5000, 300))


def test_rates_that_no_browser_plays_become_ones_that_all_do(tmp_path):
    for rate, played in ((500, 8000), (384_000, 192_000)):
        sound(tmp_path / "rate.wav", seconds=2, rate=rate)
        heard, told = soundfile.read(io.BytesIO(wav(Source(tmp_path / "rate.wav"), 0, 1)))
        assert (told, len(heard)) == (played, played)


@pytest.mark.parametrize(("speed", "hertz"), [(0.1, 13_000), (0.05, 6_500)])
def test_what_nobody_hears_is_heard_when_it_is_played_slowly(tmp_path, speed, hertz):
    wave = 0.5 * np.sin(2 * np.pi * 130_000 * np.arange(384_000) / 384_000)  # a porpoise clicks there
    soundfile.write(tmp_path / "clicks.wav", wave, 384_000, "PCM_24")
    heard, rate = soundfile.read(io.BytesIO(wav(Source(tmp_path / "clicks.wav"), 0.4, 0.5, speed=speed)))
    assert len(heard) / rate == pytest.approx(0.1 / speed)
    assert np.argmax(np.abs(np.fft.rfft(heard))) * rate / len(heard) == pytest.approx(hertz, abs=20)
    assert np.abs(heard).max() == pytest.approx(0.5, abs=0.01)
    with pytest.raises(ValueError, match=r"played 0\.01 to 20 times as fast"):
        wav(Source(tmp_path / "clicks.wav"), 0.4, 0.5, speed=0)


def test_stretches_at_another_rate_join_without_a_step(tmp_path):
    soundfile.write(tmp_path / "low.wav", 0.5 * np.sin(2 * np.pi * 40 * np.arange(3000) / 1000), 1000)
    parts = [soundfile.read(io.BytesIO(wav(Source(tmp_path / "low.wav"), at, at + 1)))[0] for at in (0, 1)]
    joined = np.concatenate(parts)[4000:12_000]
    assert np.abs(np.diff(joined)).max() < 2 * np.pi * 40 * 0.5 / 8000 * 1.1


@pytest.mark.parametrize("kind", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_kind_of_numbers_has_the_same_levels(tmp_path, kind):
    soundfile.write(tmp_path / "kind.wav", 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE), RATE, kind)
    source = Source(tmp_path / "kind.wav")
    assert Spectrogram(source).tile(0, 0)[:, 5].max() == pytest.approx(-6.02, abs=0.1)
    assert np.abs(soundfile.read(io.BytesIO(wav(source, 0, 0.5)))[0]).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("overlap", [0.5, 0.75, 0.875])
def test_windows_overlap_as_they_are_asked_to(source, overlap):
    made = Spectrogram(source, 1024, overlap)
    assert made.hop == 1024 * (1 - overlap)
    assert made.tile(0, 0)[32].mean() == pytest.approx(-6.02, abs=0.1)
    with pytest.raises(ValueError, match="Windows overlap by one of"):
        Spectrogram(source, 1024, overlap / 3)


def test_hours_are_looked_at_without_reading_them_all(tmp_path, monkeypatch):
    path = tmp_path / "hours.wav"
    soundfile.write(path, np.zeros(96_000, np.int16), 96_000)
    hours = 96_000 * 2 * 3600 * 3
    with path.open("r+b") as file:  # three hours that the disk does not hold: they are a hole in the file
        start = file.read(44)
        file.seek(0)
        file.write(start[:4] + (hours + 36).to_bytes(4, "little") + start[8:40] + hours.to_bytes(4, "little"))
        file.truncate(hours + 44)
    made = Spectrogram(Source(path), 1024)
    assert made.source.seconds == pytest.approx(3 * 3600)
    read, wave = [], Source.wave

    def counted(self, first, last, channel=0):
        read.append(last - first)
        return wave(self, first, last, channel)

    monkeypatch.setattr(Source, "wave", counted)
    made.tile(made.top, 0)
    assert sum(read) < 0.01 * made.source.moments


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\0" * 5000, b"RIFF\xff\xff\xff\x7fWAVEfmt "])
def test_what_is_no_sound_is_a_sentence(tmp_path, content):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.wav is no sound that can be read: .*\.$"):
        Source(path)


def test_a_sound_of_no_seconds_is_a_sentence_and_one_cut_short_is_silent_there(tmp_path):
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0, np.float32), RATE)
    with pytest.raises(ValueError, match="lasts 0 seconds"):
        Source(tmp_path / "nothing.wav")
    sound(tmp_path / "cut.wav", seconds=2)
    soundfile.write(tmp_path / "cut.flac", soundfile.read(tmp_path / "cut.wav")[0], RATE)
    for name in ("cut.wav", "cut.flac"):
        whole, said = (tmp_path / name).read_bytes(), []
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        cut = Source(tmp_path / name, said.append)
        assert len(cut.wave(0, 2 * RATE)) == 2 * RATE
        assert not cut.wave(round(1.5 * RATE), 2 * RATE).any()
        assert cut.wave(0, 1000).any(), "what is there is still found"
        assert Spectrogram(cut).tile(0, 0).shape[0] == 513
        assert len(said) == 1
        assert "cut short" in said[0]


def test_numbers_that_are_none_are_silence_and_told_once(tmp_path):
    wave = np.full(RATE, 0.25, np.float32)
    wave[RATE // 2 : RATE // 2 + 9] = [np.nan, np.inf, -np.inf] * 3
    soundfile.write(tmp_path / "odd.wav", wave, RATE, "FLOAT")
    said = []
    odd = Source(tmp_path / "odd.wav", said.append)
    assert odd.wave(RATE // 2 - 1, RATE // 2 + 4).tolist() == [0.25, 0, 1, -1, 0]
    assert np.isfinite(Spectrogram(odd).tile(0, 0)).all()
    assert len(said) == 1
    assert "odd.wav holds numbers that are none (NaN or infinite), first seen at 0.5 s: silence stands" in said[0]


@pytest.mark.parametrize("window", [0, 1000, 1 << 20, "1024", None])
def test_a_window_that_is_none_is_a_sentence(source, window):
    with pytest.raises(ValueError, match="A window has 64 to 32768 moments, a power of two"):
        Spectrogram(source, window)
