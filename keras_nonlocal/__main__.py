"""`python -m keras_nonlocal` is `keras-nonlocal`."""

import sys

from .cli.main import main

sys.exit(main())
