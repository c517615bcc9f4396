"""Which frames make a clip: by index, by time, by the rules of published code."""
