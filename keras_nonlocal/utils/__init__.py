"""Helpers that every package may use: argument checks, JSON, files, digests, progress bars."""
