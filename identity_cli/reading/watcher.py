"""What a watcher is: it looks at the events of a log while they are read, and has rows to tell of them.

It lives where the log is read, which is mostly a process of its own with time to spare. What it finds out
comes to the run as rows, by the way that events come: no watcher needs one of its own.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from identity_cli.reading.log_items import Rows
from identity_cli.reading.own_ids import OwnIds, Seen
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.rules.base import RuleSet

if TYPE_CHECKING:
    from identity_cli.internal_users import InternalUsers


RUN, NOTICES, REMARKS = "run", "notices", "remarks"
"""Of these the rows, key and value, are gathered until the end: what is noted of the run, by key; notices by
kind, as Noticed has them; sentences on internal users, by what they are about."""
ROWS_AT_ONCE = 1_000
"""How many rows are told in one piece, where there may be one for every id."""


class Watcher(Protocol):
    """Sees all events that are replayed, in ingestion order: neither repeats skipped nor events left out."""

    @property
    def needs(self) -> Sequence[str]:
        """The event properties to keep for it, beside those that every record has.

        They are let go of once all watchers saw them: what no rule asks for comes no further.
        """

    @property
    def remembers(self) -> Kinds:
        """What it goes by: with these attributes, put back, it goes on another day, see remembering."""

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events; rows that need not wait for the end, mostly none.

        Told of every event: an answer for the whole block at once keeps that cheap.
        """

    def rows(self) -> Iterable[Rows]:
        """The other rows, once the log is at its end; asked once."""


class BatchWatcher(Watcher, Protocol):
    """A watcher that needs no more of an event than the resolver does: it can look on in either process."""

    def see(self, block: Seen) -> Iterable[Rows]:
        """Take the next events."""


class Watching(NamedTuple):
    """What watchers may want to know of a replay.

    team_id: of events without one. is_changed: whether the log is sorted first, or events of it are left
    out. scratch: a folder for what does not fit into memory. own_ids: of the events seen. evidence: whether
    audits want more than the journal.
    """

    rules: RuleSet
    team_id: int
    dedupe: bool
    is_changed: bool
    scratch: Path
    internal_users: "InternalUsers | None"
    own_ids: OwnIds
    evidence: bool = True


def of_run(key: str, value: Any) -> Rows:
    """Something to note about the run itself, as JSON."""
    return Rows(RUN, [(key, value)])
