"""Pure functions of tensors: pairwise functions, their exact fast forms, boxes, RoI align."""

import keras

from .boxes import anchor_boxes as anchor_boxes
from .boxes import box_iou as box_iou
from .boxes import clip_boxes as clip_boxes
from .boxes import decode_boxes as decode_boxes
from .boxes import encode_boxes as encode_boxes
from .keypoints import keypoint_peaks as keypoint_peaks
from .keypoints import keypoint_targets as keypoint_targets
from .masks import mask_targets as mask_targets
from .masks import paste_masks as paste_masks
from .matching import match_boxes as match_boxes
from .matching import sample_boxes as sample_boxes
from .nms import non_maximum_suppression as non_maximum_suppression
from .pairwise import AFFINITIES as AFFINITIES
from .pairwise import dense as dense
from .planner import METHODS as METHODS
from .planner import attend as attend
from .relatives import attention_pool as attention_pool
from .relatives import criss_cross as criss_cross
from .relatives import subtract_mean as subtract_mean
from .resize import resize_bilinear as resize_bilinear
from .roi_align import pyramid_levels as pyramid_levels
from .roi_align import roi_align as roi_align
