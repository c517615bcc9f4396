"""Numbers from elsewhere: cards, files, name maps, strict assignment."""

from .assign import assign as assign
from .assign import named_weights as named_weights
from .cards import Card as Card
from .cards import Clip as Clip
from .cards import WeightsFile as WeightsFile
from .cards import card_for as card_for
from .cards import card_names as card_names
from .cards import entries_root as entries_root
from .cards import read_card as read_card
from .checkpoints import read_checkpoint as read_checkpoint
from .files import check_file as check_file
from .files import find_weights as find_weights
from .files import load_weights as load_weights
from .inflate import inflate as inflate
from .inflate import load_inflated as load_inflated
