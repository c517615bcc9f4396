"""Pure functions behind the layers: clips and parameters in, clips out; nothing is drawn here.

`draws` alone turns seeds into numbers; `boxes` turns numbers into places.
"""
