"""Events as they stand in the log, whole: for what the resolver never reads of them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from identity_cli.dialects.base import Unusable
from identity_cli.dialects.json_lines import items_of, value_of
from identity_cli.dialects.posthog import unwrapped
from identity_cli.origins import Origin
from identity_cli.replaying.again.landmarked_log import OF_A_DAMAGED_INDEX, LandmarkedLog
from identity_cli.replaying.again.rerun import lines_of_log
from identity_cli.store.reading.run import Run

Raw = dict[str, Any]
Progress = Callable[[int], None]


def raw_events(run: Run, seqs: Iterable[int]) -> dict[int, Raw]:
    """The JSON objects of these events, by seq.

    Where a dialect makes several events of one object, each has that object.
    """
    wanted_seqs = sorted(set(seqs))
    found = _by_landmarks(run, wanted_seqs)
    return _in_one_pass(run, wanted_seqs) if found is None else found


def _by_landmarks(run: Run, seqs: Sequence[int]) -> dict[int, Raw] | None:
    """The same, their lines read one by one; None where that cannot be done."""
    origins, found = run.origins, {}
    try:
        with LandmarkedLog(run) as log:
            if not log.is_complete or origins.order is not None:
                return None
            for seq in seqs:
                number = origins[seq].line
                (line,) = log.lines(origins.source_of(seq), number, number)
                found[seq] = event_in(line, origins.index_in_line(seq))
    except (OSError, *OF_A_DAMAGED_INDEX):
        return None
    return found


def _in_one_pass(run: Run, seqs: Sequence[int]) -> dict[int, Raw]:
    """The same, in one pass over the files they are in."""
    wanted: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for seq in seqs:
        origin = run.origin(seq)
        wanted[origin.path][origin.line].append(seq)
    found: dict[int, Raw] = {}
    for origin, row in lines_of_log(run) if wanted else ():
        for seq in wanted.get(origin.path, {}).get(origin.line, ()):
            index = run.origins.index_in_line(seq)
            if origin.nth is None:
                found[seq] = event_in(row, index)
            elif origin.nth - 1 == index:  # one of several values of a document that begin on the line
                found[seq] = event_in(row, 0)
    return found


def events_with(
    run: Run, is_wanted: Callable[[bytes], bool], on_progress: Progress | None = None
) -> Iterator[tuple[Origin, Raw]]:
    """The events of lines that a quick look at their bytes takes for wanted; each of a batch by itself."""
    for origin, row in lines_of_log(run, on_progress):
        if is_wanted(row):
            several = _events_in(row)
            for nth, one in enumerate(several, 1):
                yield origin if len(several) == 1 else origin._replace(nth=nth), one


def holds_text(*texts: str) -> Callable[[bytes], bool]:
    """Whether a line holds any of these texts, in any way that JSON may spell it."""
    spelled = sorted({each.encode() for text in texts for each in _spellings(text)})
    return lambda row: any(each in row for each in spelled)


def _spellings(text: str) -> Iterator[str]:
    for as_ascii in (True, False):
        inside = json.dumps(text, ensure_ascii=as_ascii)[1:-1]
        with suppress(UnicodeEncodeError):
            inside.encode()
            yield from (inside, inside.replace("/", "\\/"))
            yield json.dumps(inside)[1:-1]  # within JSON that is a text itself


def _events_in(row: bytes) -> list[Raw]:
    """The events of a line, at their places in it; empty where one is no object."""
    with suppress(Unusable, RecursionError, ValueError):
        return [_opened(item) for item in items_of(value_of(row))]
    return []


def event_in(row: bytes, index: int) -> Raw:
    """The event of that index in a line, the only one where it makes several; empty where there is none."""
    several = _events_in(row)
    return several[0] if len(several) == 1 else several[index] if index < len(several) else {}


def _opened(item: Any) -> Raw:
    """An event with what stands in it as JSON text: a message's data, the properties of a table's row."""
    event = item if isinstance(item, dict) else {}
    with suppress(Unusable):  # another vendor's data is no event
        event = unwrapped(event)
    inside = event.get("properties")
    if isinstance(inside, str):
        with suppress(Unusable, UnicodeEncodeError):
            return {**event, "properties": value_of(inside.encode())}
    return event


def properties_of(raw: Raw) -> Raw:
    """What stands under `properties`; empty where nothing does."""
    inside = raw.get("properties")
    return inside if isinstance(inside, dict) else {}
