"""Training on several devices or machines."""

from .fit import distributed_fit as distributed_fit
