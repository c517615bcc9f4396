"""Recipes of the package have the settings of the paper and of the code bases that they name."""

import math
from dataclasses import dataclass

import pytest

from keras_nonlocal import models
from keras_nonlocal.models.families import design
from keras_nonlocal.pretrained.resolve import card_for
from keras_nonlocal.tasks.recipes import find_recipe, read_recipe
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.optimizers.schedules import learning_rate
from keras_nonlocal.utils.entries import entries_root, recipe_names
from keras_nonlocal.video.sampling.rules import SAMPLING_RULES

GRAY = ((114.75,) * 3, (57.375,) * 3)
IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


@dataclass
class Facts:
    """The published settings of a recipe; `rates` by step, with 10 steps in an epoch."""

    clip: tuple[int, int]
    sampling: str
    jitter: int | tuple[int, int]
    normalization: tuple
    duration: dict
    batch: int
    rates: dict
    decay: tuple[float, bool]  # weight decay, and whether norms decay
    test: tuple[int, int, int, bool]  # short side and crop size, clips, crops, flip
    nesterov: bool = True
    weights: str | None = None
    frozen: bool = False
    precise: int = 0
    clip_norm: float | None = None
    multi_label: bool = False


# Wang et al., sections 4.1 and 5, and the official configurations: rates around the milestones.
FACTS = {
    "nl_i3d_r50_32x2": Facts(
        clip=(32, 2),
        sampling="official",
        jitter=(256, 320),
        normalization=GRAY,
        duration={"steps": 400_000},
        batch=64,
        rates={0: 1e-2, 149_999: 1e-2, 150_000: 1e-3, 299_999: 1e-3, 300_000: 1e-4, 399_999: 1e-4},
        decay=(1e-4, False),
        test=(256, 10, 3, False),
        weights="imagenet",
        precise=200,
    ),
    "nl_i3d_r50_128x1": Facts(
        clip=(128, 1),
        sampling="official",
        jitter=(256, 320),
        normalization=GRAY,
        duration={"steps": 400_000},
        batch=16,
        rates={0: 2.5e-3, 149_999: 2.5e-3, 150_000: 2.5e-4, 300_000: 2.5e-5, 399_999: 2.5e-5},
        decay=(1e-4, False),
        test=(256, 10, 3, False),
        weights="runs/nl_i3d_r50_32x2",
        frozen=True,
    ),
    "charades_nl_i3d_r101": Facts(
        clip=(128, 1),
        sampling="official",
        jitter=(256, 320),
        normalization=GRAY,
        duration={"steps": 200_000},
        batch=8,
        rates={0: 1.25e-3, 74_999: 1.25e-3, 75_000: 1.25e-4, 150_000: 1.25e-5, 199_999: 1.25e-5},
        decay=(1e-4, False),
        test=(320, 10, 3, False),
        weights="runs/nl_i3d_r101_128x1",
        frozen=True,
        multi_label=True,
    ),
    # PySlowFast: half a cosine over 196 epochs, with a warm-up from 0.01 in the first 34 epochs.
    "slowfast_nl_i3d_r50_8x8": Facts(
        clip=(8, 8),
        sampling="slowfast",
        jitter=(256, 320),
        normalization=GRAY,
        duration={"epochs": 196},
        batch=64,
        rates={0: 0.01, 340: 0.05 * (1 + math.cos(math.pi * 34 / 196)), 980: 0.05, 1960: 0.0},
        decay=(1e-4, False),
        test=(256, 10, 3, False),
        precise=200,
    ),
    "mmaction2_nl_i3d_r50_32x2": Facts(
        clip=(32, 2),
        sampling="mmaction2",
        jitter=256,
        normalization=IMAGENET,
        duration={"epochs": 100},
        batch=64,
        rates={0: 1e-2, 399: 1e-2, 400: 1e-3, 799: 1e-3, 800: 1e-4, 999: 1e-4},
        decay=(1e-4, True),
        test=(256, 10, 3, False),
        nesterov=False,
        weights="imagenet",
        clip_norm=40.0,
    ),
}
# Our own, without a source.
SMALL = {"nl_i3d_small", "i3d_small", "c2d_small"}
UNPUBLISHED = {"finetune_nl_i3d_r50", "finetune_nl_i3d_small", *SMALL}
FILES = [
    path
    for path in sorted(
        [*entries_root().glob("recipes/*.json"), *entries_root().glob("*/recipe.json")]
    )
    if read_recipe(path).task == "video_classification"
]
each_recipe = pytest.mark.parametrize(("name", "facts"), FACTS.items(), ids=FACTS)


