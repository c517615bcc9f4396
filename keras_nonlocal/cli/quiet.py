"""TensorFlow without the lines that its libraries print while they start."""

from __future__ import annotations

import os
import sys
import tempfile


def start_tensorflow(*, verbose: bool) -> None:
    """Imports TensorFlow and looks for its devices, which is when its libraries print.

    They write to the file descriptor of standard error, past Python, and before any level of
    logging is in force. Meanwhile that goes into a file, which is shown if something fails.
    """
    if verbose or sys.stderr is None:  # it is closed: there is nobody to read it
        import tensorflow as tf

        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what fails is raised, too
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
