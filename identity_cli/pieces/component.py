"""What a component of a log, or several, come to by themselves."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from identity_cli.events import Event
from identity_cli.facts import EventHeld, EventRejected, Fact
from identity_cli.pieces.blocks import Probe, Rows
from identity_cli.pieces.edges import Key
from identity_cli.pieces.log_clock import LogClock
from identity_cli.resolver.person_resolver import PersonResolver

END = 2**62
"""When what waits until the end of the log is released."""
TOLD_AT_ONCE = 1_000
"""Of what one moment may release, all that ever waited: whoever joins components holds some of each."""


class Answered(NamedTuple):
    """Whose an id was that an event elsewhere asked for; person: its number here, None for nobody's."""

    seq: int
    team_id: int
    distinct_id: str
    person: int | None
    is_identified: bool


class RejectedLine(NamedTuple):
    """The line of an event that is told as rejected next."""

    seq: int
    line: bytes


class Named(NamedTuple):
    """Whose an id is in the end that a link named and joined to nobody; person: as in Answered."""

    seq: int
    team_id: int
    distinct_id: str
    person: int | None
    is_identified: bool
    events: int


Told = tuple[int, int, Fact | Answered | RejectedLine | Named]
"""Before which event it happened, what event it is of, and what. In this order all is told."""


class Component:
    """Resolves some components, all their rows one after the other, to the end of the log."""

    def __init__(self, resolver: PersonResolver, clock: LogClock) -> None:
        """clock: the whole log's. The resolver can take other components afterwards."""
        self._resolver, self._clock = resolver, clock
        self._answers: list[Answered] = []
        self._kept: dict[int, bytes] = {}

    def told(self, rows: Iterable[Rows[Event]]) -> Iterator[list[Told]]:
        """What they come to, each event at once; rows: placed, in the order of the log.

        A probe is in the rows of the event that asks.
        """
        yield from self.told_before_end(rows)
        yield from self.told_at_end()

    def told_before_end(self, rows: Iterable[Rows[Event]]) -> Iterator[list[Told]]:
        """The same up to where the whole log ends: what waits then goes on waiting, and may be asked for."""
        for some in rows:
            self._keep(some)
            facts = self._resolver.apply_each(self._each(some))
            yield from _some_at_once(self._in_order(facts))
            self._keep_what_waits()
        yield from _some_at_once(self._in_order(self._resolver.pass_time(END, self._clock.last)))
        self._keep_what_waits()

    def told_at_end(self) -> Iterator[list[Told]]:
        """What the end of the log lets go."""
        for facts in self._resolver.finish_by_and_by():
            yield from _some_at_once(self._in_order(facts))
        self._resolver.rewind()

    @property
    def kept(self) -> Mapping[int, bytes]:
        """Lines of events that wait and may yet be rejected, by seq."""
        return self._kept

    def named(self, keys: Iterable[Key]) -> list[Told]:
        """Whose these ids are in the end, of those that are here; told last."""
        found = ((key, self._resolver.whose(*key)) for key in keys)
        return [
            (END, END, Named(END, *key, whose.person, whose.is_identified, whose.events))
            for key, whose in found
            if whose is not None
        ]

    def _keep(self, some: Rows[Event]) -> None:
        before = b""
        for seq, line in some.kept.items():
            before = self._kept[seq] = before if line is None else line

    def _keep_what_waits(self) -> None:
        if self._kept:
            waiting = set(self._resolver.waiting_since(min(self._kept)))
            self._kept = {seq: line for seq, line in self._kept.items() if seq in waiting}

    def _each(self, some: Rows[Event]) -> Iterator[tuple[int, Event]]:
        """Events by their seqs, each at its time; what is asked before is answered."""
        pass_time, link = self._resolver.pass_time_between, self._resolver.link_between
        probes = iter(some.probes)
        probe = next(probes, None)
        for seq, clock, event in zip(some.seqs, some.clocks, some.events, strict=True):
            while probe is not None and probe.seq <= seq:
                self._answer(probe)
                probe = next(probes, None)
            pass_time(seq, clock)
            for one in event.links:
                link(seq, one)
            yield seq, event
        while probe is not None:
            self._answer(probe)
            probe = next(probes, None)

    def _answer(self, probe: Probe) -> None:
        self._resolver.pass_time_between(probe.seq, probe.clock)
        whose = self._resolver.whose(probe.team_id, probe.distinct_id)
        known = (None, False) if whose is None else (whose.person, whose.is_identified)
        self._answers.append(Answered(probe.seq, probe.team_id, probe.distinct_id, *known))

    def _in_order(self, facts: Iterable[Fact]) -> list[Told]:
        """Each with its place; what one released event did stands behind the fact that it waited."""
        told: list[Told] = [(answer.seq, answer.seq, answer) for answer in self._answers]
        self._answers.clear()
        moment = event = 0
        for fact in facts:
            seq, one = fact.seq, fact
            if isinstance(fact, EventHeld):
                before = self._clock.reaches(fact.due, fact.seq)
                moment, event = END if before is None else before, seq
                one = fact._replace(released_before=before)
            elif seq != event:
                moment = event = seq
            if isinstance(fact, EventRejected) and seq in self._kept:
                told.append((moment, seq, RejectedLine(seq, self._kept[seq])))
            told.append((moment, seq, one))
        told.sort(key=_place)
        return told


def _some_at_once(told: list[Told]) -> Iterator[list[Told]]:
    start = 0
    while start < len(told):
        stop = start + TOLD_AT_ONCE
        while stop < len(told) and _place(told[stop]) == _place(told[stop - 1]):
            stop += 1
        yield told[start:stop]
        start = stop


def _place(told: Told) -> tuple[int, int]:
    return told[:2]
