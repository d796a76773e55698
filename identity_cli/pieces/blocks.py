"""A block of a log, read without all others, and where it stands among them.

A block is any run of consecutive lines. By itself it knows neither its first seq nor the log's clock;
both follow from the ends of the blocks before it, a sum and a maximum. Its rows are columns, as what they
go through takes them at once: a message, a file, a partition.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

import msgspec

from identity_cli.events import ABSENT, LONG_AGO, Event, arrival_of
from identity_cli.pieces.edges import Key, node_of, pair_of
from identity_cli.pieces.log_clock import micros
from identity_cli.rules.base import RuleSet
from identity_cli.rules.own_id import stored_ids
from identity_cli.tables.period_columns import id_hashes

EventT = TypeVar("EventT")


class Place(NamedTuple):
    """How many seqs there are up to somewhere, and what the clock shows there."""

    seqs: int
    clock: datetime


START = Place(0, LONG_AGO)


class Probe(NamedTuple):
    """What an event asks of another component: whose the id is just then that it names in vain.

    clock: what the log shows by then. node: of the id.
    """

    seq: int
    clock: datetime
    node: int
    team_id: int
    distinct_id: str


class Rows(msgspec.Struct, Generic[EventT], array_like=True, gc=False):
    """Some events in the order of the log, and what they ask of others.

    clocks: what the log shows before each. nodes: of their own ids. kept: by seq the lines of events that
    may be rejected; None for the same line as the one before. In a file or elsewhere an event may stand as
    msgspec.Raw.
    """

    seqs: list[int]
    clocks: list[datetime]
    nodes: list[int]
    events: list[EventT]
    probes: list[Probe]
    kept: dict[int, bytes | None]

    def placed(self, place: Place) -> "Rows[EventT]":
        """The same in the whole log, of a block that begins there."""
        first, clock = place
        return Rows(
            [first + seq for seq in self.seqs],
            [max(one, clock) for one in self.clocks],
            self.nodes,
            self.events,
            [one._replace(seq=first + one.seq, clock=max(one.clock, clock)) for one in self.probes],
            {first + seq: line for seq, line in self.kept.items()},
        )


class Block:
    """Makes rows of a block's events, some at a time, in their order.

    clock: of the block so far. edges: pairs of nodes that interact. reached: each seq by which the clock went
    on, and what it shows then. named: ids that links name and join to nobody. Whoever takes these three may
    clear them.
    """

    def __init__(self, rules: RuleSet, team_id: int) -> None:
        """team_id: of events without one."""
        self.clock = LONG_AGO
        self.edges = array("Q")
        self.reached: list[tuple[int, datetime]] = []
        self.named: set[Key] = set()
        self._rules, self._team_id = rules, team_id

    def rows(
        self, first_seq: int, events: Sequence[Event], kept: Mapping[int, bytes | None] | None = None
    ) -> Rows[Event]:
        """Consecutive events, the first with first_seq; what is no event has a seq, and stands in between."""
        clocks = self._clocks(first_seq, events)
        teams = [self._team_id if event.team_id is None else event.team_id for event in events]
        nodes = id_hashes(teams, stored_ids(events, self._rules))
        probes = [
            probe
            for index, event in enumerate(events)
            if event.properties.alias is not None
            or event.properties.anon_distinct_id is not ABSENT
            or event.links
            for probe in self._links(first_seq + index, clocks[index], nodes[index], event)
        ]
        seqs = [*range(first_seq, first_seq + len(events))]
        return Rows(seqs, clocks, nodes, list(events), probes, dict(kept or {}))

    def pass_time(self, first_seq: int, events: Sequence[Event]) -> None:
        """Let the clock run on with events that are left out."""
        self._clocks(first_seq, events)

    def take_reached(self) -> tuple[list[int], list[int]]:
        """What was reached since it was taken last, as LogClock has it."""
        seqs = [seq for seq, _ in self.reached]
        moments = [micros(moment) for _, moment in self.reached]
        self.reached.clear()
        return seqs, moments

    def _clocks(self, first_seq: int, events: Sequence[Event]) -> list[datetime]:
        """What the clock shows before each."""
        clock, clocks, reached = self.clock, list[datetime](), self.reached
        for seq, event in enumerate(events, first_seq):  # in line, as arrival_of: it is of every event
            clocks.append(clock)
            arrival = (
                event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
            )
            if event.links:
                arrival = max(filter(None, (arrival, *map(arrival_of, event.links))), default=None)
            if arrival is not None and arrival > clock:
                clock = arrival
                reached.append((seq, clock))
        self.clock = clock
        return clocks

    def _links(self, seq: int, clock: datetime, node: int, event: Event) -> Iterator[Probe]:
        """Note what an event and the links that are part of it join, or ask."""
        for link in (*event.links, event):
            clock = max(clock, arrival_of(link) or LONG_AGO)
            asked = pair_of(link, self._rules, self._team_id)
            if asked is None:
                continue
            (own, other), connects = asked
            if link is not event:
                self.edges.extend((node, node_of(own)))
            if connects:
                self.edges.extend((node_of(own), node_of(other)))
                continue
            self.named.update((own, other))
            if other != own:
                yield Probe(seq, clock, node_of(other), *other)


def latest_arrival(events: Sequence[Event]) -> datetime:
    """When the last of these reached the platform, and links that are part of them."""
    moments = [arrival_of(event) for event in events]
    moments += [arrival_of(link) for event in events if event.links for link in event.links]
    return max(filter(None, moments), default=LONG_AGO)


def places(ends: Iterable[Place]) -> Iterator[Place]:
    """Where each block begins, from the ends of all, in the order of the log."""
    place = START
    for end in ends:
        yield place
        place = Place(place.seqs + end.seqs, max(place.clock, end.clock))
