"""Small segmentation networks with and without blocks on CamVid, by the CPU recipe.

python tests/benchmarks/camvid.py DATA OUT [--seeds 0 1 2] [--builders ...]

DATA is a folder `images/{train,val}`, `masks/{train,val}` of CamVid. Each training is a line of
OUT/results.jsonl; a call goes on where the last one stopped. At the end, OUT/results.md compares
the networks. CamVid is for research only: neither its images nor weights trained on it are shipped.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_nonlocal.images import read_mask_set
from keras_nonlocal.tasks import find_recipe
from keras_nonlocal.tasks.segmentation import Segmentation, evaluate_segmentation
from keras_nonlocal.training import fit

BUILDERS = ("fcn_small", "nl_fcn_small", "gc_fcn_small", "dnl_fcn_small")
RARE = ("pole", "sign", "fence", "pedestrian", "bicyclist")
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # of Student's distribution, by number of seeds


def trained(builder, seed, masks):
    recipe = find_recipe("camvid_cpu").changed(builder=builder, seed=seed)
    start = time.process_time()
    run = fit(Segmentation(recipe, masks.split("train")), verbose=0, report=False)
    seconds = time.process_time() - start
    scores = evaluate_segmentation(run.model, masks.split("val"), recipe.testing_image)
    iou = dict(zip(scores.class_names, map(float, scores.iou), strict=True))
    summary = {"mean_iou": scores.mean_iou, "accuracy": scores.accuracy}
    return {"builder": builder, "seed": seed, "processor_seconds": seconds, **summary, "iou": iou}


def interval(values):
    """Mean and half of the 95 % interval over seeds."""
    spread = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return float(np.mean(values)), float(T_95.get(len(values), 2.0) * spread)


def table(rows):
    by_builder = {
        b: sorted((r for r in rows if r["builder"] == b), key=lambda r: r["seed"])
        for b in dict.fromkeys(row["builder"] for row in rows)
    }
    base = {row["seed"]: row["mean_iou"] for row in by_builder.get("fcn_small", [])}
    lines = [
        "| network | mean IoU of seeds | mean | against fcn_small | accuracy | rare classes "
        "above 0.05 | processor seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for builder, found in by_builder.items():
        mean, half = interval([row["mean_iou"] for row in found])
        gains = [row["mean_iou"] - base[row["seed"]] for row in found if row["seed"] in base]
        gain, gain_half = interval(gains) if gains else (float("nan"),) * 2
        seeds = ", ".join(f"{row['mean_iou']:.3f}" for row in found)
        against = "-" if builder == "fcn_small" else f"{gain:+.3f} +- {gain_half:.3f}"
        rare = min(sum(row["iou"][name] > 0.05 for name in RARE) for row in found)
        lines.append(
            f"| {builder} | {seeds} | {mean:.3f} +- {half:.3f} | {against} | "
            f"{np.mean([row['accuracy'] for row in found]):.3f} | {rare} of {len(RARE)} | "
            f"{np.mean([row['processor_seconds'] for row in found]):.0f} |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--builders", nargs="+", default=BUILDERS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done, masks = {(row["builder"], row["seed"]) for row in rows}, read_mask_set(arguments.data)
    for seed in arguments.seeds:
        for builder in arguments.builders:
            if (builder, seed) not in done:
                rows.append(trained(builder, seed, masks))
                with file.open("a") as log:
                    log.write(json.dumps(rows[-1]) + "\n")
                print(builder, seed, f"{rows[-1]['mean_iou']:.3f}", flush=True)
    (arguments.out / "results.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
