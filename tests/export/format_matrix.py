"""Which network runs in which format, found by running the files; a page of the documentation.

python tests/export/format_matrix.py [NETWORK ...] writes the table, or some of its rows.
`test_format_matrix.py` compares with it.
"""

import platform
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from keras_nonlocal import export, models
from keras_nonlocal.export.litert import litert_facts
from keras_nonlocal.export.onnx import onnx_facts
from keras_nonlocal.export.openvino import openvino_facts
from keras_nonlocal.ops import AFFINITIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "formats.md"
HEADING = "## Which network runs where\n"
FORMATS = {
    "ONNX": (export.onnx, onnx_facts),
    "OpenVINO": (export.openvino, openvino_facts),
    "LiteRT": (export.litert, litert_facts),
}
CLIP, IMAGE, LARGE = (1, 8, 64, 64), (1, 64, 96), (1, 32, 224, 224)
PACKAGES = ("tensorflow", "keras", "tf2onnx", "onnxruntime", "openvino", "ai-edge-litert")


class Row(NamedTuple):
    """A network, the sizes of the fixed files, and whether files of open sizes are made too."""

    name: str
    build: Callable[[], keras.Model]
    shape: tuple[int, ...]
    open_sizes: bool = True


def _video(builder: str, **options) -> Callable[[], keras.Model]:
    return lambda: getattr(models, builder)(classes=7, classifier_activation=None, **options)


def _image(builder: str) -> Callable[[], keras.Model]:
    return lambda: getattr(models, builder)(classes=7)


ROWS = [
    *(Row(name, _video(name), CLIP) for name in ("c2d_small", "i3d_small", "nl_c2d_small")),
    *(
        Row(f"nl_i3d_small, {each}", _video("nl_i3d_small", instantiation=each), CLIP)
        for each in AFFINITIES
    ),
    *(
        Row(f"nl_i3d_small, axes {each}", _video("nl_i3d_small", axes=each), CLIP)
        for each in ("space", "time")
    ),
    *(
        Row(f"nl_i3d_small, kind {each}", _video("nl_i3d_small", kind=each), CLIP)
        for each in ("global_context", "disentangled")
    ),
    *(
        Row(name, _image(name), IMAGE)
        for name in ("fcn_small", "nl_fcn_small", "gc_fcn_small", "dnl_fcn_small", "cc_fcn_small")
    ),
    Row("nl_mask_rcnn_small", _image("nl_mask_rcnn_small"), IMAGE),
    Row("nl_i3d_r50", _video("nl_i3d_r50", variant="mmaction2"), LARGE, open_sizes=False),
]


def randomized(model: keras.Model) -> keras.Model:
    """Draws scales and statistics, with which no block is the identity and no norm does nothing."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        name = variable.path.rpartition("/")[2]
        if name in ("gamma", "moving_variance"):
            variable.assign(random.uniform(0.5, 1, variable.shape))
        elif name in ("beta", "moving_mean"):
            variable.assign(random.uniform(-0.1, 0.1, variable.shape))
    return model


def cells(row: Row) -> Iterator[str]:
    """Exports a network to each format, with open and with fixed sizes: differences or reasons."""
    keras.utils.set_random_seed(0)
    model = randomized(row.build())
    for write, facts in FORMATS.values():
        for shape in (None, row.shape):
            if shape is None and not row.open_sizes:
                yield "not tried"
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    path = write(model, Path(folder, "file"), shape=shape)
                except ValueError as error:
                    yield f"no: {reason(str(error))}"
                else:
                    found = facts(path)["differences"].values()
                    yield f"{max(each['relative'] for each in found):.0e}"


def reason(error: str) -> str:
    """What a cell says of an error.

    >>> reason("x was not written: LiteRT lacks operations of TensorFlow: Sort, Fold. Give ...")
    'lacks Sort, Fold'
    """
    if lacks := re.search(r"lacks operations of TensorFlow: ([\w, ]+)", error):
        return f"lacks {lacks[1]}"
    cause = re.split(r"cannot hold '[^']*': |cannot run it: |the network: ", error, maxsplit=1)[-1]
    return textwrap.shorten(re.sub(r"[|`]", "", cause), 60)


def states(text: str) -> list[list[str]]:
    """Returns name and cells of each row of a table, where all differences are `runs`."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines()]
    return [
        [name.strip("`"), *("runs" if re.match(r"\d", cell) else cell for cell in found)]
        for name, *found in rows
    ]


def line(name: str, found: list[str]) -> str:
    """Returns a row of the table."""
    return f"| {name} | {' | '.join(found)} |"


def main(*names: str) -> None:
    """Writes the table at the end of the page, or only the rows of these networks anew."""
    text, heading, rest = PAGE.read_text("utf-8").partition(HEADING)
    known = {each.split("`")[1]: each for each in rest.splitlines() if each.startswith("| `")}
    columns = [f"{name}, {sizes}" for name in FORMATS for sizes in ("open", "fixed")]
    table = [line("network", columns), line("---", ["---"] * len(columns))]
    for row in ROWS:
        if not names or row.name in names:
            known[row.name] = line(f"`{row.name}`", list(cells(row)))
            print(known[row.name], file=sys.stderr, flush=True)
        table.append(known[row.name])
    used = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    words = rest.partition("\n| ")[0].rpartition("Made with")[0]
    made = f"Made with {used}, Python {platform.python_version()}.\n"
    PAGE.write_text(f"{text}{heading}{words}{made}\n" + "\n".join(table) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
