"""Figures of found things: as pycocotools counts them for boxes, by hand for other shapes, intervals over groups."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from imagine_kernels.evaluate_shapes import evaluate
from imagine_kernels.images import overlaps
from imagine_kernels.records import Annotation, Box, Prediction, Region
from imagine_kernels.shapes import Ellipse, Mask, Point, Polygon, RotatedBox
from imagine_kernels.truth import latest

LABELS = ("crab", "eel")


def predicted(name, *regions):
    return Prediction(name, regions, "model", "")


def said(name, *regions, at="2026-01-01T00:00:00+00:00"):
    return Annotation(name, regions, "ana", at)


def pictures(seed=0, count=40):
    """What a middling model finds: most things, a little off, some of another name, some that are not there."""
    order = np.random.default_rng(seed)
    found, true = [], []
    for number in range(count):
        drawn = [
            Region(str(order.choice(LABELS)), None, Box(*order.uniform(0, 200, 2), *order.uniform(10, 60, 2)))
            for _ in range(order.integers(0, 5))
        ]
        seen = [Region("crab", float(order.random()), Box(*order.uniform(0, 200, 2), *order.uniform(10, 60, 2)))]
        for region in drawn:
            box, off = region.shape, order.normal(0, 3, 4)
            moved = Box(box.x + off[0], box.y + off[1], box.width + abs(off[2]), box.height + abs(off[3]))
            name = region.label if order.random() < 0.9 else "crab"
            if order.random() < 0.8:
                seen.append(Region(name, float(order.random()), moved))
        found.append(predicted(str(number), *seen))
        true.append(said(str(number), *drawn))
    return found, true


def coco(found, true):
    """What pycocotools itself counts of upright boxes: average precisions at 0.5 and at all overlaps, by class."""
    truth, seen = COCO(), COCO()
    for holder, regions in ((truth, [a.regions for a in true]), (seen, [p.regions for p in found])):
        things = [(number, region) for number, each in enumerate(regions) for region in each]
        holder.dataset = {
            "images": [{"id": number} for number in range(len(regions))],
            "categories": [{"id": number, "name": name} for number, name in enumerate(LABELS)],
            "annotations": [
                {
                    "id": place + 1, "image_id": number, "category_id": LABELS.index(r.label), "score": r.score,
                    "bbox": [r.shape.x, r.shape.y, r.shape.width, r.shape.height],
                    "area": r.shape.width * r.shape.height, "iscrowd": 0,
                }
                for place, (number, r) in enumerate(things)
            ],
        }  # fmt: skip
        holder.createIndex()
    judge = COCOeval(truth, seen, "bbox")
    judge.evaluate()
    judge.accumulate()
    table = judge.eval["precision"][:, :, :, 0, -1]
    return table[0].mean(0), table.mean((0, 1))


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_of_boxes_is_that_of_pycocotools(seed):
    found, true = pictures(seed)
    (half, every), figures = coco(found, true), evaluate(found, true, LABELS)
    classes = [figures.classes[label] for label in LABELS]
    assert [each.average_precision_50 for each in classes] == pytest.approx(list(half), abs=1e-12)
    assert [each.average_precision for each in classes] == pytest.approx(list(every), abs=1e-12)
    assert figures.overall.average_precision == pytest.approx(every.mean())
    assert figures.overall.average_precision_50 == pytest.approx(half.mean())


def test_precision_recall_and_f1_are_those_at_the_threshold():
    true = [said("a", Region("crab", None, Box(0, 0, 10, 10)), Region("crab", None, Box(50, 50, 10, 10))), said("b")]
    found = [
        predicted("a", Region("crab", 0.9, Box(0, 0, 10, 10)), Region("crab", 0.3, Box(50, 50, 10, 10))),
        predicted("b", Region("crab", 0.8, Box(0, 0, 10, 10))),
    ]
    half, all_of_it = (evaluate(found, true, LABELS, threshold=t).overall for t in (0.5, 0.0))
    assert (half.precision.value, half.recall.value, half.f1.value) == (0.5, 0.5, 0.5)
    assert (half.true, half.found) == (2, 2)
    assert (all_of_it.precision.value, all_of_it.recall.value) == (pytest.approx(2 / 3), 1.0)
    assert all_of_it.recall.low < 0.5  # two of two is no certainty


def test_thing_found_twice_is_right_once():
    twice = predicted("a", *(Region("crab", score, Box(0, 0, 10, 10)) for score in (0.9, 0.8)))
    whole = evaluate([twice], [said("a", Region("crab", None, Box(0, 0, 10, 10)))], LABELS).overall
    assert (whole.precision.value, whole.recall.value) == (0.5, 1.0)


def test_class_nobody_drew_and_class_the_model_lacks_count_against_it():
    found = [predicted("a", Region("crab", 0.9, Box(0, 0, 10, 10)))]
    figures = evaluate(found, [said("a", Region("squid", None, Box(50, 50, 9, 9)))], LABELS)
    assert list(figures.classes) == ["crab", "squid"]
    assert (figures.overall.precision.value, figures.overall.recall.value) == (0.0, 0.0)
    assert math.isnan(figures.classes["crab"].average_precision_50)
    assert figures.overall.average_precision_50 == 0.0
    assert "recall.crab" not in figures.metrics()


def test_pictures_without_things_are_judged_and_those_without_a_prediction_are_counted():
    figures = evaluate([predicted("a")], [said("a"), said("b")], LABELS)
    assert (figures.count, figures.unmatched, figures.overall.true, figures.classes) == (1, 1, 0, {})
    assert math.isnan(figures.overall.recall.value)
    with pytest.raises(ValueError, match="No picture has both"):
        evaluate([predicted("c")], [said("a")], LABELS)


def test_latest_annotation_counts_also_where_it_says_that_nothing_is_there():
    old = said("a", Region("crab", None, Box(0, 0, 10, 10)))
    assert latest([said("a", at="2026-02-01T00:00:00+00:00"), old]) == {"a": ()}


def test_interval_over_groups_is_wider_where_pictures_of_a_group_are_alike():
    right = Region("crab", 0.9, Box(0, 0, 10, 10))
    true = [said(str(n), Region("crab", None, Box(0, 0, 10, 10))) for n in range(60)]
    found = [predicted(str(n), *([right] if n < 30 else [])) for n in range(60)]
    alone = evaluate(found, true, LABELS).overall.recall
    grouped = evaluate(found, true, LABELS, groups={str(n): str(n // 15) for n in range(60)}).overall.recall
    assert grouped.low < alone.low < alone.value < alone.high < grouped.high


def test_oriented_boxes_are_compared_as_such():
    drawn = RotatedBox(50, 50, 40, 8, 45)
    same, across = RotatedBox(50, 50, 8, 40, -45), RotatedBox(50, 50, 40, 8, -45)
    for shape, right in ((same, 1.0), (across, 0.0)):
        figures = evaluate(
            [predicted("a", Region("crab", 0.9, shape))], [said("a", Region("crab", None, drawn))], LABELS
        )
        assert figures.overall.recall.value == right
        assert figures.overall.average_precision == pytest.approx(right)


def test_model_of_upright_boxes_is_asked_for_the_boxes_around_outlines():
    outline = Region("crab", None, Polygon(((0, 0), (40, 40), (38, 40), (0, 2))))
    found = predicted("a", Region("crab", 0.9, Box(0, 0, 40, 40)))
    assert evaluate([found], [said("a", outline)], LABELS).overall.recall.value == 1.0
    seen = predicted("a", Region("crab", 0.9, RotatedBox(20, 20, 40, 40, 0)))
    assert evaluate([seen], [said("a", outline)], LABELS).overall.recall.value == 0.0


SQUARE = Box(10, 10, 20, 20)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (SQUARE, Box(20, 10, 20, 20), 1 / 3),
        (SQUARE, RotatedBox(20, 20, 20, 20, 90), 1.0),
        (SQUARE, RotatedBox(20, 20, 20, 20, 45), 1 / math.sqrt(2)),
        (SQUARE, Ellipse(20, 20, 10, 10), math.pi / 4),
        (SQUARE, Polygon(((10, 10), (30, 10), (30, 30))), 0.5),
        (SQUARE, Polygon(((10, 10), (30, 10), (30, 30), (10, 30)), (((15, 15), (25, 15), (25, 25), (15, 25)),)), 0.75),
        (SQUARE, Mask(10, 10, 20, 20, (0, 200, 200)), 0.5),
        (Ellipse(20, 20, 10, 5, 90), Ellipse(20, 20, 5, 10), 1.0),
        (SQUARE, Box(100, 100, 5, 5), 0.0),
        (SQUARE, Point(15, 15), 1 / 400),
    ],
)
def test_shapes_share_what_geometry_says(one, other, shared):
    assert overlaps.overlap(one, other) == pytest.approx(shared, abs=0.02)
    assert overlaps.overlap(other, one) == pytest.approx(shared, abs=0.02)
    assert overlaps.matrix([one], [other])[0, 0] == pytest.approx(shared, abs=0.02)


NUMBER = st.floats(-50, 50)
ROTATED = st.builds(RotatedBox, NUMBER, NUMBER, st.floats(4, 60), st.floats(4, 60), st.floats(-180, 180))


@settings(max_examples=60, deadline=None)
@given(ROTATED, ROTATED)
def test_exact_overlap_is_that_of_a_grid(one, other):
    exact, counted = overlaps.overlap(one, other), overlaps.overlap(Polygon(one.corners()), Polygon(other.corners()))
    assert 0 <= exact <= 1
    assert exact == pytest.approx(counted, abs=0.08)
    assert overlaps.overlap(one, one) == pytest.approx(1, abs=1e-3)
