"""How large a pixel of an EcoTaxa project is and how much water was searched: only where the unit is established.

A volume read in the wrong unit is wrong by a factor of 1000: EcoTaxa's own default formula takes sample_tot_vol for
litres, while ZooScan projects hold cubic metres. So a number without a unit is used only where the instrument's
program fixes it or the person says it; else it is left out with a sentence. acq_sub_part is the number of equal parts
the sample was split into before one was scanned (Motoda 1959): 4 means a quarter; below 1 it is that share itself.
"""

import functools
import re
from collections.abc import Mapping

from imagine_kernels.ecotaxa_tables.values import known
from imagine_kernels.records import Effort, Quantity

CUBIC_METRE = "meter ** 3"
UNITS = {
    "m3": CUBIC_METRE, "m^3": CUBIC_METRE, "m**3": CUBIC_METRE, "m³": CUBIC_METRE, "mcube": CUBIC_METRE,
    "l": "liter", "litre": "liter", "litres": "liter", "liter": "liter", "liters": "liter", "dm3": "liter",
    "ml": "milliliter", "cm3": "milliliter", "ul": "microliter", "µl": "microliter",
    CUBIC_METRE: CUBIC_METRE, "milliliter": "milliliter", "microliter": "microliter",
}  # fmt: skip
SEARCHED = "acq_volume_searched_m3"
DILUTION = "acq_dilution"
"""What our own tables hold: the water in which the objects of one acquisition were found, sub-sampling included."""
_LENGTHS = {"mm": 1000.0, "um": 1.0, "µm": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0}
_SUFFIXED = re.compile(
    r"(sample|acq|process)_(tot(al)?_?(water_?)?vol(ume)?|(water_|filtered_|imaged_|analy[sz]ed_|sampled_)?vol(ume)?"
    r"(_filtered|_imaged|_analy[sz]ed|_sampled)?)_(?P<unit>m3|mcube|l|litres?|liters?|ml)"
)
_BARE = ("sample_tot_vol", "sample_total_volume", "sample_total_water_volume", "sample_volume")
_PARTS = ("acq_sub_part", "sample_sub_part", "process_sub_part")
_SAYING = {
    *_PARTS, DILUTION, "acq_instrument", "acq_imgtype", "acq_hardware", "process_software", "process_img_resolution",
    "sample_zmin", "sample_zmax", "sample_net_surf",
}  # fmt: skip
_PIXEL = re.compile(r"(process|acq|sample)_(\w+_)?pixel(_?size)?(_(?P<unit>mm|um|µm|microns?|micrometer))?")
_FAMILIES = {
    "zooscan": (2.0, 50.0), "epson": (2.0, 50.0), "hydroptic": (2.0, 50.0), "scanner": (2.0, 50.0),
    "perfection": (2.0, 50.0), "uvp": (40.0, 250.0), "flowcam": (0.1, 10.0), "flow_cam": (0.1, 10.0),
    "ifcb": (0.1, 1.0), "planktoscope": (0.4, 2.5), "zoocam": (5.0, 60.0),
}  # fmt: skip
"""Between how many micrometres the pixel of an instrument lies; as far below 1000 as keeps mm and µm apart."""
_SCANNERS = ("zooscan", "epson", "hydroptic", "scanner", "perfection")
_NO_NET = 500.0
"""A net filters at most so many times its mouth times the depths it passed (long oblique tows reach 200)."""

Row = Mapping[str, str]


@functools.cache
def wanted(column: str) -> bool:
    """Whether a column says something of scale or effort."""
    if not column.startswith(("acq_", "process_", "sample_")):
        return False
    return "vol" in column or "pixel" in column or column in _SAYING


def pixel_size(row: Row) -> tuple[Quantity | None, str | None]:
    """The side of a pixel, or why it is left open as a sentence; neither where the table does not speak of it."""
    bare = None
    for column, text in row.items():
        found, value = _PIXEL.fullmatch(column), known(text)
        if found is None or value is None or value <= 0:
            continue
        if found["unit"]:
            return Quantity(value * _LENGTHS[found["unit"]], "micrometer"), None
        bare = bare or (column, value)
    resolution = known(row.get("process_img_resolution", ""))
    if bare is None:
        scanned = resolution is not None and resolution >= 300 and _is_of(row, _SCANNERS)
        return (Quantity(25_400 / resolution, "micrometer") if scanned and resolution else None), None
    for low, high in (family for name, family in _FAMILIES.items() if _is_of(row, (name,))):
        for micrometres in (bare[1], bare[1] * 1000):
            if low <= micrometres <= high:
                return Quantity(micrometres, "micrometer"), None
    why = (
        f"{bare[0]} is {bare[1]:g}, and nothing tells whether mm or µm: name the column process_particle_pixel_size_mm."
    )
    return None, why


