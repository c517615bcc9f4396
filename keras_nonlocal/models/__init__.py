"""Named networks for video classification and semantic segmentation."""

import keras

from .segmentation import fcn_r50 as fcn_r50
from .segmentation import fcn_r101 as fcn_r101
from .segmentation import nl_fcn_r50 as nl_fcn_r50
from .segmentation import nl_fcn_r101 as nl_fcn_r101
from .video import c2d_r50 as c2d_r50
from .video import c2d_r101 as c2d_r101
from .video import c2d_small as c2d_small
from .video import i3d_r50 as i3d_r50
from .video import i3d_r101 as i3d_r101
from .video import i3d_small as i3d_small
from .video import nl_c2d_r50 as nl_c2d_r50
from .video import nl_c2d_r101 as nl_c2d_r101
from .video import nl_c2d_small as nl_c2d_small
from .video import nl_i3d_r50 as nl_i3d_r50
from .video import nl_i3d_r101 as nl_i3d_r101
from .video import nl_i3d_small as nl_i3d_small
