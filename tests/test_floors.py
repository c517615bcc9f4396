"""The house keeps its floors, imports in one direction, and shows what its public list says."""

import ast
import configparser
import importlib
import inspect
from pathlib import Path

import pytest

import keras_nonlocal

PACKAGE = Path(keras_nonlocal.__file__).parent
FLOORS = {
    "utils": 0,
    "ops": 1,
    "checkpoints": 1,
    "download": 1,
    "data": 1,
    "metrics": 1,
    "layers": 2,
    "augmentation": 2,
    "weights": 2,
    "video": 3,
    "images": 3,
    "backbones": 3,
    "regions": 3,
    "surgery": 3,
    "cost": 3,
    "pretrained": 4,  # a card says how a video becomes an input
    "models": 5,
    "export": 5,
    "explain": 5,
    "report": 5,
    "training": 6,
    "tasks": 7,
    "serving": 8,
    "studies": 8,
    "zoo": 8,
    "cli": 9,
}
# Rooms that load what is touched: all of them do without Keras for a part of their work.
LAZY = ("", "data", "download", "images", "pretrained", "video", "zoo")
# What `keras.saving.load_model` may ask for is imported as soon as Keras is.
REGISTERED = ("layers", "augmentation", "backbones", "regions", "training")
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path.name != "__init__.py" and path.parent != PACKAGE]


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in FILES}


def room(name):
    return name.split(".")[0]


def imports(path, nodes=None):
    """Modules of the package that a file imports from, with the nodes that do; wherever."""
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))) if nodes is None else nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            assert len(package) >= node.level - 1, f"{path} imports from outside"
            whole = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            inner = [f"{whole}.{alias.name}".strip(".") for alias in node.names]
            found = [each for each in inner if each in NAMES]
            yield node, found or [whole]
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any(name.startswith("keras_nonlocal") for name in names), path


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down(path):
    own = room(name_of(path))
    for _, found in imports(path):
        for other in (room(name) for name in found if name):
            assert other == own or FLOORS[other] < FLOORS[own], f"{path} imports from {other}"


def test_every_room_has_a_floor():
    assert {room(name) for name in map(name_of, MODULES)} == set(FLOORS)


def test_no_files_import_each_other_in_a_circle():
    graph = {
        name_of(path): {name for _, found in imports(path) for name in found} for path in MODULES
    }
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, f"a circle: {open_[open_.index(name) :]}"
        if name in done or name not in graph:
            return
        open_.append(name)
        for other in sorted(graph[name]):
            visit(other)
        done.add(open_.pop())

    for name in graph:
        visit(name)


def late_imports(path):
    """Imports within functions, but for those of other packages, as matplotlib's, are named."""
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for node, found in imports(path, ast.walk(function)):
                yield function.name, node, found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_of_the_package_stand_at_the_top_but_in_what_commands_run(path):
    late = {name for name, _, _ in late_imports(path)}
    assert not late or room(name_of(path)) == "cli", f"{path}: {sorted(late)}"


def test_rooms_of_the_package_are_named_by_module_inside_it():
    """`from ..ops import AXES` fails where `keras_nonlocal.ops` is what a program imports first."""
    for path in MODULES:
        for node, found in imports(path):
            for name in found:
                is_package = name in NAMES and NAMES[name].name == "__init__.py"
                whole = node.module is None or name.endswith(f".{node.names[0].name}")
                assert not is_package or whole or name == "", f"{path} imports from {name}/__init__"


def test_rooms_that_a_saved_model_needs_begin_with_keras():
    """Else Keras would be imported in the midst of one, and then those that need the others."""
    reached, left = set(), list(REGISTERED)
    while left:
        if (name := left.pop()) not in reached:
            reached.add(name)
            files = [path for path in FILES if room(name_of(path)) == name]
            left += [room(found) for path in files for _, names in imports(path) for found in names]
    for name in sorted(reached - {""}):
        files = [path for path in FILES if room(name_of(path)) == name]
        if not any("\nimport keras\n" in path.read_text("utf-8") for path in files):
            continue
        first = ast.parse((PACKAGE / name / "__init__.py").read_text("utf-8")).body[1]
        assert isinstance(first, ast.Import), name
        assert first.names[0].name == "keras", name


