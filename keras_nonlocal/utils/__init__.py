"""What every room may use: argument checks, JSON, files, hashing, progress."""
