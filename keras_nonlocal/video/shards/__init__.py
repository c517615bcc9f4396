"""Shards: videos as JPEG frames in TFRecord files, which TensorFlow reads without Python."""
