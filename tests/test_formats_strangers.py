"""What people take for labels and is something else: the sentence says what it is and what to do instead."""

import numpy as np
import pytest
from PIL import Image

from imagine_widgets import formats

COCO = '{"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}], "annotations": [], "categories": []}'


def refused(path):
    with pytest.raises(ValueError, match=r"^/") as told:
        formats.read(path)
    return str(told.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("biigle_metadata_csv/image-metadata-with-bom.csv", "Put it beside the table of annotations"),
        ("darwin_core_archive/gbif-results.zip", "is a Darwin Core archive"),
        ("geotiff/float_nan.tif", "is a picture: its labels are in a file beside it"),
        ("label_studio/test_export_yolo/label_config.xml", "is a labelling page of Label Studio"),
        ("label_studio/ml_backend/opossum_snow_short_1.json", "Export the project as JSON"),
        ("ifdo/ifdo-v2.0.0.json", "describes the form of iFDO files"),
        ("ecotaxa_export/abundances_by_sample/ref.tsv", "holds counts of taxa"),
        ("coco", "Name one of its files: datumaro_instances_val.json (COCO), labelbox_instances.json (COCO)"),
    ],
)
def test_real_files_without_labels_are_called_by_their_name(real_data, file, sentence):
    assert sentence in refused(real_data / "exports" / file)


def test_a_picture_is_known_whatever_it_is_called_and_other_things_are_in_no_known_format(tmp_path):
    picture = tmp_path / "labels.json"
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(picture, "PNG")
    assert "is a picture" in refused(picture)
    (tmp_path / "notes.txt").write_text("cod: 3\n")
    assert "is in none of the formats known here: COCO, " in refused(tmp_path / "notes.txt")
    (tmp_path / "nothing.json").touch()
    assert refused(tmp_path / "nothing.json") == " is empty: export it again."
    (tmp_path / "empty").mkdir()
    assert "is in none of the formats known here" in refused(tmp_path / "empty")


def test_a_folder_of_several_sets_names_a_few_of_them(tmp_path):
    for number in range(7):
        (tmp_path / f"{number}.json").write_text(COCO)
    (tmp_path / "b.json").write_text("[1, 2]")
    assert refused(tmp_path).endswith("2.json (COCO), 3.json (COCO), 4.json (COCO) and 2 more.")
