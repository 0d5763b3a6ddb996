"""A sound where no kernel runs: the spectrogram of all of it with its boxes, as one picture without scripts."""

import base64
import io
from collections.abc import Sequence

import numpy as np

from imagine_kernels.records import Region
from imagine_kernels.shapes import TimeFrequency
from imagine_widgets.sound.spectrogram import Spectrogram

WIDE, HIGH = 760, 240
_DRAWN = 300


def picture(made: Spectrogram, regions: Sequence[tuple[Region, str]], full_scale: float | None) -> str:
    """HTML of the spectrogram from begin to end; each region with the colour of its class."""
    from PIL import Image

    level = made.top
    found = np.concatenate([made.tile(level, index) for index in range(_tiles(made))], axis=1)
    low, high = made.contrast()
    share = np.clip((found - low) / (high - low), 0, 1)[::-1]
    told = io.BytesIO()
    image = Image.fromarray(np.round(255 * share).astype(np.uint8), "L")
    image.resize((WIDE, HIGH), Image.Resampling.BILINEAR).save(told, "JPEG", quality=80)
    data = base64.b64encode(told.getvalue()).decode()
    boxes = "".join(_box(made, one.shape, colour) for one, colour in regions[:_DRAWN] if one.shape is not None)
    top, seconds = made.source.rate / 2, made.source.seconds
    shift = full_scale or 0.0
    reference = "dB re full scale, uncalibrated" if full_scale is None else "dB re 1 µPa"
    said = f"0 to {seconds:,.1f} s, 0 to {top:,.0f} Hz, {low + shift:.0f} (black) to {high + shift:.0f} {reference}"
    return (
        f'<figure style="margin:.4rem 0"><svg role="img" aria-label="Spectrogram, {said}" viewBox="0 0 {WIDE} {HIGH}" '
        f'style="width:100%;max-width:{WIDE}px"><image width="{WIDE}" height="{HIGH}" '
        f'href="data:image/jpeg;base64,{data}"/>{boxes}</svg><figcaption style="font-size:13px">{said}</figcaption>'
        "</figure>"
    )


def _tiles(made: Spectrogram) -> int:
    from imagine_widgets.sound.spectrogram import COLUMNS

    return -(-made.source.moments // ((made.hop << made.top) * COLUMNS))


def _box(made: Spectrogram, shape: object, colour: str) -> str:
    if not isinstance(shape, TimeFrequency):
        return ""
    top, seconds = made.source.rate / 2, made.source.seconds
    x, wide = shape.start / seconds * WIDE, (shape.end - shape.start) / seconds * WIDE
    low, high = shape.low or 0.0, shape.high if shape.high is not None else top
    y, tall = (1 - high / top) * HIGH, (high - low) / top * HIGH
    place = f'x="{x:.2f}" y="{y:.2f}" width="{max(wide, 1):.2f}" height="{max(tall, 1):.2f}" fill="none"'
    return f'<rect {place} stroke="#000" stroke-width="3.5"/><rect {place} stroke="{colour}" stroke-width="2"/>'
