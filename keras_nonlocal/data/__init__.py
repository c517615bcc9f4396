"""Video files on disk -> `tf.data` batches of clips, and a task that renders its own."""

from . import synthetic as synthetic
from .dataset import video_dataset as video_dataset
from .files import VIDEO_SUFFIXES as VIDEO_SUFFIXES
from .files import find_videos as find_videos
from .files import list_folder as list_folder
from .preparation import pixels_seen as pixels_seen
from .preparation import prepare as prepare
from .sampling import centre_start as centre_start
from .sampling import clip_indices as clip_indices
from .sampling import clip_span as clip_span
from .sampling import random_start as random_start
from .sampling import uniform_starts as uniform_starts
from .video import Video as Video
from .video import VideoError as VideoError
from .video import VideoInfo as VideoInfo
from .video import count_frames as count_frames
from .video import frame_times as frame_times
from .video import iterate_frames as iterate_frames
from .video import probe as probe
from .video import read_clip as read_clip
from .video import read_clips as read_clips
from .video import read_frames as read_frames
from .video import write_video as write_video