def effort(row: Row, unit: str | None = None) -> tuple[Effort | None, str | None]:
    """The water searched, or why it is left open as a sentence; neither where the table does not speak of it.

    `unit` is what the person says of volumes that come without one.
    """
    searched = known(row.get(SEARCHED, ""))
    if searched is not None and searched > 0:
        return Effort(Quantity(searched, CUBIC_METRE), known(row.get(DILUTION, "")) or 1.0), None
    imaged = _flowcam(row)
    if imaged is not None:
        return Effort(imaged), None
    volume, why = _volume(row, unit)
    if volume is None:
        return None, why
    part = _part(row)
    if part is None and _is_of(row, _SCANNERS):
        return None, "The volume of water is known, but not the part of it that was scanned: fill in acq_sub_part."
    return Effort(Quantity(volume.value * (1.0 if part is None else part), volume.unit)), None


def _volume(row: Row, unit: str | None) -> tuple[Quantity | None, str | None]:
    for column, text in row.items():
        found, value = _SUFFIXED.fullmatch(column), _there(text)
        if found is not None and value is not None:
            return Quantity(value, UNITS[found["unit"]]), None
    for column in _BARE:
        told = re.fullmatch(r"([\d.,]+)\s*(\D\S*)", row.get(column, ""))
        if told is not None and told[2].lower() in UNITS and (value := _there(told[1])) is not None:
            return Quantity(value, UNITS[told[2].lower()]), None
        value = _there(row.get(column, ""))
        if value is None:
            continue
        if unit is not None:
            return Quantity(value, unit), None
        return _of_zooscan(row, column, value)
    return None, _of_uvp(row)


def _of_uvp(row: Row) -> str | None:
    """The tables of a UVP tell the water of one image, and not how many images were taken on the way down."""
    one = _there(row.get("acq_volimage", ""))
    if one is None or not _is_of(row, ("uvp",)):
        return None
    return (
        f"A UVP's image is of {one:g} L (acq_volimage), and the table does not tell how many images were taken: "
        "multiply the two, and give that volume."
    )


def _of_zooscan(row: Row, column: str, value: float) -> tuple[Quantity | None, str | None]:
    """ZooProcess asks for the volume a net filtered in m³, so its tables hold that, unless the net contradicts it."""
    ask = "Ask who took the sample, and open the project with volume_unit='m3' or 'L'."
    if not _is_of(row, ("zooscan",)):
        why = f"{column} is {value:g}, and nothing tells whether litres or cubic metres, which differ 1000 times. {ask}"
        return None, why
    mouth, low, high = (_there(row.get(f"sample_{name}", "")) for name in ("net_surf", "zmin", "zmax"))
    passed = 0.0 if high is None else abs(high - (low or 0.0))
    if mouth is not None and passed >= 10 and value > _NO_NET * mouth * passed:
        why = f"{column} is {value:g} m³ as ZooScan tables hold it, but a net of {mouth:g} m² that passed {passed:g} m"
        return None, f"{why} filters no such volume: it may be litres. {ask}"
    return Quantity(value, CUBIC_METRE), None


def _flowcam(row: Row) -> Quantity | None:
    """Sea water imaged: what the FlowCam imaged (mL) of a concentrate (mL) that was made of a volume of water (m³)."""
    imaged = _there(re.sub(r"\s*ml$", "", row.get("acq_fluid_volume_imaged", "").lower()))
    made_of, concentrate = (_there(row.get(f"sample_{n}", "")) for n in ("initial_col_vol_m3", "conc_vol_ml"))
    if imaged is None or made_of is None or concentrate is None:
        return None
    return Quantity(made_of * imaged / concentrate, CUBIC_METRE)


def _part(row: Row) -> float | None:
    for column in _PARTS:
        value = _there(row.get(column, ""))
        if value is not None:
            return 1 / value if value >= 1 else value
    return None


def _there(text: str) -> float | None:
    """A number above 0 that does not stand for "unknown", as 9999 and 99999 do."""
    value = known(text)
    return None if value is None or value <= 0 or value in {9999, 99999, 999999} else value


def _is_of(row: Row, names: tuple[str, ...]) -> bool:
    told = " ".join(
        row.get(c, "") for c in ("acq_instrument", "acq_imgtype", "acq_hardware", "process_software")
    ).lower()
    return any(name in told for name in names)
