from .applications import decode_predictions as decode_predictions
from .applications import preprocess_input as preprocess_input
from .card_table import markdown_table as markdown_table
from .conversion import convert_checkpoint as convert_checkpoint
from .golden import verify as verify
from .loading import load as load
