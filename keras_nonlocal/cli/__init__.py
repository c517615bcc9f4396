"""The command line: parse, call one public function, print."""

from .main import main as main
