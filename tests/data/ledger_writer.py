"""What a process does that writes to a ledger beside others."""


def write_many(task):
    ledger, name, count = task
    for number in range(count):
        ledger.record(f"{name}{number}", "x" * 500, "skip")
    return len(ledger)
