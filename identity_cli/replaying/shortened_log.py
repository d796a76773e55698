"""A run's log without some of its events: its own lines, for a re-import."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from identity_cli.dialects.json_lines import line_without
from identity_cli.errors import AmbiguousEvent, EventInBatch, EventNotMet
from identity_cli.left_out import LeftOut, uuid_in_text
from identity_cli.origins import address_in
from identity_cli.parquet_file import rows_of
from identity_cli.replaying.log_again import events_of
from identity_cli.store.run import Run
from identity_cli.trials import paths_of


def log_without(run: Run, left_out: Iterable[str | LeftOut]) -> Iterator[bytes]:
    """The lines of a run's log, in the order of its files, but for some events.

    These are FILE:LINE, FILE:LINE#NTH or as a plan names them. Of a line that holds several events the
    others stay. EventNotMet, AmbiguousEvent, LogChanged before the first line.
    """
    gone = _Gone(run, left_out)
    return (kept for path in paths_of(run) for kept in gone.kept_of(path))


class _Gone:
    """The events that are left out, by line."""

    def __init__(self, run: Run, left_out: Iterable[str | LeftOut]) -> None:
        wanted = {_seq_of(run, one): one for one in left_out}
        missing = {seq: one for seq, one in wanted.items() if not isinstance(one, str)}
        for seq, event, _ in events_of(run):
            if seq in missing:
                planned = missing.pop(seq)
                if planned.uuid not in (None, uuid_in_text(event.uuid)):
                    raise EventNotMet(planned.origin, f"its uuid is not {planned.uuid}")
        for planned in missing.values():
            raise EventNotMet(planned.origin, "the log has no event there")
        self._indexes: dict[tuple[str, int], set[int]] = defaultdict(set)
        for seq in wanted:
            self._indexes[run.origin(seq)[:2]].add(run.origins.index_in_line(seq))
        self._several = {run.origin(first)[:2]: count for first, _, count in run.origins.batches}

    def kept_of(self, path: str) -> Iterator[bytes]:
        """What stays of the lines of a file."""
        for number, line in enumerate(rows_of(path), 1):
            gone = self._indexes.get((path, number), ())
            if len(gone) < self._several.get((path, number), 1):
                kept = line_without(line, gone) if gone else line
                if kept is None:
                    raise EventInBatch(f"{path}:{number}")
                yield kept if kept.endswith(b"\n") else kept + b"\n"


def _seq_of(run: Run, named: str | LeftOut) -> int:
    text = named if isinstance(named, str) else str(named.origin)
    seqs = run.origins.seqs_at(text)
    if not seqs or address_in(text) is None:
        raise EventNotMet(text, "the log has no such line")
    if len(seqs) > 1:
        raise AmbiguousEvent(text, [run.origin(seq) for seq in seqs])
    return seqs[0]
