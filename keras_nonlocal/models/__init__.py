"""Named networks for video classification, semantic segmentation and object detection."""

import keras

from .detection import keypoint_rcnn_r50_fpn as keypoint_rcnn_r50_fpn
from .detection import keypoint_rcnn_r101_fpn as keypoint_rcnn_r101_fpn
from .detection import keypoint_rcnn_small as keypoint_rcnn_small
from .detection import keypoint_rcnn_x101_fpn as keypoint_rcnn_x101_fpn
from .detection import mask_rcnn_r50_fpn as mask_rcnn_r50_fpn
from .detection import mask_rcnn_r101_fpn as mask_rcnn_r101_fpn
from .detection import mask_rcnn_small as mask_rcnn_small
from .detection import mask_rcnn_x101_fpn as mask_rcnn_x101_fpn
from .detection import nl_keypoint_rcnn_r101_fpn as nl_keypoint_rcnn_r101_fpn
from .detection import nl_keypoint_rcnn_small as nl_keypoint_rcnn_small
from .detection import nl_mask_rcnn_r50_fpn as nl_mask_rcnn_r50_fpn
from .detection import nl_mask_rcnn_r101_fpn as nl_mask_rcnn_r101_fpn
from .detection import nl_mask_rcnn_small as nl_mask_rcnn_small
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
