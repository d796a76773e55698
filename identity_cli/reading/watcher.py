"""What a watcher is: it looks at the events of a log while they are read, and has rows to tell of them.

Of a block it says what it sees, and then takes that: so several processes may look at blocks side by side,
and one takes what they saw in the order of the log.

It lives where the log is read, which is mostly a process of its own with time to spare. What it finds out
comes to the run as rows, by the way that events come: no watcher needs one of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

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
SeenT_contra = TypeVar("SeenT_contra", contravariant=True)


class WatcherOf(Protocol[SeenT_contra]):
    """Sees all events that are replayed, in ingestion order: neither repeats skipped nor events left out."""

    @property
    def needs(self) -> Sequence[str]:
        """The event properties to keep for it, beside those that every record has.

        They are let go of once all watchers saw them: what no rule asks for comes no further.
        """

    @property
    def remembers(self) -> Kinds:
        """What it goes by: with these attributes, put back, it goes on another day, see remembering."""

    def look(self, block: SeenT_contra) -> Any:
        """What there is to take of these events, None for nothing; the same whatever was taken before.

        Little, and plain: it may go to another process, as messages or pickled. Told of every event: an
        answer for the whole block at once keeps that cheap.
        """

    def take(self, looked: Any) -> Iterable[Rows]:
        """Take that of the next events; rows that need not wait for the end, mostly none.

        Only this changes what it remembers. What costs time belongs into looking.
        """

    def rows(self) -> Iterable[Rows]:
        """The other rows, once the log is at its end; asked once."""


Watcher = WatcherOf[Block]
BatchWatcher = WatcherOf[Seen]
"""A watcher that needs no more of an event than the resolver does: it can look on in either process."""


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


def watched(watchers: Sequence[WatcherOf[SeenT_contra]], block: SeenT_contra) -> Iterator[Rows]:
    """The rows that watchers have once they took what they see in the next events."""
    return taken(watchers, [watcher.look(block) for watcher in watchers])


def taken(watchers: Iterable[WatcherOf[Any]], looks: Iterable[Any]) -> Iterator[Rows]:
    """The same of what each of them has seen."""
    for watcher, looked in zip(watchers, looks, strict=True):
        if looked is not None:
            yield from watcher.take(looked)


def of_run(key: str, value: Any) -> Rows:
    """Something to note about the run itself, as JSON."""
    return Rows(RUN, [(key, value)])
