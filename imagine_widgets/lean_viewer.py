"""OpenSeadragon → OpenSeadragon without what no widget uses: a fifth of what every browser would have to load.

One that is out of sight may rest; else it would ask for sixty frames a second as long as it is open.

Its build is one file of parts, each closed in itself. Standard library only: `bundle` runs it.
"""

import re
from pathlib import Path

UNUSED = (
    "WebGLDrawer",  # a page has sixteen contexts at most
    *("DziTileSource", "IIIFTileSource", "OsmTileSource", "TmsTileSource", "LegacyTileSource"),  # servers we do not ask
    *("Navigator", "ReferenceStrip"),
    *("Button", "ButtonGroup", "TileSourceCollection"),  # the widgets have their own
    *("Mat3", "DisplayRect"),  # of those drawers and sources alone
    *("HTMLDrawer", "ImageTileSource"),  # pictures come as tiles and are drawn on a canvas
)
_ENDLESS = """
    updateOnce( viewer );

    // Request the next frame, unless we've been closed
    if ( viewer.isOpen() ) {
"""
_RESTING = """
    updateOnce( viewer );
    viewer.goOn = () => viewer._updateRequestId ||= scheduleUpdate( viewer, updateMulti );

    // Request the next frame, unless we've been closed, or `isResting` says that nobody sees us
    if ( viewer.isOpen() && !viewer.isResting ) {
"""
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
    whole = "".join(part for _, part in headed)
    if whole.count(_ENDLESS) != 1:
        raise OSError(f"OpenSeadragon asks for frames in another way now: change _ENDLESS in {Path(__file__).name}.")
    lean = package / "lean.js"
    lean.write_text(whole.replace(_ENDLESS, _RESTING), encoding="utf-8")
    return lean
