"""What the tests of tiles by a server ask and draw, and what people who should not get one would try."""

import json
import time
import zipfile

import numpy as np
import psutil
from PIL import Image

from imagine_widgets.tile_server import private, signing

MAKER = "imagine_widgets.tile_server.maker"


def address(name, level=11, column=0, line=0, look="0,4000,1.5"):
    return f"/imagine-tiles/{name}/{level}/{column}_{line}?look={look}"


def said(answer):
    return answer.json()["message"]


def process_of(lab):
    [found] = [one for one in psutil.Process().children() if any(str(lab.folder) in word for word in one.cmdline())]
    return found


def makers(lab):
    return [one for one in process_of(lab).children() if MAKER in one.cmdline()]


def as_colours(folder):
    y, x = np.mgrid[0:200, 0:300]
    path = folder / "colours.png"
    Image.fromarray(np.stack([x % 256, y, x + y], axis=2).astype(np.uint8)).save(path)
    return str(path)


def in_archive(folder):
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.write(as_colours(folder), "deep/colours.png")
    return f"{folder}/all.zip!/deep/colours.png"


def forged(name):
    (private.folder() / name).write_bytes((private.folder() / name).read_bytes().replace(b"deep.tif", b"else.tif"))
    return name


def renamed(name):
    other = "f" * 64
    (private.folder() / name).rename(private.folder() / other)
    return other


def of_another_person(name):
    """What her own kernel signed, with her own key, and put in this folder."""
    told = json.loads((private.folder() / name).read_bytes())
    content = json.dumps({**told, "file": "/etc/shadow"}).encode()
    other = signing._signature(content, b"another key")
    private.write(other, content)
    return other


def expired(name):
    told = json.loads((private.folder() / name).read_bytes())
    content = json.dumps({**told, "until": int(time.time()) - 1}).encode()
    other = signing._signature(content, private.secret(new=False))
    private.write(other, content)
    return other


def opened_to_others(name):
    (private.folder() / name).chmod(0o644)
    return name


def behind_a_link(name):
    kept = private.folder() / name
    kept.rename(kept.with_name("elsewhere"))
    kept.symlink_to("elsewhere")
    return name
