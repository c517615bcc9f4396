from . import augmentation as augmentation
from . import backbones as backbones
from . import checkpoints as checkpoints
from . import cost as cost
from . import data as data
from . import download as download
from . import explain as explain
from . import export as export
from . import images as images
from . import layers as layers
from . import metrics as metrics
from . import models as models
from . import ops as ops
from . import pretrained as pretrained
from . import regions as regions
from . import report as report
from . import studies as studies
from . import surgery as surgery
from . import tasks as tasks
from . import training as training
from . import video as video
from . import weights as weights
from . import zoo as zoo
from .layers import NonLocal1D as NonLocal1D
from .layers import NonLocal2D as NonLocal2D
from .layers import NonLocal3D as NonLocal3D

__version__: str
