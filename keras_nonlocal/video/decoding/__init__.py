"""Video files: opened, numbered, decoded, described, written. Nothing else opens a video."""
