"""How much quicker `predict` is than a plain timm loop, picture by picture, on the same pictures and weights."""

import tempfile
import time
from pathlib import Path

import numpy as np
import timm
import timm.data
import torch
from PIL import Image
from safetensors.torch import load_file

from imagine_kernels import use_case
from imagine_kernels.predict import predict
from imagine_kernels.sources import open_samples
from imagine_kernels.tasks import compute, inputs
from imagine_kernels.use_cases.phytoplankton import samples

COUNT = 1000
ROUNDS = 3


def ratio(count: int = COUNT) -> tuple[float, float]:
    """Seconds ours takes for `count` drawn pictures, and seconds of the plain loop; best of three rounds in turn."""
    case = use_case.get("phytoplankton")
    with tempfile.TemporaryDirectory(prefix="imagine-ratio-") as folder:
        drawn = open_samples(samples.make_images(folder, count=count, seed=4)).samples
        loop = plain(case.model(), case.folder)
        predict(case, drawn[:64], progress=False), loop([sample.uri for sample in drawn[:16]])
        ours, theirs = [], []
        for _ in range(ROUNDS):
            run = predict(case, drawn, progress=False)
            ours.append(run.seconds)
            with compute.free_threads():  # ours takes only free cores: the loop must not lose by crowding
                began = time.perf_counter()
                scores = loop([sample.uri for sample in drawn])
                theirs.append(time.perf_counter() - began)
    same(run, scores, case.model().label_names)
    return min(ours), min(theirs)


def plain(model, folder: Path):
    """What a user of timm who knows it writes: eval mode, no gradients, one picture after the other."""
    grey = model.profile.colour == "grey"
    channels = 1 if grey else 3
    network = timm.create_model(
        model.architecture, num_classes=len(model.labels), in_chans=channels, **dict(model.options)
    )
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in _weights(folder / model.weights)})
    network.eval()
    transform = timm.data.create_transform(
        (channels, model.profile.size, model.profile.size),
        crop_pct=1.0,
        mean=model.profile.mean[:channels],
        std=model.profile.std[:channels],
    )

    @torch.inference_mode()
    def loop(paths):
        scores = []
        for path in paths:
            picture = inputs.square(np.asarray(Image.open(path).convert("RGB")), model.profile)
            picture = Image.fromarray(picture[..., 0] if grey else picture)
            scores.append(network(transform(picture).unsqueeze(0)).softmax(1)[0].numpy())
        return np.stack(scores)

    return loop


def _weights(path: Path):
    return load_file(path).items()


def same(run, scores, names) -> None:
    """Both must say the same, but for what two JPEG decoders make of the same file."""
    assert len(run.predictions) == len(scores), f"{len(run.skipped)} pictures were skipped"
    ours = np.array([[p.regions[0].scores[name] for name in names] for p in run.predictions])
    agree = float((ours.argmax(1) == scores.argmax(1)).mean())
    apart = float(np.abs(ours - scores).mean())
    assert agree >= 0.99, f"only {agree:.1%} of the classes agree"
    assert apart <= 0.005, f"scores differ by {apart:.4f} on average"


if __name__ == "__main__":
    fast, slow = ratio()
    print(f"ours {fast:.2f} s, plain timm loop {slow:.2f} s for {COUNT} pictures")
    print(f"ratio: {slow / fast:.1f}")
