"""`python -m keras_nonlocal` is `keras-nonlocal`."""

import sys

from .cli import main

sys.exit(main())
