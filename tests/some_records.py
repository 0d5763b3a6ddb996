"""Records of every kind for property tests: any text, any number, any shape."""

from hypothesis import strategies as some

from imagine_kernels import shapes
from imagine_kernels.records import STATES, Annotation, Effort, Opinion, Prediction, Quantity, Region, Sample, Skipped

TEXT = some.text(min_size=1, max_size=20)
SCORE = some.floats(0, 1)
NUMBER = some.floats(allow_nan=False, allow_infinity=False, width=32)
SIZE = some.floats(min_value=0.1, max_value=1e5)
ANGLE = some.floats(-360, 360)
TIME = some.datetimes().map(lambda time: time.isoformat())
POINTS = some.tuples(NUMBER, NUMBER)
BOXES = some.builds(shapes.Box, NUMBER, NUMBER, SIZE, SIZE)


def rings(least):
    return some.lists(POINTS, min_size=least, max_size=6).map(tuple)


@some.composite
def masks(draw):
    """A mask of any runs: pixels outside and inside in turn."""
    counts = draw(some.lists(some.integers(1, 50), min_size=1, max_size=6))
    total = sum(counts)
    width = draw(some.sampled_from([n for n in range(1, total + 1) if total % n == 0]))
    first = [0] if draw(some.booleans()) else []
    place = draw(some.tuples(some.integers(-9, 9999), some.integers(-9, 9999)))
    return shapes.Mask(*place, width, total // width, (*first, *counts))


POLYGONS = some.builds(shapes.Polygon, rings(3), some.lists(rings(3), max_size=2).map(tuple))
FLAT = some.one_of(
    some.builds(shapes.Point, NUMBER, NUMBER),
    some.builds(shapes.Line, rings(2)),
    BOXES,
    some.builds(shapes.RotatedBox, NUMBER, NUMBER, SIZE, SIZE, ANGLE),
    some.builds(shapes.Ellipse, NUMBER, NUMBER, SIZE, SIZE, ANGLE),
    POLYGONS,
    some.builds(shapes.MultiPolygon, some.lists(POLYGONS, min_size=1, max_size=2).map(tuple)),
    masks(),
)
SOUNDS = some.builds(
    lambda start, long, band: shapes.TimeFrequency(start, start + long, *band),
    some.floats(0, 1e4),
    some.floats(0.1, 1e3),
    some.just((None, None)) | some.tuples(some.floats(0, 1e4), some.floats(1.1e4, 1e5)),
)
TRACKS = some.lists(some.floats(0, 1e4), min_size=1, max_size=4, unique=True).flatmap(
    lambda times: some.tuples(
        *(some.builds(shapes.Key, some.just(time), some.none() | FLAT) for time in sorted(times))
    ).map(shapes.Track)
)
SHAPES = FLAT | SOUNDS | TRACKS
STATE = some.sampled_from(["", *STATES])
OPINIONS = some.builds(Opinion, TEXT, some.none() | SCORE, some.text(max_size=9), some.just("") | TIME, STATE)
QUANTITIES = some.builds(Quantity, NUMBER, TEXT)
REGIONS = some.builds(
    Region,
    TEXT,
    some.none() | SCORE,
    some.none() | SHAPES,
    scores=some.dictionaries(TEXT, SCORE, max_size=4),
    state=STATE,
    opinions=some.lists(OPINIONS, max_size=2).map(tuple),
    raw=some.dictionaries(TEXT, some.text(max_size=9), max_size=2),
)
EFFORTS = some.builds(Effort, some.none() | some.builds(Quantity, SIZE, TEXT), SIZE)
SAMPLES = some.builds(
    Sample,
    TEXT,
    TEXT,
    some.integers(1, 9999),
    some.integers(1, 9999),
    some.none() | BOXES,
    some.none() | TEXT,
    pixel_size=some.none() | QUANTITIES,
    effort=some.none() | EFFORTS,
    measures=some.dictionaries(TEXT, QUANTITIES, max_size=3),
)
TUPLES = some.lists(REGIONS, max_size=3).map(tuple)
RECORDS = some.one_of(
    SAMPLES,
    REGIONS,
    some.builds(Prediction, TEXT, TUPLES, TEXT, TEXT),
    some.builds(Annotation, TEXT, TUPLES, TEXT),
    some.builds(Skipped, TEXT, TEXT),
)
