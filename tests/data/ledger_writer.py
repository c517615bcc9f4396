"""What a process does that writes to a error log beside others."""


def write_many(task):
    error_log, name, count = task
    for number in range(count):
        error_log.record(f"{name}{number}", "x" * 500, "skip")
    return len(error_log)
