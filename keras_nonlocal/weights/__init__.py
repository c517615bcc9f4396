"""Numbers from elsewhere: cards, files, name maps, strict assignment."""

from .assign import assign as assign
from .assign import named_weights as named_weights
from .cards import Accuracy as Accuracy
from .cards import Card as Card
from .cards import Clip as Clip
from .cards import Licence as Licence
from .cards import WeightsFile as WeightsFile
from .cards import card_for as card_for
from .cards import card_names as card_names
from .cards import entries_root as entries_root
from .cards import read_card as read_card
from .convert import convert as convert
from .convert import find_source as find_source
from .fetching import Digest as Digest
from .fetching import FetchError as FetchError
from .fetching import Source as Source
from .fetching import cache_root as cache_root
from .fetching import fetch as fetch
from .files import check_file as check_file
from .files import find_weights as find_weights
from .files import load_weights as load_weights
from .inflate import inflate as inflate
from .inflate import load_inflated as load_inflated
from .names import SOURCES as SOURCES
from .report import Report as Report
from .report import Row as Row
