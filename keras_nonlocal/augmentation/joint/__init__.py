"""Random changes of an image together with its mask: one draw for both."""
