"""Videos as JPEG frames in TFRecord files: written once, read by TensorFlow alone.

Nothing is imported here, so that the processes that encode need no TensorFlow.
"""
