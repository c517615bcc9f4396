"""Writes many lines to an error log; runs in several processes at once."""


def write_many(task):
    error_log, name, count = task
    for number in range(count):
        error_log.record(f"{name}{number}", "x" * 500, "skip")
    return len(error_log)
