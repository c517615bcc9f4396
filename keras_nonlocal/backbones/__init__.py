"""Feature networks in the functional API, and the tables they are built from."""

from .backbone import Backbone as Backbone
from .blocks import conv_norm as conv_norm
from .image_resnet import dilated_resnet as dilated_resnet
from .placement import DEPTHS as DEPTHS
from .placement import STAGES as STAGES
from .placement import Placement as Placement
from .placement import place as place
from .variants import VARIANTS as VARIANTS
from .variants import Variant as Variant
from .video_resnet import INFLATIONS as INFLATIONS
from .video_resnet import video_resnet as video_resnet
