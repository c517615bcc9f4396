"""Random changes of clips, alike in all frames of a clip: layers for `tf.data` and for models."""

import keras

from .base import ClipAugmentation as ClipAugmentation
from .colour_jitter import ColourJitter as ColourJitter
from .crops import CentreCrop as CentreCrop
from .crops import RandomCrop as RandomCrop
from .crops import ThreeCrop as ThreeCrop
from .erasing import TubeErasing as TubeErasing
from .flip import RandomFlip as RandomFlip
from .frame_wise import FrameWise as FrameWise
from .mixing import CutMix as CutMix
from .mixing import MixUp as MixUp
from .move import RandomMove as RandomMove
from .multi_scale_crop import MultiScaleCrop as MultiScaleCrop
from .normalise import Normalise as Normalise
from .rand_augment import RandAugment as RandAugment
from .resized_crop import RandomResizedCrop as RandomResizedCrop
from .short_side import RandomShortSideCrop as RandomShortSideCrop
from .short_side import ResizeShortSide as ResizeShortSide
from .values import RandomGrey as RandomGrey
from .values import RandomInvert as RandomInvert
from .values import RandomNoise as RandomNoise
from .values import RandomTint as RandomTint
