"""What is drawn on the desktop is in the store at once; what models said and nobody touched is not made a person's."""

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer
from PIL import Image

from imagine_kernels.records import Box, Prediction, Region, Sample
from imagine_widgets.napari import desk, to_napari
from imagine_widgets.napari.saving import Saving
from imagine_widgets.store import Put, Store


@pytest.fixture
def laid(tmp_path, monkeypatch):
    """A sample on the desktop: a person's box, and two boxes of a model of which she has refused one."""
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path / "work"))
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / "sea.png")
    sample = Sample("sea.png", str(tmp_path / "sea.png"), 64, 48)
    store = Store(tmp_path / "sea.labels")
    store.write([Put("sea.png", Region("eel", shape=Box(1, 1, 9, 9), id="hers"), "ana")])
    guesses = [Region("fish", 0.9, Box(20, 20, 9, 9), f"g{n}") for n in range(2)]
    link = desk.on_desktop([sample], [Prediction("sea.png", tuple(guesses), "m", "0" * 64)], store=store)
    assert str(link).startswith("1 samples lie on the desktop")
    return store


def opened():
    choice = desk.choice()
    return [Layer.create(*layer) for layer in to_napari(choice.samples, choice.regions())]


def held(store):
    return {one.id: one for one in store.current("sea.png")}


def test_what_nobody_touched_is_not_written(laid):
    layers = opened()
    assert Saving(laid, "me", layers).save(layers) == 0
    assert [*held(laid)] == ["hers"]


def test_a_moved_guess_is_the_persons_and_a_deleted_one_does_not_come_again(laid):
    layers = opened()
    saving = Saving(laid, "me", layers)
    outlines = next(layer for layer in layers if layer.name == "shapes")
    outlines.data = [corners + (2 if row == 1 else 0) for row, corners in enumerate(outlines.data)]
    outlines.selected_data = {2}
    outlines.remove_selected()
    assert saving.save(layers) == 2
    assert saving.save(layers) == 0
    assert held(laid)["g0"].region == Region("fish", None, Box(22, 22, 9, 9), "g0", state="corrected")
    assert held(laid)["g0"].author == "me"
    again = {region.id for said in desk.choice().regions() for region in said.regions}
    assert again == {"hers", "g0"}


def test_nothing_laid_and_a_broken_choice_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGINE_WORK", str(tmp_path))
    assert desk.choice() is None
    Path(desk.place()).write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="call it again in a notebook"):
        desk.choice()
