from .image_spec import ImageSpec as ImageSpec
