"""The events of some ids in a run's log: by a quick look at its bytes, else by reading it as it was replayed.

How many events each id has is known. Where lines that spell an id make as many, nothing is missing; where
they do not (an id made of something else, lines that do not follow one another), the whole log is read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple, TypeGuard

from identity_cli.counterfactual.component import Key, key_in
from identity_cli.counterfactual.raw_events import Progress, event_in, holds_text
from identity_cli.counterfactual.senders import Sender, sender_of
from identity_cli.dialects import DIALECTS
from identity_cli.dialects.base import Decoded, Item, TouchesNobody, Unusable, Wanted
from identity_cli.events import Event
from identity_cli.files.opening import BYTES_AT_ONCE
from identity_cli.files.sources import LineSource
from identity_cli.reading.reader import Reading
from identity_cli.replaying.log_again import events_of
from identity_cli.replaying.rerun import options_of, sources_of_log
from identity_cli.store.reading.run import Run


class Found(NamedTuple):
    """An event of one of the ids, and what sent it."""

    seq: int
    key: Key
    event: Event
    sender: Sender


def events_of_ids(run: Run, counts: Mapping[Key, int], on_progress: Progress | None = None) -> list[Found]:
    """The events of ids, in order; counts: how many each has. LogGone, LogChanged."""
    quick = _Quick(run, counts)
    found = quick.found(on_progress)
    return sorted(
        found if found is not None else _patiently(run, counts, on_progress), key=lambda one: one.seq
    )


def _patiently(run: Run, counts: Mapping[Key, int], on_progress: Progress | None) -> Iterator[Found]:
    options = options_of(run)
    for seq, event, counts_as in events_of(run, on_progress):
        key = key_in(event, options)
        if key in counts and counts_as == seq:
            library = event.properties.lib
            yield Found(seq, key, event, Sender(library if isinstance(library, str) else None, None))


class _Quick:
    """A look at the bytes of a log."""

    def __init__(self, run: Run, counts: Mapping[Key, int]) -> None:
        self._run, self._missing = run, Counter(counts)
        self._options = options_of(run)
        self._holds = holds_text(*(distinct_id for _, distinct_id in counts))

    def found(self, on_progress: Progress | None) -> list[Found] | None:
        """The events; None where these are not all, or more than all."""
        if self._options.dedupe or self._options.left_out or self._named_twice():
            return None
        done, found = 0, list[Found]()
        dialects = {source["path"]: source["dialect"] for source in self._run.sources()}
        for source in sources_of_log(self._run):
            if dialects[source.path] not in DIALECTS:
                return None
            with closing(source):
                decode = self._decoder(dialects[source.path])
                for first, lines in _blocks(source):
                    if lines is None:
                        return None
                    if self._holds(b"".join(lines)):
                        found += self._in_lines(source.path, first, lines, decode)
                    if on_progress is not None:
                        on_progress(done + source.bytes_read)
                    if not any(self._missing.values()):
                        return found
                done += source.bytes_read
        return None

    def _named_twice(self) -> bool:
        """Whether a file was replayed twice: then a place is two events."""
        paths = self._run.origins.paths
        return len(paths) != len(set(paths))

    def _decoder(self, dialect: str) -> Callable[[bytes], Sequence[Item | None]]:
        rules = self._options.applied_rules
        wanted = Wanted((), rules.date, rules.pairs)
        return Reading(wanted).afresh(DIALECTS[dialect])

    def _in_lines(
        self, path: str, first: int, lines: Sequence[bytes], decode: Callable[[bytes], Sequence[Item | None]]
    ) -> Iterator[Found]:
        for number, line in enumerate(lines, first):
            if not self._holds(line):
                continue
            items = decode(line)
            seqs = self._run.origins.seqs_on(path, number)
            for index, item in enumerate(items):
                if not _is_event(item) or (key := key_in(item, self._options)) not in self._missing:
                    continue
                self._missing[key] -= 1
                yield Found(seqs[index], key, item, sender_of(event_in(line, index)))


def _blocks(source: LineSource) -> Iterator[tuple[int, list[bytes] | None]]:
    """Some lines at a time, with the number of the first; None for those that do not follow one another."""
    number = 1
    while lines := source.read_lines(BYTES_AT_ONCE):
        yield number, lines if source.numbers is None else None
        number += len(lines)


def _is_event(item: Item | None) -> TypeGuard[Decoded]:
    return item is not None and not isinstance(item, Unusable | TouchesNobody)
