"""Griffe extension: docstrings of this package as Markdown."""

import ast
import re

import griffe

EXAMPLE = re.compile(r"^( *)Examples?:\n(.*?)(?=^\1\w[\w ]*:\n|\Z)", re.MULTILINE | re.DOTALL)
DOCTEST = re.compile(r"^( *)>>> .*(?:\n(?!```).+)*", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Fences examples, and gives the builders of `models` the text that Python gives them."""

    def on_instance(self, *, obj, **_):
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)

    def on_module_members(self, *, mod, **_):
        if "_builder" not in mod.members or "_DOC" not in mod.members:
            return
        text = ast.literal_eval(str(mod.members["_DOC"].value))
        builders = [
            each for each in mod.attributes.values() if str(each.value).startswith("_builder(")
        ]
        for index, builder in enumerate(builders):
            about = text.format_map(Words(name=builder.name)) if index == 0 else ""
            about = about.partition("\n")[2] if about else f"See `{builders[0].name}`."
            builder.docstring = griffe.Docstring(fenced(about.strip()), parent=builder)


class Words(dict):
    """Placeholders of a template; the unknown ones become nothing."""

    def __missing__(self, name):
        return ""


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
