"""Random changes of an image together with its mask or its objects: one draw for all."""
