"""What each id did, by the hours and senders that a run counts: who sent its first events, and its last."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import compress
from operator import ge, lt
from typing import NamedTuple
from weakref import WeakKeyDictionary

from identity_cli.store.reading.periods import Sender, parts_of, senders_of
from identity_cli.store.reading.run import Run
from identity_cli.tables.period_columns import UNDATED, Columns, id_hash

IdOfTeam = tuple[int, str]
"""A team and a distinct id."""
IDS_AT_ONCE = 1 << 18
"""What each did is added up of so many at a time, in some 50 MB."""
_SENDER_BITS = 16
"""An hour and the number of a sender are kept as one number: that takes half the memory of two."""
_SENDER = (1 << _SENDER_BITS) - 1


class Begun(NamedTuple):
    """How many ids began in some way, and how many of these have one event."""

    ids: int
    single: int


def events_sent(run: Run) -> dict[Sender, int]:
    """How many events each library and version sent, in the order in which they came first."""
    senders = senders_of(run)
    sent = dict.fromkeys(senders.values(), 0)
    for part in parts_of(run):
        for (sender, events), rows in Counter(zip(part.senders, part.events, strict=True)).items():
            sent[senders[sender]] += events * rows
    return sent


def first_senders(run: Run, ids: Iterable[IdOfTeam]) -> dict[IdOfTeam, Sender]:
    """Who sent the first events of these ids; without those that have none, or none with a time."""
    return _senders(run, ids, lt)


def last_senders(run: Run, ids: Iterable[IdOfTeam]) -> dict[IdOfTeam, Sender]:
    """Who sent the last."""
    return _senders(run, ids, ge)


def sender_of_single(run: Run, senders: Collection[Sender]) -> Callable[[int, str], Sender | None]:
    """What tells which of these sent the only event of a team's id; asked of ids that have one event."""
    wanted = {number: sender for number, sender in senders_of(run).items() if sender in senders}
    sent = {number: array("Q") for number in wanted}
    for part in parts_of(run):
        for hour, sender, own, events in zip(*part, strict=True):
            if events == 1 and sender in sent and hour != UNDATED:
                sent[sender].append(own)
    in_order = {wanted[number]: array("Q", sorted(own)) for number, own in sent.items()}

    def sender_of(team_id: int, distinct_id: str) -> Sender | None:
        own = id_hash(team_id, distinct_id)
        return next((sender for sender, found in in_order.items() if _holds(found, own)), None)

    return sender_of


def _holds(in_order: "array[int]", one: int) -> bool:
    """Whether a number is among sorted ones: eight bytes each, where a mapping takes some eighty."""
    at = bisect_left(in_order, one)
    return at < len(in_order) and in_order[at] == one


def _senders(
    run: Run, ids: Iterable[IdOfTeam], is_rather: Callable[[int, int], bool]
) -> dict[IdOfTeam, Sender]:
    """Of each the sender in that hour which is rather the one, held against one found before; in one pass."""
    keys = {id_hash(*one): one for one in ids}
    found: dict[int, tuple[int, int]] = {}
    for part in parts_of(run) if keys else ():
        for hour, sender, own in _rows_of(part, keys.__contains__):
            if hour != UNDATED and (own not in found or is_rather(hour, found[own][0])):
                found[own] = hour, sender
    senders = senders_of(run)
    return {keys[own]: senders[sender] for own, (_, sender) in found.items()}


def _rows_of(part: Columns, is_wanted: Callable[[int], bool]) -> Iterator[tuple[int, int, int]]:
    """Hour, sender and id; of the ids that are wanted."""
    return compress(zip(part.hours, part.senders, part.ids, strict=True), map(is_wanted, part.ids))


_BEGUN: WeakKeyDictionary[Run, dict[Sender, Begun]] = WeakKeyDictionary()


def begun(run: Run) -> dict[Sender, Begun]:
    """By library and version how many ids began with it, and how many of these have one event.

    Added up once for each run, from all its events; those without a time are left out.
    """
    if run not in _BEGUN:
        _BEGUN[run] = _begun(run)
    return _BEGUN[run]


def _begun(run: Run) -> dict[Sender, Begun]:
    """Some ids at a time, by their hashes: so many passes cost less than memory for all of them."""
    known = run.database.execute("SELECT count(*) FROM distinct_ids").fetchone()[0]
    shares = 1 + known // IDS_AT_ONCE
    ids, single = Counter[int](), Counter[int]()
    for share in range(shares):
        first, many = dict[int, int](), set[int]()
        for part in parts_of(run):
            _begin(_share_of(part, share, shares), first, many)
        ids.update([moment & _SENDER for moment in first.values()])
        single.update([moment & _SENDER for own, moment in first.items() if own not in many])
    senders = senders_of(run)
    return {senders[number]: Begun(ids[number], single[number]) for number in sorted(ids)}


def _share_of(part: Columns, share: int, shares: int) -> Iterable[tuple[int, int, int, int]]:
    """Rows of every so-manieth id."""
    rows = zip(*part, strict=True)
    return rows if shares == 1 else compress(rows, [own % shares == share for own in part.ids])


def _begin(rows: Iterable[tuple[int, int, int, int]], first: dict[int, int], many: set[int]) -> None:
    """The next rows; first: hour and sender of each id's first events. many: ids of more than one event."""
    for hour, sender, own, events in rows:
        if hour == UNDATED:
            continue
        known = first.get(own)
        if known is not None or events > 1:
            many.add(own)
        if known is None or hour < known >> _SENDER_BITS:
            first[own] = hour << _SENDER_BITS | sender
