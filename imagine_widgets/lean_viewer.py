"""OpenSeadragon → OpenSeadragon without what no widget uses: a fifth of what every browser would have to load.

Its build is one file of parts, each closed in itself. Standard library only: `bundle` runs it.
"""

import re
from pathlib import Path

UNUSED = (
    "WebGLDrawer",  # a page has sixteen contexts at most
    *("DziTileSource", "IIIFTileSource", "OsmTileSource", "TmsTileSource", "LegacyTileSource"),  # servers we do not ask
    *("Navigator", "ReferenceStrip"),
    *("Button", "ButtonGroup", "TileSourceCollection"),  # the widgets have their own
    *("HTMLDrawer", "ImageTileSource"),  # pictures come as tiles and are drawn on a canvas
)
_PART = re.compile(r"^(?=/\*\n \* OpenSeadragon)", re.MULTILINE)


def write_lean(package: Path) -> Path:
    """The lean file, written into the folder of the package beside the whole one.

    Raises OSError with a sentence where the package is not built as it was.
    """
    parts = _PART.split((package / "build" / "openseadragon" / "openseadragon.js").read_text(encoding="utf-8"))
    headed = [(part.split("\n", 2)[1] if part.startswith("/*") else "", part) for part in parts]
    for name in UNUSED:
        found = [part for head, part in headed if head == f" * OpenSeadragon - {name}"]
        if len(found) != 1:
            raise OSError(f"OpenSeadragon has no part {name} any more: change UNUSED in {Path(__file__).name}.")
        headed = [(head, part) for head, part in headed if part is not found[0]]
    lean = package / "lean.js"
    lean.write_text("".join(part for _, part in headed), encoding="utf-8")
    return lean
