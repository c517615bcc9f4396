"""The command line: each command calls public functions of the package, and prints the result."""

from .main import main as main
