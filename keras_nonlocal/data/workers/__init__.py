"""Tasks in worker processes that may fail, hang or die: each task gets its answer all the same.

Nothing here imports Keras, and nor do the processes.
"""

from .pool import cores as cores
from .pool import map_in_processes as map_in_processes
from .worker import Failure as Failure
