"""Small data sets of images with objects, written to disk."""

import json

import numpy as np
from images.folders import write_image, write_mask

KEYPOINTS = ["nose", "left_eye", "right_eye"]
CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 3, "name": "person"}]


def square(x, y, side):
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


def annotation(number, image_id, box, category=3, **fields):
    x, y, width, _ = box
    return {
        "id": number,
        "image_id": image_id,
        "category_id": category,
        "bbox": list(box),
        "iscrowd": 0,
        "segmentation": square(x, y, width),
        "area": width**2,
        **fields,
    }


def points(*triples):
    return [number for triple in triples for number in triple]


ANNOTATIONS = [
    annotation(1, 10, (2, 3, 4, 4)),
    annotation(2, 10, (8, 1, 6, 6), category=7),
    annotation(3, 11, (0, 0, 5, 5), iscrowd=1),
    annotation(4, 11, (4, 4, 6, 6)),
]
IMAGES = [{"id": n, "file_name": f"{n}.png", "height": 12, "width": 16} for n in (10, 11, 12)]


def write_coco(root, annotations=ANNOTATIONS, split="val2017", *, keypoints=False, images=IMAGES):
    """The folder of COCO, with three images, the last of which has no objects."""
    for row in IMAGES:
        write_image(root / split / row["file_name"], seed=row["id"])
    categories = [dict(row) for row in CATEGORIES]
    if keypoints:
        categories = [{**categories[1], "keypoints": KEYPOINTS, "skeleton": [[1, 2], [1, 3]]}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    file = root / "annotations" / f"{'person_keypoints' if keypoints else 'instances'}_{split}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))
    return file


VOC = """<annotation><size><width>16</width><height>12</height></size>{}</annotation>"""
VOC_OBJECT = """<object><name>{}</name><difficult>{}</difficult><bndbox><xmin>{}</xmin>
<ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"""


def write_voc(root):
    for name in ("2007_1", "2007_2"):
        write_image(root / "JPEGImages" / f"{name}.jpg")
    (root / "Annotations").mkdir()
    objects = [VOC_OBJECT.format("sofa", 0, 1, 1, 16, 12), VOC_OBJECT.format("cat", 1, 3, 4, 6, 8)]
    (root / "Annotations" / "2007_1.xml").write_text(VOC.format("".join(objects)))
    (root / "Annotations" / "2007_2.xml").write_text(VOC.format(objects[1]))
    lists = root / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_1\n")
    (lists / "val.txt").write_text("2007_2\n")
    return root


def write_numbered(root):
    """As Penn-Fudan: a mask in which the first object is 1 and the second one is 2."""
    numbers = np.zeros((12, 16), "uint8")
    numbers[2:6, 3:5] = 1
    numbers[4:9, 8:15] = 2
    write_image(root / "PNGImages" / "a.png")
    write_mask(root / "PedMasks" / "a_mask.png", numbers)
    return numbers