@pytest.mark.parametrize("name", LAZY)
def test_what_is_loaded_when_touched_has_no_module_of_its_name(name):
    """The module, once imported, would take its place."""
    stub = NAMES[name].with_suffix(".pyi")
    for node in ast.walk(ast.parse(stub.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                assert f"{name}.{alias.name}".strip(".") not in NAMES, alias.name


@pytest.mark.parametrize("name", sorted(name for name in {room(each) for each in NAMES} if name))
def test_every_public_room_is_reached_from_the_front_door(name):
    private = ("__main__", "cli", "utils")
    assert name in private or hasattr(keras_nonlocal, name)


@pytest.mark.parametrize("path", [p for p in FILES if room(name_of(p)) == "ops"], ids=name_of)
def test_math_owns_no_weights(path):
    text = path.read_text("utf-8")
    assert "add_weight" not in text
    assert "keras.layers" not in text


PUBLIC = {
    "": "NonLocal1D NonLocal2D NonLocal3D",
    "augmentation": """
        CenterCrop ClipAugmentation RandomColorJitter CutMix FrameWise MixUp MultiScaleCrop
        Normalization RandAugment RandomCrop RandomFlip RandomGrayscale RandomInvert RandomAffine
        RandomNoise RandomResizedCrop RandomShortSideCrop RandomTint ResizeShortSide
        ThreeCrop RandomErasing JointRandomCrop JointRandomFlip JointRandomRotation
        JointRandomScale JointResize PhotometricDistortion
    """,
    "backbones": "Backbone VARIANTS",
    "checkpoints": "read_checkpoint",
    "cost": "flops inference_bytes plan training_bytes",
    "data": "Entry Manifest check_manifest find_videos read_error_log read_source write_manifest",
    "download": "Digest FetchError PublishedFile cache_root fetch",
    "explain": """
        BlockHealth Box Position RegionAttention TopPositions attention_maps class_evidence
        draw_attention draw_heat_maps draw_region_attention heat_frames region_attention report
        top_positions write_attention_gif write_page
    """,
    "export": "Served Signature fold_batch_norm freeze litert onnx openvino saved_model",
    "images": """
        DetectionImage ImageError ImageSpec MaskCoding MaskSet ObjectImage ObjectSet check_masks
        check_objects draw_labels draw_objects object_stream read_image read_mask read_mask_set
        read_object_set segmentation_stream without_zero write_labels
    """,
    "layers": """
        BatchNorm Conv3D CrissCross2D CrissCross3D DisentangledNonLocal1D DisentangledNonLocal2D
        DisentangledNonLocal3D GlobalContext1D GlobalContext2D GlobalContext3D MaxPool3D NonLocal1D
        NonLocal2D NonLocal3D ResizeLike RoiAlign WindowAverage3D
    """,
    "metrics": """
        CocoScores PixelScores Scores average_precisions bootstrap_interval
        coco_average_precision confusion per_class_accuracy pixel_confusion read_scores summary
        top_k write_coco_json write_scores
    """,
    "models": """
        c2d_r101 c2d_r50 c2d_small cc_fcn_r101 cc_fcn_r50 cc_fcn_small dnl_fcn_r101 dnl_fcn_r50
        dnl_fcn_small fcn_r101 fcn_r50 fcn_small gc_fcn_r101 gc_fcn_r50 gc_fcn_small i3d_r101
        i3d_r50 i3d_small nl_c2d_r101 nl_c2d_r50 nl_c2d_small nl_fcn_r101 nl_fcn_r50 nl_fcn_small
        nl_i3d_r101 nl_i3d_r50 nl_i3d_small mask_rcnn_r50_fpn mask_rcnn_r101_fpn mask_rcnn_x101_fpn
        mask_rcnn_small nl_mask_rcnn_r50_fpn nl_mask_rcnn_r101_fpn nl_mask_rcnn_small
        keypoint_rcnn_r50_fpn keypoint_rcnn_r101_fpn keypoint_rcnn_x101_fpn keypoint_rcnn_small
        nl_keypoint_rcnn_r101_fpn nl_keypoint_rcnn_small
    """,
    "ops": """
        AFFINITIES METHODS anchor_boxes attend attention_pool box_iou clip_boxes criss_cross
        decode_boxes dense encode_boxes keypoint_peaks keypoint_targets mask_targets match_boxes
        non_maximum_suppression paste_masks pyramid_levels resize_bilinear roi_align sample_boxes
        subtract_mean
    """,
    "pretrained": "Card cached_path card_names fetch_weights read_card",
    "regions": "REGION_VARIANTS RegionCNN TrainingOptions",
    "report": "classification_sections detection_sections segmentation_sections write_report",
    "serving": "ray_app serve triton web_app",
    "serving.client": "ServerError TensorFlowServingClient TritonClient",
    "studies": "Study compare read_study run_study write_comparison",
    "surgery": "insert_nonlocal remove_nonlocal",
    "tasks": """
        Predictor TASKS find_recipe load_run plan_training read_recipe read_run recipe_names train
    """,
    "tasks.detection": """
        CocoAveragePrecision Detection DetectionEvaluation DetectionRecipe Detector
        evaluate_detection
    """,
    "tasks.segmentation": """
        PixelAccuracy PixelCrossEntropy Segmentation SegmentationEvaluation SegmentationRecipe
        Segmenter evaluate_segmentation
    """,
    "tasks.video_classification": """
        Evaluation Evaluator Segment TimedAnswer VideoClassification VideoClassifier VideoRecipe
        classify_over_time segments training_clips
    """,
    "training": """
        BaseRecipe CoupledSGD Models RescaleMomentum Run Task TrainingData TrainingStopped
        Warmup change_recipe fit precise_batch_norm strategy_for write_recipe
    """,
    "video": """
        ClipSpec SAMPLING_RULES VideoError beam_shards check_shards contact_sheet iterate_frames
        preprocess probe read_clip read_clips read_frames scan shard_clips training_stream
        video_dataset write_shards write_video
    """,
    "weights": "SOURCES convert find_source load_inflated load_weights",
    "zoo": "convert_checkpoint decode_predictions load markdown_table preprocess_input verify",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_list_is_what_can_be_imported(name):
    module = importlib.import_module(f"keras_nonlocal.{name}".rstrip("."))
    shown = {each for each in dir(module) if not each.startswith("_")}
    values = {each for each in shown if not inspect.ismodule(getattr(module, each))}
    assert values == set(PUBLIC[name].split())


def test_every_folder_of_code_is_in_the_wheel():
    """A folder that `setup.cfg` does not name is missing from what `pip install` copies."""
    config = configparser.ConfigParser()
    config.read(Path(__file__).resolve().parents[1] / "setup.cfg")
    listed = set(config["options"]["packages"].split()) - {"keras_nonlocal.zoo.entries"}
    folders = {path for path in FILES if path.name == "__init__.py"}
    assert listed == {f"keras_nonlocal.{name_of(path)}".rstrip(".") for path in folders}


def test_every_room_that_users_see_is_on_the_public_list():
    assert {room(name) for name in PUBLIC} == set(FLOORS) - {"utils", "cli"} | {""}
