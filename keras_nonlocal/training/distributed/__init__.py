"""Training over several devices or machines."""

from .fit import fit as fit
