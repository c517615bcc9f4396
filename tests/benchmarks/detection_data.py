"""What the benchmarks of detection read: seeded maps, boxes, images and objects, in NumPy."""

import numpy as np

THREADS = 2
MAP = (1, 200, 304, 256)
STRIDE = 4  # of the map
REGIONS = 512
IMAGE = (800, 1216)
SMALL = (320, 320)
BATCH = 2  # images of a training step
OBJECTS, ROOMS = 8, 3  # an object has a ninth of the image for itself
RATE = 1e-3  # of learning
CLASSES = 80


def features():
    """A level of a pyramid, `(B, H, W, C)`."""
    return np.random.default_rng(0).normal(size=MAP).astype("float32")


def regions():
    """Boxes `(512, 4)` of 16 to 224 pixels on the image of the map; some reach over its border."""
    rng = np.random.default_rng(1)
    height, width = MAP[1] * STRIDE, MAP[2] * STRIDE
    sides = np.exp(rng.uniform(np.log(16), np.log(224), (REGIONS, 2)))
    centers = rng.uniform(0, (width, height), (REGIONS, 2))
    return np.concatenate([centers - sides / 2, centers + sides / 2], 1).astype("float32")


def gradient(size):
    """What comes back from the features `(512, size, size, C)` of the boxes."""
    shape = (REGIONS, size, size, MAP[-1])
    return np.random.default_rng(2).normal(size=shape).astype("float32")


def images(count, size):
    """Normalized images `(count, *size, 3)`: patches of all sizes, so that features differ."""
    rng = np.random.default_rng(3)
    total = np.zeros((count, *size, 3))
    for cell in (4, 16, 64, 160):
        shape = (count, -(-size[0] // cell), -(-size[1] // cell), 3)
        patches = np.kron(rng.normal(size=shape), np.ones((1, cell, cell, 1)))
        total += patches[:, : size[0], : size[1]]
    return (total / 2).astype("float32")


def objects(count, size):
    """`OBJECTS` ellipses in each image: boxes `(count, N, 4)`, labels, masks `(count, N, H, W)`.

    They are apart. Where an anchor is the best of one object and fits another better, MMDetection
    gives it to the former, and Detectron2, like this package, to the latter.
    """
    rng = np.random.default_rng(4)
    height, width = size
    room = np.array((width, height)) // ROOMS
    places = np.stack(np.meshgrid(range(ROOMS), range(ROOMS)), -1).reshape(-1, 2)[:OBJECTS] * room
    sides = np.round(np.exp(rng.uniform(np.log(24), np.log(room.min()), (count, OBJECTS, 2))))
    first = places + np.round(rng.uniform(size=sides.shape) * (room - sides))
    boxes = np.concatenate([first, first + sides], -1).astype("float32")
    x0, y0, x1, y1 = (boxes[..., place, None, None] for place in range(4))
    y, x = np.arange(height)[:, None] + 0.5, np.arange(width)[None] + 0.5
    away = ((2 * x - x0 - x1) / (x1 - x0)) ** 2 + ((2 * y - y0 - y1) / (y1 - y0)) ** 2
    labels = rng.integers(CLASSES, size=(count, OBJECTS)).astype("int32")
    return {"boxes": boxes, "labels": labels, "masks": (away <= 1).astype("uint8")}


def coco(count):
    """Objects of images as COCO's file has them, and detections near them: about 45 in an image."""
    rng = np.random.default_rng(5)
    size = np.array([640.0, 480.0])
    images, annotations, detections = [], [], []
    for number in range(1, count + 1):
        images.append({"id": number, "height": 480, "width": 640, "file_name": f"{number}.jpg"})
        objects = rng.integers(1, 14)
        sides = np.exp(rng.uniform(np.log(12), np.log(300), (objects, 2)))
        first = rng.uniform(size=(objects, 2)) * (size - sides)
        labels = rng.integers(CLASSES, size=objects)
        for side, corner, label in zip(sides, first, labels, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(label) + 1,
                    "bbox": [*corner.tolist(), *side.tolist()],
                    "area": float(side.prod()),
                    "iscrowd": int(rng.uniform() < 0.01),
                }
            )
        near = rng.integers(objects, size=rng.integers(20, 72))
        moved = rng.normal(size=(len(near), 4)) * np.tile(sides[near], 2) * 0.1
        boxes = np.concatenate([first, first + sides], 1)[near] + moved
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        wrong = rng.uniform(size=len(near)) < 0.3
        found = np.where(wrong, rng.integers(CLASSES, size=len(near)), labels[near])
        scores = rng.uniform(0.05, 1, len(near)).astype("float32")
        detections.append({"boxes": boxes.astype("float32"), "labels": found, "confidence": scores})
    categories = [{"id": label + 1, "name": f"class {label}"} for label in range(CLASSES)]
    return {"images": images, "annotations": annotations, "categories": categories}, detections
