"""The two units of the benchmark: what it takes only to decode every line of a log.

    python -m tests.bench.units D LOG    msgspec, into the very record that a replay decodes
    python -m tests.bench.units O LOG    orjson, everything

Prints the seconds of the loop alone; run each in a fresh process.
"""

import gc
import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

Decode = Callable[[bytes], Any]


def decode_of(unit: str) -> Decode:
    """What decodes a line; imported when asked for, so that neither unit pays for the other."""
    if unit == "O":
        decode: Decode = importlib.import_module("orjson").loads
    else:
        wanted = importlib.import_module("identity_cli.dialects.base").Wanted()
        decode = importlib.import_module("identity_cli.dialects.posthog").decoder(wanted)
    return decode


def seconds_to_decode(path: str, decode: Decode) -> float:
    """Decode every line of a file; the collector is off, as in a replay."""
    gc.disable()
    torn = 0
    started = time.perf_counter()
    with open(path, "rb", buffering=1 << 20) as file:
        for line in file:
            try:
                decode(line)
            except ValueError:  # what both raise; rare, and costs nothing until it comes
                torn += 1
    return time.perf_counter() - started


if __name__ == "__main__":
    unit, log = sys.argv[1:]
    print(seconds_to_decode(log, decode_of(unit)))
