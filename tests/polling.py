"""Waiting for what another process does."""

import time


def poll_until(condition, seconds=60):
    """The condition's first true value; a false one after the deadline."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return value
