"""Pure functions behind the layers: they take clips and parameters and return clips.

`draws` alone turns seeds into random numbers, and `boxes` turns random numbers into boxes.
"""
