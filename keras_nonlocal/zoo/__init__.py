"""Trained networks by name: a card, its builder, its weights, its preparation of clips."""

from ..weights import Card as Card
from ..weights import card_for as card_for
from ..weights import card_names as card_names
from ..weights import fetch_weights as fetch_weights
from ..weights import read_card as read_card
from .applications import decode_predictions as decode_predictions
from .applications import preprocess_input as preprocess_input
from .classifier import Classifier as Classifier
from .classifier import load as load
from .conversion import convert as convert
from .golden import Verification as Verification
from .golden import verify as verify
from .table import table as table
from .table import write_table as write_table
