"""Trainings of several networks with several seeds, and their comparison with honest intervals."""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # of Student's distribution, by number of seeds


def arguments_of(description, builders):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--builders", nargs="+", default=builders)
    return parser.parse_args()


def train_all(arguments, train):
    """Trains each builder with each seed, and returns the rows of all trainings by builder.

    `train(builder, seed, folder)` returns the numbers of a training by name. A call goes on where
    the last one stopped.
    """
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {(row["builder"], row["seed"]) for row in rows}
    for seed in arguments.seeds:
        for builder in arguments.builders:
            if (builder, seed) in done:
                continue
            start = time.process_time()
            numbers = train(builder, seed, arguments.out / f"{builder}_{seed}")
            seconds = time.process_time() - start
            rows.append({"builder": builder, "seed": seed, "processor_seconds": seconds, **numbers})
            with file.open("a") as log:
                log.write(json.dumps(rows[-1]) + "\n")
            print(json.dumps(rows[-1]), flush=True)
    return {
        builder: sorted((r for r in rows if r["builder"] == builder), key=lambda r: r["seed"])
        for builder in dict.fromkeys(row["builder"] for row in rows)
    }


def interval(values):
    """Mean and half of the 95 % interval over seeds."""
    spread = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return float(np.mean(values)), float(T_95.get(len(values), 2.0) * spread)


def compared(rows, base, name):
    """The seeds, the mean, and the difference to `base` on the same seeds, as cells of a table."""
    mean, half = interval([row[name] for row in rows])
    before = {row["seed"]: row[name] for row in base}
    gains = [row[name] - before[row["seed"]] for row in rows if row["seed"] in before]
    against = "-"
    if rows is not base and gains:
        gain, gain_half = interval(gains)
        against = f"{gain:+.3f} ± {gain_half:.3f}"
    seeds = ", ".join(f"{row[name]:.3f}" for row in rows)
    return f"{seeds} | {mean:.3f} ± {half:.3f} | {against}"
