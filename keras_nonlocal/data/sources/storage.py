"""Text at a path or at an address that `tf.io.gfile` opens, and paths that stand in it."""

from __future__ import annotations

import os

import tensorflow as tf

from ...utils.remote_files import (
    ensure_file_system,
    is_address,
    refuse_folder,
    system_errors,
    write_whole,
)

# Names of files may be bytes that are no UTF-8; Python writes those bytes as lone surrogates.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}


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
    ensure_file_system(path)
    with system_errors(path), tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    if b"\0" in content:
        raise ValueError(f"{path!r} is not a text file. Expected a table or a list of videos.")
    return content.decode(**_ENCODING).removeprefix("\ufeff")


def write_text(path: str, text: str) -> None:
    """Write a text file: under another name first, so that nobody finds half of it.

    Raises:
        OSError: It cannot be written there.
    """
    with system_errors(path):
        write_whole(path, text.encode(**_ENCODING))


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether its result can be written; makes the folder.

    Raises:
        OSError: It cannot be written there.
    """
    path = absolute(path)
    with system_errors(path):
        refuse_folder(path)
        trial = f"{path}.{os.getpid()}.trial"
        write_whole(trial, b"")
        tf.io.gfile.remove(trial)
