"""Small segmentation networks with and without blocks on CamVid, by the CPU recipe.

python tests/benchmarks/camvid.py DATA OUT [--seeds 0 1 2] [--builders ...]

DATA is a folder `images/{train,val}`, `masks/{train,val}` of CamVid. Each training is a line of
OUT/results.jsonl; a call goes on where the last one stopped. At the end, OUT/results.md compares
the networks. CamVid is for research only: neither its images nor weights trained on it are shipped.
"""

import numpy as np
from seeds import arguments_of, compared, train_all

from keras_nonlocal.images import read_mask_set
from keras_nonlocal.tasks import find_recipe
from keras_nonlocal.tasks.segmentation import Segmentation, evaluate_segmentation
from keras_nonlocal.training import fit

TEXT = """# Segmentation of CamVid with small networks, with and without blocks

Each network was trained on the 367 images of the train part at 240 x 180 pixels, by the recipe
`camvid_cpu`, with three seeds, and tested on the 101 images of the val part. Means and differences
have the 95 % interval of Student's t over the seeds. Rare classes are pole, sign, fence, pedestrian
and bicyclist; the column has the number of them whose IoU is above 0.05, of the seed in which that
number is least. **No block makes a difference that three seeds could show.**

"""
BUILDERS = ("fcn_small", "nl_fcn_small", "gc_fcn_small", "dnl_fcn_small")
RARE = ("pole", "sign", "fence", "pedestrian", "bicyclist")


def table(by_builder):
    lines = [
        "| network | mean IoU of seeds | mean | against fcn_small | accuracy | rare classes "
        "above 0.05 | processor seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    base = by_builder.get(BUILDERS[0], [])
    for builder, rows in by_builder.items():
        rare = min(sum(row["iou"][name] > 0.05 for name in RARE) for row in rows)
        accuracy, seconds = (
            np.mean([row[name] for row in rows]) for name in ("accuracy", "processor_seconds")
        )
        lines.append(
            f"| {builder} | {compared(rows, base, 'mean_iou')} | {accuracy:.3f} | "
            f"{rare} of {len(RARE)} | {seconds:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main():
    arguments = arguments_of(__doc__.splitlines()[0], BUILDERS)
    masks = read_mask_set(arguments.data)

    def train(builder, seed, _):
        recipe = find_recipe("camvid_cpu").changed(builder=builder, seed=seed)
        run = fit(Segmentation(recipe, masks.split("train")), verbose=0, report=False)
        scores = evaluate_segmentation(run.model, masks.split("val"), recipe.testing_image)
        iou = dict(zip(scores.class_names, map(float, scores.iou), strict=True))
        return {"mean_iou": scores.mean_iou, "accuracy": scores.accuracy, "iou": iou}

    lines = TEXT + table(train_all(arguments, train))
    (arguments.out / "results.md").write_text(lines, "utf-8")
    print(lines)


if __name__ == "__main__":
    main()
