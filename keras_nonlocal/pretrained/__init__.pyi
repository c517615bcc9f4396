from .card_weights import cached_path as cached_path
from .card_weights import fetch_weights as fetch_weights
from .cards import Card as Card
from .cards import card_names as card_names
from .cards import read_card as read_card
