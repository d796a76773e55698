"""Events as they stand in the log, whole: for what the resolver never reads of them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import object_of
from identity_cli.errors import LogChanged
from identity_cli.events import Origin
from identity_cli.parquet_file import BYTES_AT_ONCE, open_log, rows_of
from identity_cli.store.run import Run
from identity_cli.trials import paths_of

Raw = dict[str, Any]
Progress = Callable[[int], None]


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


def events_with(
    run: Run, is_wanted: Callable[[bytes], bool], on_progress: Progress | None = None
) -> Iterator[tuple[Origin, Raw]]:
    """The events of lines that a quick look at their bytes takes for wanted; each of a batch by itself."""
    for origin, row in _rows(run, on_progress):
        if is_wanted(row):
            for one in _events_in(row):
                yield origin, one


def holds_text(*texts: str) -> Callable[[bytes], bool]:
    """Whether a line holds any of these texts, in any way that JSON may spell it."""
    spelled = sorted({each.encode() for text in texts for each in _spellings(text)})
    return lambda row: any(each in row for each in spelled)


def _spellings(text: str) -> Iterator[str]:
    for as_ascii in (True, False):
        inside = json.dumps(text, ensure_ascii=as_ascii)[1:-1]
        with suppress(UnicodeEncodeError):
            inside.encode()
            yield inside
            yield inside.replace("/", "\\/")


def _rows(run: Run, on_progress: Progress | None) -> Iterator[tuple[Origin, bytes]]:
    """The lines of a run's log; LogChanged if a file is not as long as it was."""
    done = 0
    for source, path in zip(run.sources(), paths_of(run), strict=True):
        if Path(path).stat().st_size != source["size"]:
            raise LogChanged(path, source["size"], Path(path).stat().st_size)
        file, number = open_log(path), 0
        try:
            while lines := file.read_lines(BYTES_AT_ONCE):
                for row in lines:
                    number += 1
                    yield Origin(path, number), row
                if on_progress is not None:
                    on_progress(done + file.bytes_read)
        finally:
            file.close()
        done += source["size"]


def _events_in(row: bytes) -> list[Raw]:
    with suppress(Unusable, RecursionError, ValueError):
        whole = object_of(row)
        batch = whole.get("batch")
        return [one for one in batch if isinstance(one, dict)] if isinstance(batch, list) else [whole]
    return []


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
