"""The fixture that writes videos."""

from video.conftest import write as write