def test_every_recipe_is_compared_with_its_source():
    names = {name for name in recipe_names() if find_recipe(name).task == "video_classification"}
    assert FACTS.keys() | UNPUBLISHED == names


@each_recipe
def test_clips_agree_with_the_source(name, facts):
    recipe = find_recipe(name)
    assert (recipe.num_frames, recipe.frame_stride) == facts.clip
    assert recipe.sampling == facts.sampling
    assert recipe.sampling in SAMPLING_RULES
    assert recipe.short_side == facts.jitter
    assert (recipe.mean, recipe.std) == facts.normalization
    assert {"layer": "RandomFlip"} in recipe.augmentation


@each_recipe
def test_duration_batch_and_regularization_agree_with_the_source(name, facts):
    recipe = find_recipe(name)
    given = {"epochs": recipe.epochs, "steps": recipe.steps}
    assert {unit: time for unit, time in given.items() if time} == facts.duration
    assert recipe.batch_size == facts.batch
    assert (recipe.optimizer, recipe.momentum, recipe.nesterov) == ("sgd", 0.9, facts.nesterov)
    assert (recipe.weight_decay, recipe.decay_norms) == facts.decay
    assert recipe.clip_norm == facts.clip_norm
    assert recipe.arguments["dropout"] == 0.5
    assert (recipe.multi_label, recipe.weights) == (facts.multi_label, facts.weights)
    assert (recipe.frozen_norms, recipe.precise_bn_batches) == (facts.frozen, facts.precise)


@each_recipe
def test_learning_rates_agree_with_the_source(name, facts):
    rate = learning_rate(find_recipe(name), steps_per_epoch=10)
    found = {step: float(rate(step)) for step in facts.rates}
    assert found == pytest.approx(facts.rates, rel=1e-5, abs=1e-9)


@each_recipe
def test_evaluation_agrees_with_the_source(name, facts):
    clip, (side, clips, crops, flip) = find_recipe(name).testing_clip, facts.test
    assert (clip.short_side, clip.size) == (side, (side, side))
    assert (clip.num_clips, clip.num_crops) == (clips, crops)
    assert find_recipe(name).test_flip == flip


def test_momentum_is_rescaled_as_in_the_official_code():
    official = {name for name, facts in FACTS.items() if facts.sampling == "official"}
    assert {name for name in recipe_names() if find_recipe(name).rescale_momentum} == official


def test_crops_of_mmaction2_have_two_scales_and_five_positions():
    crop, *_ = find_recipe("mmaction2_nl_i3d_r50_32x2").layers()
    assert (crop.size, tuple(crop.scales), crop.positions) == ((224, 224), (1.0, 0.8), 5)
    assert crop.steps_apart == 0  # max_wh_scale_gap=0 in its I3D configs


def test_crops_of_charades_are_scaled_to_288():
    recipe = find_recipe("charades_nl_i3d_r101")
    resize = recipe.layers()[-1]
    assert (recipe.size, resize.short_side) == ((224, 224), 288)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_recipe_files_name_valid_networks(path):
    recipe = read_recipe(path)
    assert recipe.about
    known = ("variant", "blocks", "inflation", "instantiation", "axes")
    given = {name: recipe.arguments[name] for name in known if name in recipe.arguments}
    assert recipe.arguments.keys() - known <= {"dropout", "method"}
    chosen = design(recipe.builder, given, None)
    assert given.items() <= vars(chosen).items()


def test_fine_tuning_starts_from_a_pretrained_model_of_the_same_design():
    recipe = find_recipe("finetune_nl_i3d_r50")
    card = card_for(recipe.weights, recipe.builder)
    assert card.arguments["variant"] == recipe.arguments["variant"]
    assert (card.clip.num_frames, card.clip.frame_stride) == (
        recipe.num_frames,
        recipe.frame_stride,
    )
    assert (card.clip.mean, card.clip.std) == (recipe.mean, recipe.std)
    assert card.clip.sampling == recipe.sampling


def test_recipe_and_card_of_the_packaged_model_agree():
    recipe: VideoRecipe = read_recipe(entries_root() / "nl_i3d_small_weizmann" / "recipe.json")
    card = card_for("weizmann", recipe.builder)
    for name in (
        "num_frames",
        "frame_stride",
        "size",
        "sampling",
        "subtract_mean_frame",
        "track_motion",
    ):
        assert getattr(card.clip, name) == getattr(recipe, name)
    assert (card.clip.num_clips, card.clip.flip) == (recipe.test_num_clips, recipe.test_flip)
    model = getattr(models, recipe.builder)(classes=10, **recipe.arguments)
    assert model.output_shape == (None, 10)
