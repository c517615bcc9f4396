"""Random changes of video clips, and of images with masks or objects, in `tf.data` and models."""

import keras

from .base import ClipAugmentation as ClipAugmentation
from .crops import CenterCrop as CenterCrop
from .crops import RandomCrop as RandomCrop
from .crops import ThreeCrop as ThreeCrop
from .flip import RandomFlip as RandomFlip
from .frame_wise import FrameWise as FrameWise
from .joint.geometry import JointRandomCrop as JointRandomCrop
from .joint.geometry import JointRandomFlip as JointRandomFlip
from .joint.geometry import JointRandomRotation as JointRandomRotation
from .joint.geometry import JointRandomScale as JointRandomScale
from .joint.photometric import PhotometricDistortion as PhotometricDistortion
from .joint.resize import JointResize as JointResize
from .mixing import CutMix as CutMix
from .mixing import MixUp as MixUp
from .multi_scale_crop import MultiScaleCrop as MultiScaleCrop
from .normalization import Normalization as Normalization
from .rand_augment import RandAugment as RandAugment
from .random_affine import RandomAffine as RandomAffine
from .random_color_jitter import RandomColorJitter as RandomColorJitter
from .random_erasing import RandomErasing as RandomErasing
from .resized_crop import RandomResizedCrop as RandomResizedCrop
from .short_side import RandomShortSideCrop as RandomShortSideCrop
from .short_side import ResizeShortSide as ResizeShortSide
from .values import RandomGrayscale as RandomGrayscale
from .values import RandomInvert as RandomInvert
from .values import RandomNoise as RandomNoise
from .values import RandomTint as RandomTint
