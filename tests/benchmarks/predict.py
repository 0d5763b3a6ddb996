"""`make bench-predict`: pictures a second from JPEG files to predictions, beside a plain timm loop and the bare parts.

Plain is what people write: PIL, torchvision, eager torch, batches of 32. Bare is one half of the work alone: the
fastest engine on bytes that lie ready, and the fastest decoder. All take the same threads, in short rounds by turns, so
that what else goes on in the machine meets them alike; the figures are medians of rounds.
"""

import dataclasses
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in every kernel

import numpy as np
import simplejpeg
import torch
from PIL import Image, ImageOps
from torchvision import transforms

from imagine_kernels import use_case
from imagine_kernels.predict import load, predict
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import classification, compute, engine, inputs, networks, pace, reading
from imagine_kernels.use_case import Profile
from imagine_kernels.use_cases.phytoplankton import samples as drawing
from imagine_kernels.use_cases.phytoplankton.organisms import ORGANISMS

CASE = use_case.get("phytoplankton")
PICTURES, ROUNDS = 256, 5
PLAIN = 64
"""Pictures that the plain loop takes in a round; the others, which are quicker, take all."""
BATCH = 32
STANDARD = ("efficientnet_b0", "mobilenetv3_large_100")
"""Networks that plankton is often sorted with, at 224 pixels: the ratio is the smaller of theirs."""


@dataclasses.dataclass(frozen=True)
class Row:
    """Seconds for a picture, of every round."""

    name: str
    plain: list[float]
    ours: list[float]
    forward: list[float]
    decode: list[float]

    def rate(self, what: str) -> float:
        return 1 / median(getattr(self, what))

    @property
    def over_plain(self) -> float:
        return median(slow / quick for slow, quick in zip(self.plain, self.ours, strict=True))

    @property
    def of_slower(self) -> float:
        rounds = zip(self.ours, self.forward, self.decode, strict=True)
        return median(max(forward, decode) / ours for ours, forward, decode in rounds)


def pictures(folder: Path, sides: tuple[int, int], count: int) -> Path:
    """JPEG files of drawn particles whose longer side is between `sides`, with the noise of a camera."""
    rng = np.random.default_rng(7)
    shots = [Image.fromarray(drawing.draw(list(ORGANISMS)[i % 6], 3, i).grey).convert("RGB") for i in range(60)]
    folder.mkdir()
    for number in range(count):
        shot = shots[number % len(shots)]
        scale = rng.integers(*sides) / max(shot.size)
        drawn = shot.resize([round(side * scale) for side in shot.size], Image.Resampling.BICUBIC)
        lit = np.asarray(drawn) * (inputs.WATER / inputs.background(np.asarray(drawn)))
        noisy = np.clip(lit + rng.integers(-4, 5, (*lit.shape[:2], 1)), 0, 255).astype(np.uint8)
        data = simplejpeg.encode_jpeg(noisy, quality=90, colorsubsampling="420")
        (folder / f"{number:05}.jpg").write_bytes(data)
    return folder


def standard(architecture: str, folder: Path):
    """A network of timm at 224 pixels that nobody taught, written as weights are, with scores that differ."""
    model = dataclasses.replace(
        CASE.model(), name=architecture, architecture=architecture, options={}, profile=Profile(224)
    )
    torch.manual_seed(0)
    network = networks.build(model).train()
    seen = [inputs.prepare(np.asarray(Image.open(path)), model) for path in sorted(folder.glob("*.jpg"))[:BATCH]]
    with torch.no_grad():
        batch = inputs.batch(seen, model.profile, torch.device("cpu"))
        network(*batch)  # so that its layers know what to expect of pictures
        spread = network.eval()(*batch).std(0).mean()
    data, sha256 = classification.packed(network)
    weights = folder.parent / f"{architecture}.safetensors"
    weights.write_bytes(data)
    return dataclasses.replace(model, sha256=sha256, temperature=float(spread)), weights


class Plain:
    """What a user of timm writes. The pictures' water is as bright as the model wants it: nothing to even out."""

    def __init__(self, model, weights: Path, batch: int) -> None:
        loaded = load(CASE, model, weights)
        self.batch = batch
        self.network = networks.build(model).eval().to(loaded.device)
        self.network.load_state_dict(loaded.network.state_dict())
        self.model, self.device = model, loaded.device
        bands = 1 if model.profile.colour == "grey" else 3
        self.mode, self.water = "L" if bands == 1 else "RGB", (inputs.WATER,) * bands
        levels = transforms.Normalize(model.profile.mean[:bands], model.profile.std[:bands])
        self.transform = transforms.Compose([transforms.ToTensor(), levels])

    def square(self, path: str) -> Image.Image:
        side = self.model.profile.size
        return ImageOps.pad(Image.open(path).convert(self.mode), (side, side), Image.Resampling.BILINEAR, self.water)

    @torch.no_grad()
    def scores(self, squares):
        batch = torch.stack([self.transform(square) for square in squares]).to(self.device)
        return (self.network(batch) / self.model.temperature).softmax(1).cpu().numpy()

    def loop(self, paths):
        batches = [paths[at : at + self.batch] for at in range(0, len(paths), self.batch)]
        return np.concatenate([self.scores([self.square(path) for path in batch]) for batch in batches])


def forwards(classifier, seen):
    """Ways to run the network on bytes that lie ready, by their names; on a graphics card torch is the engine."""
    if classifier.device.type != "cpu":
        batches = [seen[at : at + 64] for at in range(0, len(seen), 64)]
        ready = [inputs.batch(batch, classifier.model.profile, classifier.device) for batch in batches]

        def card():
            with torch.inference_mode():
                return [classifier.network(*batch).cpu() for batch in ready]

        return {"torch": card}
    (ready,) = inputs.stacked(seen)
    compiled = engine.Compiled(classifier.network, classifier.model.profile)
    return {"OpenVINO, a stream each thread": lambda: compiled(ready), **_in_step(classifier, ready)}


