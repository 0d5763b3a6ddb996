"""The taxa of the use case: what they are called and belong to, and how a valve of each is built. Facts only.

Lengths, breadths and striae are those the floras give (Krammer and Lange-Bertalot, Süßwasserflora von Mitteleuropa
2/1-4; https://diatoms.org), the lengths cut to what a field of 0.1 µm per pixel shows whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Taxon:
    """One species: its OMNIDIA code, the taxa above it, and its valve.

    `length` and `breadth` are µm, `striae` and `fibulae` how many in 10 µm. `power` shapes the outline (1.2 a lozenge,
    2 an ellipse, 8 a rod); `neck` narrows it before the ends, which are `head` times as wide as the neck; `wedge` makes
    one end wider; `bend` is how far the middle leaves the line through the ends, in breadths. `tilt` leans the striae
    towards the middle (radians at the margin). `axial` and `central` are the parts of the breadth without striae along
    the middle line and around the centre; `raphe` is "middle", "edge" (a canal with fibulae), "around" (Surirella),
    "ends" (Eunotia) or "none".
    """

    name: str
    code: str
    parents: tuple[str, ...]
    length: Range
    breadth: Range
    striae: Range
    about: str
    power: float = 2.0
    neck: float = 0.0
    head: float = 1.0
    wedge: float = 0.0
    bend: float = 0.0
    tilt: float = 0.0
    axial: float = 0.08
    central: float = 0.0
    raphe: str = "middle"
    stauros: bool = False
    fibulae: Range | None = None
    ribs: Range | None = None


DIATOMS = "Bacillariophyceae"
_NAVICULA = ("Navicula", "Naviculaceae", "Naviculales", DIATOMS)
_GOMPHONEMA = ("Gomphonema", "Gomphonemataceae", "Cymbellales", DIATOMS)
_NITZSCHIA = ("Nitzschia", "Bacillariaceae", "Bacillariales", DIATOMS)

TAXA: Mapping[str, Taxon] = {
    taxon.name: taxon
    for taxon in (
        Taxon(
            "Achnanthidium minutissimum", "ADMI", ("Achnanthidium", "Achnanthidiaceae", "Cocconeidales", DIATOMS),
            (9, 20), (2.5, 3.6), (28, 32), "Tiny, slim, ends a little drawn out, striae barely resolved",
            power=2.4, neck=0.25, head=1.15, tilt=0.3, central=0.45,
        ),
        Taxon(
            "Cocconeis placentula", "CPLA", ("Cocconeis", "Cocconeidaceae", "Cocconeidales", DIATOMS),
            (14, 34), (9, 20), (20, 24), "Broad ellipse, fine striae that bend with the outline",
            power=2.1, tilt=0.9, axial=0.05,
        ),
        Taxon(
            "Cymbella affinis", "CAFF", ("Cymbella", "Cymbellaceae", "Cymbellales", DIATOMS),
            (22, 42), (7.5, 11), (9, 12), "One side bulges: a segment of an orange",
            power=1.75, neck=0.12, bend=0.28, tilt=0.35, axial=0.13, central=0.28,
        ),
        Taxon(
            "Eunotia bilunaris", "EBIL", ("Eunotia", "Eunotiaceae", "Eunotiales", DIATOMS),
            (24, 50), (3.2, 4.8), (13, 17), "A slim bow of one breadth",
            power=7.0, bend=1.0, raphe="ends", axial=0.0,
        ),
        Taxon(
            "Fragilaria capucina", "FCAP", ("Fragilaria", "Fragilariaceae", "Fragilariales", DIATOMS),
            (20, 48), (3.2, 5.0), (12, 16), "A slim needle, no raphe, a clear patch at the centre",
            power=2.6, neck=0.3, head=1.1, axial=0.22, central=0.75, raphe="none",
        ),
        Taxon(
            "Gomphonema parvulum", "GPAR", _GOMPHONEMA,
            (13, 30), (5, 7.5), (10, 16), "A small club, the upper end drawn out to a beak",
            power=1.9, neck=0.2, head=1.2, wedge=0.28, tilt=0.2, axial=0.09, central=0.3,
        ),
        Taxon(
            "Gomphonema truncatum", "GTRU", _GOMPHONEMA,
            (22, 42), (9, 13), (9, 12), "A club with a broad flat head above a waist",
            power=2.6, neck=0.12, wedge=0.6, tilt=0.35, axial=0.12, central=0.4,
        ),
        Taxon(
            "Navicula gregaria", "NGRE", _NAVICULA,
            (16, 34), (5, 7.5), (16, 20), "A spindle with drawn-out heads, fine striae",
            power=1.8, neck=0.28, head=1.25, tilt=0.25, axial=0.07, central=0.25,
        ),
        Taxon(
            "Navicula tripunctata", "NTPT", _NAVICULA,
            (32, 52), (6.5, 9.5), (9, 12), "A long spindle with blunt ends, coarse even striae, a square centre",
            power=2.3, tilt=0.12, axial=0.08, central=0.5,
        ),
        Taxon(
            "Nitzschia dissipata", "NDIS", _NITZSCHIA,
            (20, 46), (4, 6.5), (39, 45), "A slim spindle, a canal with uneven fibulae just beside the middle",
            power=1.7, neck=0.2, head=1.2, raphe="edge", axial=0.35, fibulae=(6, 10),
        ),
        Taxon(
            "Nitzschia palea", "NPAL", _NITZSCHIA,
            (20, 46), (3, 4.8), (35, 39), "A slim lancet, a row of points along one margin",
            power=2.9, neck=0.3, head=1.0, raphe="edge", axial=0.88, fibulae=(10, 15),
        ),
        Taxon(
            "Stauroneis smithii", "SSMI", ("Stauroneis", "Stauroneidaceae", "Naviculales", DIATOMS),
            (18, 36), (5.5, 8.5), (26, 30), "A spindle with a clear cross and small drawn-out ends",
            power=1.8, neck=0.25, head=1.0, tilt=0.15, axial=0.06, stauros=True,
        ),
        Taxon(
            "Surirella brebissonii", "SBRE", ("Surirella", "Surirellaceae", "Surirellales", DIATOMS),
            (18, 42), (12, 20), (17, 20), "A broad egg with ribs from the margin towards the middle",
            power=2.2, wedge=0.22, raphe="around", axial=0.04, ribs=(4.5, 6),
        ),
    )
}  # fmt: skip
"""By name. Three genera hold two species, three orders more than one family: what a model can fall back to."""
GENERA: Mapping[str, str] = {"Gomphonema": "GOMS", "Navicula": "NASP", "Nitzschia": "NZSS"}
"""OMNIDIA's codes of valves of which the genus alone is known."""
DEBRIS = "debris"
"""What lies among the valves and is none: splinters, grains, threads."""
