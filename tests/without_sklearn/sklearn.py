"""Stands before scikit-learn in the path of new processes, see `conftest.py`."""

raise ImportError("Processes that tests start do without scikit-learn.")
