"""Paths with a scheme, such as `gs://` or `http://`: who opens them, and whether it is there."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from .checks import PathLike

# Names of files may be bytes that are no UTF-8; Python writes those bytes as lone surrogates.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}

_TFIO = frozenset({"http", "https", "s3", "az", "hdfs", "viewfs", "har", "oss"})
_WAY_OUT = (
    "Its file systems load next to TensorFlow 2.16 only: "
    "`pip install 'keras_nonlocal[tfio]' 'tensorflow<2.17'`. "
    "Or copy the files to a disk, or to gs://, which TensorFlow opens itself."
)


def scheme(path: PathLike) -> str:
    """The scheme of a path, empty for plain paths.

    >>> scheme("http://host/shards"), scheme("clips/a.mp4")
    ('http', '')
    """
    before, found, _ = os.fspath(path).partition("://")
    return before if found else ""


def is_address(path: PathLike) -> bool:
    """Whether it is one such as `s3://bucket/clip.mp4`."""
    return bool(scheme(path))


def ensure_file_system(path: PathLike) -> None:
    """Loads what `tf.io.gfile` needs to open a path: tensorflow-io for http, https, s3, az, hdfs.

    Raises:
        ImportError: The scheme needs tensorflow-io, which is not installed or does not load.
        ValueError: Nothing opens that scheme.

    Example:

    >>> ensure_file_system("shards/train")
    """
    if _opens(scheme(path)):
        return
    if scheme(path) not in _TFIO:
        raise ValueError(
            f"No file system opens {scheme(path)}://. Expected a plain path, gs:// or, with "
            f"tensorflow-io, one of {sorted(_TFIO)}. Received: path={os.fspath(path)!r}"
        )
    problem = _load_tfio()
    if not _opens(scheme(path)):
        raise ImportError(f"{os.fspath(path)!r} needs tensorflow-io, but {problem}. {_WAY_OUT}")


@contextmanager
def local_file(path: PathLike) -> Iterator[str]:
    """A file on this machine with the contents of `path`: itself, or a copy for the time being."""
    if not scheme(path):
        yield os.fspath(path)
        return
    ensure_file_system(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(os.fspath(path)))
        with system_errors(path):
            tf.io.gfile.copy(os.fspath(path), copy)
        yield copy


def write_whole(path: str, content: bytes) -> None:
    """Writes a file that appears under its name only when it is complete, wherever it lies.

    Files on this machine that are written piece by piece: see `utils.atomic_files.replacing`.
    """
    ensure_file_system(path)
    refuse_folder(path)
    head, slash, name = path.rpartition("/")
    partial = f"{head}{slash}.{name}.{os.getpid()}.part"
    tf.io.gfile.makedirs(head or slash or ".")
    try:
        with tf.io.gfile.GFile(partial, "wb") as file:
            file.write(content)
        tf.io.gfile.rename(partial, path, overwrite=True)
    finally:
        if tf.io.gfile.exists(partial):
            tf.io.gfile.remove(partial)


def refuse_folder(path: str) -> None:
    """An error if a folder lies where a file is to be written."""
    if tf.io.gfile.isdir(path):
        raise IsADirectoryError(f"{path!r} is a folder. Expected the name of a file.")


@contextmanager
def system_errors(path: PathLike) -> Iterator[None]:
    """What TensorFlow raises of files, as the errors that Python has for the same."""
    try:
        yield
    except tf.errors.NotFoundError:
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}. Check the path.") from None
    except tf.errors.OpError as error:
        raise OSError(f"{os.fspath(path)!r} cannot be read or written: {error.message}") from error


def absolute(path: PathLike, folder: str = "") -> str:
    """The path, taken from `folder` unless it is complete, and normalized; addresses as given."""
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


def check_writable(path: PathLike) -> None:
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


def _opens(name: str) -> bool:
    return name in tf.io.gfile.get_registered_schemes()


def _load_tfio() -> str:
    """Why it does not help, if it does not."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            importlib.import_module("tensorflow_io")
        except Exception as error:  # a binary for another TensorFlow fails in many ways
            missing = isinstance(error, ModuleNotFoundError) and error.name == "tensorflow_io"
            return "it is not installed" if missing else f"it does not load: {error}"
    return "its binary does not load with this TensorFlow"
