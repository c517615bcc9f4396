"""Videos as JPEG frames in TFRecord files: written once, read by TensorFlow alone."""
