"""Video files: opened, numbered, decoded, described, written. Nothing else opens a video."""

from .container import TIME_LIMIT as TIME_LIMIT
from .container import VideoError as VideoError
from .open_video import Video as Video
from .probe import VideoInfo as VideoInfo
from .probe import probe as probe
from .read import count_frames as count_frames
from .read import frame_times as frame_times
from .read import iterate_frames as iterate_frames
from .read import read_clip as read_clip
from .read import read_frames as read_frames
from .write import write_video as write_video
