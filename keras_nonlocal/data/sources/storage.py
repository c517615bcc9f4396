"""Text at a path or at an address that `tf.io.gfile` opens, and paths that stand in it."""

from __future__ import annotations

import os

import tensorflow as tf

# Names of files may be bytes that are no UTF-8; Python writes those bytes as lone surrogates.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}


def is_address(path: str) -> bool:
    """Whether it is one such as `s3://bucket/clip.mp4`."""
    return "://" in path


def absolute(path: str | os.PathLike[str], folder: str = "") -> str:
    """The path, taken from `folder` unless it is complete, and normalised; addresses as given."""
    path = os.fspath(path)
    if is_address(path):
        return path
    if is_address(folder) and not os.path.isabs(path):
        return f"{folder.rstrip('/')}/{path}"
    return os.path.abspath(os.path.join(folder, path))


def folder_of(path: str) -> str:
    """The folder or address that a file lies in."""
    return path.rpartition("/")[0] if is_address(path) else os.path.dirname(path)


def read_text(path: str) -> str:
    """All of a text file; a byte order mark at its start is left out.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is a binary file.
    """
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            content = file.read()
    except tf.errors.NotFoundError:
        raise FileNotFoundError(f"There is no file {path!r}. Check the path.") from None
    if b"\0" in content:
        raise ValueError(f"{path!r} is not a text file. Expected a table or a list of videos.")
    return content.decode(**_ENCODING).removeprefix("\ufeff")


def write_text(path: str, text: str) -> None:
    """Write a text file: under another name first, so that nobody finds half of it."""
    head, slash, name = path.rpartition("/")
    partial = f"{head}{slash}.{name}.{os.getpid()}.part"
    tf.io.gfile.makedirs(head or slash or ".")
    try:
        with tf.io.gfile.GFile(partial, "wb") as file:
            file.write(text.encode(**_ENCODING))
        tf.io.gfile.rename(partial, path, overwrite=True)
    finally:
        if tf.io.gfile.exists(partial):
            tf.io.gfile.remove(partial)
