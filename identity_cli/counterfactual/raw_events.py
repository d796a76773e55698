"""Events as they stand in the log, whole: for what the resolver never reads of them."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import object_of
from identity_cli.parquet_file import rows_of
from identity_cli.store.run import Run
from identity_cli.trials import paths_of

Raw = dict[str, Any]


def raw_events(run: Run, seqs: Iterable[int]) -> dict[int, Raw]:
    """The JSON objects of these events, by seq, in one pass over the files they are in.

    Where a dialect makes several events of one object, each has that object.
    """
    wanted: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for seq in seqs:
        origin = run.origin(seq)
        wanted[origin.path][origin.line].append(seq)
    found: dict[int, Raw] = {}
    for path in paths_of(run):
        lines = wanted.get(path, {})
        last = max(lines, default=0)
        for number, row in enumerate(rows_of(path) if lines else (), 1):
            for seq in lines.get(number, ()):
                found[seq] = event_in(row, run.origins.index_in_line(seq))
            if number >= last:
                break
    return found


def event_in(row: bytes, index: int) -> Raw:
    """The event of that index in a line, which may be a batch; empty where there is none."""
    with suppress(Unusable, RecursionError, ValueError):
        whole = object_of(row)
        batch = whole.get("batch")
        if isinstance(batch, list) and index < len(batch) and isinstance(batch[index], dict):
            return dict(batch[index])
        return whole
    return {}


def properties_of(raw: Raw) -> Raw:
    """What stands under `properties`; empty where nothing does."""
    inside = raw.get("properties")
    return inside if isinstance(inside, dict) else {}
