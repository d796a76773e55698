"""A block of a log, read without all others, and where it stands among them.

A block is any run of consecutive lines. By itself it knows neither its first seq nor the log's clock;
both follow from the ends of the blocks before it, a sum and a maximum.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from identity_cli.events import LONG_AGO, Event, arrival_of
from identity_cli.pieces.edges import Edge, Key, connects, key_of, pair_of
from identity_cli.rules.base import RuleSet


class Step(NamedTuple):
    """An event; clock, clock_after: what the log shows before and after it.

    key: its own id, None where it has none. edges: the pairs of ids that it makes interact.
    """

    seq: int
    clock: datetime
    clock_after: datetime
    key: Key | None
    edges: tuple[Edge, ...]
    event: Event

    def placed(self, place: "Place") -> "Step":
        """The same in the whole log."""
        clock, after = max(self.clock, place.clock), max(self.clock_after, place.clock)
        return self._replace(seq=place.seqs + self.seq, clock=clock, clock_after=after)


class Probe(NamedTuple):
    """What an event asks of another component: whose the id is just then that it names in vain.

    clock: what the log shows by then.
    """

    seq: int
    clock: datetime
    key: Key

    def placed(self, place: "Place") -> "Probe":
        """The same in the whole log."""
        return self._replace(seq=place.seqs + self.seq, clock=max(self.clock, place.clock))


class Place(NamedTuple):
    """How many seqs there are up to somewhere, and what the clock shows there."""

    seqs: int
    clock: datetime


START = Place(0, LONG_AGO)
Row = Step | Probe


class Block:
    """The rows of a block, in its order, with seqs from 1 and a clock of its own; then ask for its end."""

    def __init__(self, items: Iterable[Event | None], rules: RuleSet, team_id: int) -> None:
        """items: one for each seq, None for a line that is no event; team_id: of events without one."""
        self.end = START
        self._items, self._rules, self._team_id = items, rules, team_id

    def __iter__(self) -> Iterator[Row]:
        for seq, event in enumerate(self._items, 1):
            before, edges = self.end.clock, list[Edge]()
            self.end = Place(seq, before)
            if event is not None:
                yield from self._links(event, edges)
                key = key_of(event, self._rules, self._team_id)
                yield Step(seq, before, self.end.clock, key, tuple(edges), event)

    def _links(self, event: Event, edges: list[Edge]) -> Iterator[Probe]:
        """Let time pass with an event and the links that are part of it; those add edges, or ask."""
        for link in (*event.links, event):
            clock = max(self.end.clock, arrival_of(link) or LONG_AGO)
            self.end = Place(self.end.seqs, clock)
            pair = pair_of(link, self._rules, self._team_id)
            if pair is None:
                continue
            if connects(link, pair, self._rules):
                edges.append(pair)
            else:
                yield Probe(self.end.seqs, clock, pair[1])


def places(ends: Iterable[Place]) -> Iterator[Place]:
    """Where each block begins, from the ends of all, in the order of the log."""
    place = START
    for end in ends:
        yield place
        place = Place(place.seqs + end.seqs, max(place.clock, end.clock))