def _in_step(classifier, ready):
    """OpenVINO's other way: all threads on the same batch."""
    import openvino

    graph = engine.graph(classifier.network, classifier.model.profile)
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": compute.threads(), "NUM_STREAMS": "1"}
    request = openvino.Core().compile_model(graph, "CPU", settings).create_infer_request()
    arrays = [np.ascontiguousarray(part.permute(0, 2, 3, 1).numpy()) for part in ready.split(BATCH)]
    return {"OpenVINO, all threads in step": lambda: [request.infer([array], share_inputs=True) for array in arrays]}


def decoder(samples, model):
    """The fastest decoder alone, on bytes that lie ready, no larger than the model needs."""
    data = [Path(sample.uri).read_bytes() for sample in samples]
    kind, side = "GRAY" if model.profile.colour == "grey" else "RGB", model.profile.size
    chunks = [data[at : at + 16] for at in range(0, len(data), 16)]

    def chunk(parts):
        return [simplejpeg.decode_jpeg(part, kind, min_height=side, min_width=side) for part in parts]

    def decode():
        with ThreadPoolExecutor(compute.threads()) as pool:
            return list(pool.map(chunk, chunks))

    return decode


def measured(name: str, folder: Path, model, weights: Path, batch: int = BATCH) -> Row:
    """All four, round by round, the first to warm them; both ways to predict must say the same."""
    every = open_samples(folder).samples
    classifier, loop = load(CASE, model, weights), Plain(model, weights, batch)
    reads = reading.read(every, classifier.prepare, side=classifier.side, threads=compute.threads())
    seen = [read.ready for read in reads]
    pace.quick(classifier, seen)
    same(predict(CASE, every[:PLAIN], model, weights=weights, progress=False), every[:PLAIN], seen, loop)
    ways = forwards(classifier, seen)
    paths = [sample.uri for sample in every]
    runs = {
        "ours": lambda: predict(CASE, every, model, weights=weights, progress=False),
        "decode": decoder(every, model),
    }
    took = {"plain": [], **{key: [] for key in (*runs, *ways)}}
    for number in range(ROUNDS + 1):
        start = number * PLAIN % len(paths)
        part = (paths + paths)[start : start + PLAIN]
        took["plain"].append(seconds(lambda part=part: loop.loop(part)) / PLAIN)
        for key, run in {**runs, **ways}.items():
            took[key].append(seconds(run) / len(paths))
    warm = {key: times[1:] for key, times in took.items()}
    return Row(name, warm["plain"], warm["ours"], min((warm[way] for way in ways), key=median), warm["decode"])


def seconds(run) -> float:
    with compute.free_threads():  # ours takes only free cores: the others must not lose by crowding
        began = time.perf_counter()
        run()
        return time.perf_counter() - began


def same(run, samples, seen, loop: Plain) -> None:
    """Both see the same but for how a JPEG is decoded and made small, and say the same of what they see."""
    assert len(run.predictions) == len(samples), f"{len(run.skipped)} pictures were skipped"
    ours = np.array([[p.regions[0].scores[name] for name in loop.model.label_names] for p in run.predictions])
    squares = [np.squeeze(square) for square in seen[: len(samples)]]
    apart = float(np.abs(ours - loop.scores([Image.fromarray(square) for square in squares])).max())
    theirs = [np.asarray(loop.square(sample.uri), np.int16) for sample in samples]
    greys = float(np.mean([np.abs(one - other).mean() for one, other in zip(squares, theirs, strict=True)]))
    if apart > pace.TOLERANCE or greys > 3:
        raise SystemExit(f"Not the same: scores differ by {apart:.4f}, pictures by {greys:.1f} of 255 greys.")


def shipped(folder: Path, batch: int = BATCH) -> Row:
    """The use case's own small network on vignettes as its instrument cuts them."""
    model, vignettes = CASE.model(), pictures(folder / "vignettes", (60, 200), PICTURES)
    return measured("north_sea, vignettes 60-200 px", vignettes, model, CASE.folder / model.weights, batch)


def main() -> None:
    count = compute.threads()
    compute.threads = lambda: count  # the same for all, whatever else runs
    with tempfile.TemporaryDirectory(prefix="imagine-predict-") as name:
        folder = Path(name)
        large = pictures(folder / "pictures", (300, 1000), PICTURES)
        torch.set_num_threads(count)
        rows = [measured(f"{each}, 300-1000 px", large, *standard(each, large)) for each in STANDARD]
        own = CASE.model()
        rows.append(measured("north_sea, 300-1000 px", large, own, CASE.folder / own.weights))
        rows.append(shipped(folder))
    print(f"pictures a second, {count} threads, {compute.device()}; medians of {ROUNDS} rounds")
    print(f"{'':34}{'plain':>8}{'ours':>8}{'forward':>9}{'decode':>8}{'over plain':>12}{'of the slower':>15}")
    for row in rows:
        rates = f"{row.rate('plain'):8.0f}{row.rate('ours'):8.0f}{row.rate('forward'):9.0f}{row.rate('decode'):8.0f}"
        print(f"{row.name:34}{rates}{row.over_plain:12.1f}{row.of_slower:15.2f}")
    print(f"ratio: {min(row.over_plain for row in rows[: len(STANDARD)]):.1f}")


if __name__ == "__main__":
    sys.exit(main())
