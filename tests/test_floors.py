"""The house keeps its floors: a file imports from lower floors or from its own room only."""

import ast
from pathlib import Path

import pytest

import keras_nonlocal

PACKAGE = Path(keras_nonlocal.__file__).parent
FLOORS = {
    "arrays": 0,
    "replacing": 0,
    "schema": 0,
    "validation": 0,
    "ops": 1,
    "layers": 2,
    "accounting": 3,
    "augmentation": 2,
    "backbones": 3,
    "data": 3,
    "folding": 3,
    "freezing": 4,
    "weights": 3,
    "models": 4,
    "evaluation": 4,
    "explain": 5,
    "report": 5,
    "training": 6,
    "zoo": 7,
    "cli": 8,
}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in FLOORS
)


def room(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_rooms(path):
    """Rooms of the package that a file imports from, wherever in the file."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)
        elif isinstance(node, ast.ImportFrom) and node.level > depth:
            yield "outside"
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any(name.startswith("keras_nonlocal") for name in names), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    for other in imported_rooms(path):
        assert FLOORS[other] < FLOORS[room(path)], f"{path.name} imports from {other}"


def test_every_room_has_a_floor():
    assert {room(path) for path in FILES} == set(FLOORS)


@pytest.mark.parametrize("path", [p for p in FILES if room(p) == "ops"], ids=lambda path: path.name)
def test_math_owns_no_weights(path):
    text = path.read_text("utf-8")
    assert "add_weight" not in text
    assert "keras.layers" not in text
