"""Exit statuses of the commands."""

WRONG = 2
INTERRUPTED = 130  # as shells have it
