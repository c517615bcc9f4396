"""Griffe extension: docstrings of this package as Markdown."""

import ast
import re

import griffe

EXAMPLE = re.compile(r"^( *)Examples?:\n(.*?)(?=^\1\w[\w ]*:\n|\Z)", re.MULTILINE | re.DOTALL)
DOCTEST = re.compile(r"^( *)>>> .*(?:\n(?!```).+)*", re.MULTILINE)


# The builder of each family whose page has all arguments, and the words of its docstring that
# differ between the builders.
DESCRIBED = {
    "nl_i3d_r50": {},
    "nl_fcn_r50": {"between": " with a block or none between them", "output_stride": "8"},
    "nl_mask_rcnn_r50_fpn": {
        "found": "mask or the keypoints of each",
        "classes": "80, or 1 for Keypoint R-CNN",
        "variant": "detectron2",
        "backbone_block": "true for `nl_mask_rcnn` and false for all others",
        "outputs": ["boxes", "confidence", "labels", "masks", "num_detections"],
    },
}


class Docstrings(griffe.Extension):
    """Fences examples, and shows the builders of `models`, which Python makes by a function."""

    def on_instance(self, *, obj, **_):
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)

    def on_module_members(self, *, mod, **_):
        if "_builder" not in mod.members:
            return
        build = inner_function(mod.filepath)
        text = build.docstring.value.partition("\n")[2]
        names = [name for name, each in mod.attributes.items() if "_builder(" in str(each.value)]
        described = next(name for name in names if name in DESCRIBED)
        for name in names:
            about = f"Takes the arguments of [{described}][keras_nonlocal.models.{described}]."
            if name == described:
                about = fenced(text.format(name=name, **DESCRIBED[name]).strip())
            function = griffe.Function(name, parameters=build.parameters, returns=build.returns)
            function.docstring = griffe.Docstring(about, parent=function)
            mod.set_member(name, function)


def inner_function(path):
    """The function within the `_builder` of a file, as griffe sees functions."""
    (builder,) = (
        node
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "_builder"
    )
    (build,) = (node for node in builder.body if isinstance(node, ast.FunctionDef))
    return griffe.visit("builder", path, ast.unparse(build))[build.name]


def fenced(text):
    """Doctests and indented examples become code blocks."""
    return DOCTEST.sub(doctest, EXAMPLE.sub(example, text))


def example(match):
    indent, body = match[1], match[2].strip("\n")
    if ">>>" not in body:
        code = "\n".join(line.removeprefix(f"{indent}    ") for line in body.splitlines())
        body = "\n".join(["```python", code, "```"])
    return f"{indent}**Example**\n\n{body}\n\n"


def doctest(match):
    indent = match[1]
    return "\n".join([f"{indent}```pycon", match[0].rstrip(), f"{indent}```"])
