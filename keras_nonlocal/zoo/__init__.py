"""Trained networks by name: a card, its builder, its weights, its preparation of clips."""

from ..weights import Card as Card
from ..weights import card_names as card_names
from ..weights import read_card as read_card
from .classifier import Classifier as Classifier
from .classifier import load as load
