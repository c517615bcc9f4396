"""Named networks for video classification and semantic segmentation."""

import keras

from .segmentation import cc_fcn_r50 as cc_fcn_r50
from .segmentation import cc_fcn_r101 as cc_fcn_r101
from .segmentation import cc_fcn_small as cc_fcn_small
from .segmentation import dnl_fcn_r50 as dnl_fcn_r50
from .segmentation import dnl_fcn_r101 as dnl_fcn_r101
from .segmentation import dnl_fcn_small as dnl_fcn_small
from .segmentation import fcn_r50 as fcn_r50
from .segmentation import fcn_r101 as fcn_r101
from .segmentation import fcn_small as fcn_small
from .segmentation import gc_fcn_r50 as gc_fcn_r50
from .segmentation import gc_fcn_r101 as gc_fcn_r101
from .segmentation import gc_fcn_small as gc_fcn_small
from .segmentation import nl_fcn_r50 as nl_fcn_r50
from .segmentation import nl_fcn_r101 as nl_fcn_r101
from .segmentation import nl_fcn_small as nl_fcn_small
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
