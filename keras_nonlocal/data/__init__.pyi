from .error_log import read_error_log as read_error_log
from .find_files import find_videos as find_videos
from .manifest import Entry as Entry
from .manifest import Manifest as Manifest
from .sources.check import check_manifest as check_manifest
from .sources.read import read_source as read_source
from .sources.write import write_manifest as write_manifest
