"""EcoTaxa projects as people have them: a sound one to start from, and ways to save it."""

import csv
import io
import zipfile

import numpy as np
from PIL import Image

COLUMNS = {
    "img_file_name": "[t]", "img_rank": "[f]", "object_id": "[t]", "object_lat": "[f]", "object_lon": "[f]",
    "object_date": "[t]", "object_time": "[t]", "object_depth_min": "[f]", "object_depth_max": "[f]",
    "object_annotation_status": "[t]", "object_annotation_person_name": "[t]", "object_annotation_date": "[t]",
    "object_annotation_time": "[t]", "object_annotation_category": "[t]", "object_area": "[f]",
    "object_note": "[t]", "sample_id": "[t]", "sample_tot_vol": "[f]", "acq_id": "[t]", "acq_instrument": "[t]",
    "acq_sub_part": "[f]", "process_id": "[t]", "process_particle_pixel_size_mm": "[f]",
}  # fmt: skip
_SOUND = {
    "img_rank": "0", "object_lat": "43.685", "object_lon": "7.315", "object_date": "20140420", "object_time": "042000",
    "object_depth_min": "0", "object_depth_max": "75", "object_area": "516.5", "object_note": "näkki",
    "sample_id": "cast 1", "sample_tot_vol": "24.5", "acq_id": "cast 1 d1", "acq_instrument": "zooscan_v3",
    "acq_sub_part": "4", "process_id": "cast 1 p", "process_particle_pixel_size_mm": "0.0106",
}  # fmt: skip


def rows(*changes):
    """Sound rows, one for each mapping of changes; None takes a cell's column out of the row."""
    made = []
    for number, change in enumerate(changes, start=1):
        made.append({**_SOUND, "object_id": f"o{number}", "img_file_name": f"o{number}.png", **change})
    return made


def table(listed, columns=COLUMNS, types=True, separator="\t", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=quoting)
    writer.writerow(columns)
    if types:
        writer.writerow(columns.values())
    writer.writerows([row.get(column, "") for column in columns] for row in listed)
    return out.getvalue()


def project(folder, listed, name="ecotaxa_cast.tsv", encoding="utf-8", pictures=True, **how):
    """A folder with a table and the pictures it names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(table(listed, **how).encode(encoding))
    for row in listed if pictures else ():
        picture(folder / row["img_file_name"].replace("\\", "/"))
    return folder


def picture(path, width=12, height=9):
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.random.default_rng(len(path.name)).integers(0, 256, (height, width), np.uint8)
    Image.fromarray(grey).save(path)
    return path


def zipped(folder, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target
