"""Files with a scheme in the path, such as `gs://` or `http://`, which TensorFlow opens."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from .atomic_files import unique
from .checks import PathLike

# Names of files may hold bytes that are not UTF-8. Python represents them as lone surrogates.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}

_TFIO = frozenset({"http", "https", "s3", "az", "hdfs", "viewfs", "har", "oss"})
_SOLUTION = (
    "Its file systems load next to TensorFlow 2.16 only: "
    "`pip install 'keras_nonlocal[tfio]' 'tensorflow<2.17'`. "
    "Or copy the files to a disk, or to gs://, which TensorFlow opens without it."
)


def scheme(path: PathLike) -> str:
    """Returns the scheme of a path, which is empty for plain paths.

    >>> scheme("http://host/shards"), scheme("clips/a.mp4")
    ('http', '')
    """
    before, found, _ = os.fspath(path).partition("://")
    return before if found else ""


def is_address(path: PathLike) -> bool:
    """Returns whether a path has a scheme, as `s3://bucket/clip.mp4` has."""
    return bool(scheme(path))


def ensure_file_system(path: PathLike) -> None:
    """Loads tensorflow-io if `tf.io.gfile` needs it for a path (http, https, s3, az, hdfs).

    Raises:
        ImportError: The scheme needs tensorflow-io, which is not installed or does not load.
        ValueError: No file system opens this scheme.

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
        raise ImportError(f"{os.fspath(path)!r} needs tensorflow-io, but {problem}. {_SOLUTION}")


@contextmanager
def local_file(path: PathLike) -> Iterator[str]:
    """Yields a local file with the content of `path`: the file itself, or a temporary copy."""
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
    """Writes a local or remote file, which gets its final name only when it is complete.

    To write a local file in several steps, use `utils.atomic_files.replacing`.
    """
    ensure_file_system(path)
    refuse_folder(path)
    head, slash, name = path.rpartition("/")
    partial = f"{head}{slash}.{name}.{unique()}.part"
    tf.io.gfile.makedirs(head or slash or ".")
    try:
        with tf.io.gfile.GFile(partial, "wb") as file:
            file.write(content)
        tf.io.gfile.rename(partial, path, overwrite=True)
    finally:
        if tf.io.gfile.exists(partial):
            tf.io.gfile.remove(partial)


def refuse_folder(path: str) -> None:
    """Raises an error if the path of a file to write is a folder."""
    if tf.io.gfile.isdir(path):
        raise IsADirectoryError(f"{path!r} is a folder. Expected the name of a file.")


@contextmanager
def system_errors(path: PathLike) -> Iterator[None]:
    """Converts TensorFlow's errors of files to those that Python raises for the same cause."""
    try:
        yield
    except tf.errors.NotFoundError:
        raise FileNotFoundError(
            f"There is no file or folder {os.fspath(path)!r}. Check the path."
        ) from None
    except tf.errors.OpError as error:
        raise OSError(f"{os.fspath(path)!r} cannot be read or written: {error.message}") from error


def absolute(path: PathLike, folder: str = "") -> str:
    """Returns the normalized path relative to `folder`. Addresses do not change."""
    path = os.fspath(path)
    if is_address(path):
        return path
    if is_address(folder) and not os.path.isabs(path):
        return f"{folder.rstrip('/')}/{path}"
    return os.path.abspath(os.path.join(folder, path))


def folder_of(path: str) -> str:
    """Returns the folder of a file, or its address."""
    return path.rpartition("/")[0] if is_address(path) else os.path.dirname(path)


def read_text(path: str) -> str:
    """Reads a text file, without a byte order mark.

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
    """Writes a text file, which gets its final name only when it is complete.

    Raises:
        OSError: The file cannot be written.
    """
    with system_errors(path):
        write_whole(path, text.encode(**_ENCODING))


def check_writable(path: PathLike) -> None:
    """Checks that a file can be written, before the work that computes it. Creates its folder.

    Raises:
        OSError: The file cannot be written.
    """
    path = absolute(path)
    with system_errors(path):
        refuse_folder(path)
        trial = f"{path}.{unique()}.trial"
        write_whole(trial, b"")
        tf.io.gfile.remove(trial)


def _opens(name: str) -> bool:
    return name in tf.io.gfile.get_registered_schemes()


def _load_tfio() -> str:
    """Imports tensorflow-io. Returns the reason in case that its file systems are missing."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            importlib.import_module("tensorflow_io")
        except Exception as error:  # a binary for another version of TensorFlow fails in many ways
            missing = isinstance(error, ModuleNotFoundError) and error.name == "tensorflow_io"
            return "it is not installed" if missing else f"it does not load: {error}"
    return "its binary does not load with this TensorFlow"
