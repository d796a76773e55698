"""What would have joined two persons, or would now: the mildest first, each confirmed by a replay."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any, cast

from identity_cli.counterfactual.accounts import account_first
from identity_cli.counterfactual.component import linking_event
from identity_cli.counterfactual.resolution import ArrivedEvent, Scope
from identity_cli.counterfactual.words import words_of
from identity_cli.dialects.base import POSTHOG
from identity_cli.events import ABSENT, IDENTIFY, LONG_AGO, LONGEST_SENT_ID, Event, arrival_of
from identity_cli.origins import Origin
from identity_cli.pieces.edges import Key
from identity_cli.replaying.again.rerun import options_of
from identity_cli.rules.linking import is_illegal
from identity_cli.rules.words import Ask, kind_called
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

REFUSALS_TRIED = 5
"""Of many refused links between two persons; those that ask for the same are one."""
A_YEAR = timedelta(days=367)
"""Longer than any buffer holds an event."""


@dataclass(frozen=True, slots=True)
class Instead:
    """What in the place of a refused link would have joined them: an event of that id which names the other.

    asked: the event in words. replaces: the illegal id that was sent; None where the link only was the
    wrong way round.
    """

    origin: Origin
    event: str
    distinct_id: str
    other: str
    asked: str
    replaces: str | None = None

    def __str__(self) -> str:
        if self.replaces is None:
            return f"the other way round it would have joined them: at {self.origin} {self.asked}"
        told = f"with a real id it would have joined them: at {self.origin} {self.asked}"
        return f"{told}, in place of {self.replaces!r}"


class Remedies:
    """For two ids of a scope that are two persons."""

    def __init__(self, run: Run, scope: Scope, one: Key, two: Key) -> None:
        self._run = run
        self._scope = scope
        self._pair = one, two
        self._asks, self.unguarded = words_of(run).asks, words_of(run).unguarded
        self._account, self._other = account_first(scope, one, two)

    def instead(self, refused: Iterable[LinkRow]) -> list[Instead]:
        """Refused links with their sides swapped, as far as that would have joined the two."""
        return [one for link in _different(refused) for one in self._swapped(link)]

    def legal(self, refused: Iterable[LinkRow]) -> list[Instead]:
        """Links of one of the two with an illegal id, had they named the other of the two."""
        return [one for link in _different(refused) for one in self._with_real_id(link)]

    def in_the_past(self, refused: Iterable[LinkRow], *, force: bool) -> list[str]:
        """Changes to the log that join the two; force: also what no safeguard minds, if nothing else does."""
        links = _different(refused)
        told = [sentence for link in links for sentence in self._had_it_come_later(link)]
        if not told and force:
            told = [sentence for link in links for sentence in self._by_force(link)]
        return told

    def now(self) -> list[tuple[Ask, str]]:
        """The mildest event that joins the two, sent at once or later, and the same in words."""
        for ask in self._asks:
            for target, source in ((self._account, self._other), (self._other, self._account)):
                if self._can_be(ask, target[1], source[1]) and all(
                    self._joins([*self._scope.steps, step]) for step in self._sent(ask.kind, target, source)
                ):
                    return [(ask, ask.of(target[1], source[1]))]
        return []

    def _swapped(self, link: LinkRow) -> Iterator[Instead]:
        found = link.source_distinct_id, link.target_distinct_id
        for ask in self._mild_ones(kind_called(link.event)):
            if self._can_be(ask, *found) and self._joins(self._asking(link, ask, *found)):
                yield Instead(self._run.origin(link.seq), ask.event, *found, ask.of(*found))
                return

    def _mild_ones(self, kind: str) -> list[Ask]:
        """The mild ways to ask for a link: that of a kind first, and then the mildest, or all of them."""
        mild = [ask for ask in self._asks if not ask.forces]
        own = [ask for ask in mild if ask.kind == kind]
        return list(dict.fromkeys([*own, *mild[:1]])) if own else mild

    def _asking(self, link: LinkRow, ask: Ask, own: str, other: str) -> list[ArrivedEvent]:
        """The events, one of which asks for another link."""
        return [
            (seq, _as_link(event, ask.kind, own, other) if seq == link.seq else event, clock)
            for seq, event, clock in self._scope.steps
        ]

    def _with_real_id(self, link: LinkRow) -> Iterator[Instead]:
        ask = next((ask for ask in self._asks if ask.kind == kind_called(link.event)), None)
        if ask is None:
            return
        ends = link.target_distinct_id, link.source_distinct_id
        asked = product(illegal_ids(self._run, *ends), (self._account[1], self._other[1]))
        for illegal, real in asked:  # whichever of the two was named first
            own = ends[1] if ends[0] == illegal else ends[0]
            if (
                real != own
                and self._can_be(ask, own, real)
                and self._joins(self._asking(link, ask, own, real))
            ):
                what = ask.of(own, real)
                yield Instead(self._run.origin(link.seq), ask.event, own, real, what, replaces=illegal)
                return

    def _had_it_come_later(self, link: LinkRow) -> Iterator[str]:
        identified = None if link.source_person is None else self._run.identified_seq(link.source_person)
        late = [step for step in self._scope.steps if step[0] == identified]
        if not late or link.seq <= late[0][0]:
            return
        changed = []
        for step in self._scope.steps:
            if step is not late[0]:
                changed.append(step)
            if step[0] == link.seq:
                changed.append((late[0][0], late[0][1], step[2]))
        if self._joins(changed):
            places = self._run.origin(late[0][0]), self._run.origin(link.seq)
            yield f"it would have merged had {places[0]} come after {places[1]}"

    def _by_force(self, link: LinkRow) -> Iterator[str]:
        found = link.target_distinct_id, link.source_distinct_id
        for ask in self._asks:
            if (
                ask.forces
                and ask.kind != kind_called(link.event)
                and self._joins(self._asking(link, ask, *found))
            ):
                yield f"it would have merged as {ask.event} at {self._run.origin(link.seq)}"
                return

    def _can_be(self, ask: Ask, own: str, other: str) -> bool:
        """Whether an event can ask for it: one sent under an id that capture cuts is another's."""
        is_cut = words_of(self._run).vendor == POSTHOG and len(own) > LONGEST_SENT_ID
        return not is_cut and ask.is_for(own, other)

    def _sent(self, name: str, target: Key, source: Key) -> Iterator[ArrivedEvent]:
        """The event at the end of the log, while events wait in the buffer and when none does any more."""
        steps = self._scope.steps
        seq, clock = (steps[-1][0] + 1, steps[-1][2]) if steps else (1, LONG_AGO)
        clock = max([clock, *(arrival_of(event) or LONG_AGO for _, event, _ in steps[-1:])])
        event = linking_event(name, target, source[1])
        yield seq, event, clock
        if clock is not LONG_AGO:
            yield seq, event, clock + A_YEAR

    def _joins(self, steps: list[ArrivedEvent]) -> bool:
        return self._scope.resolve(steps=steps).are_together(*self._pair)


def illegal_ids(run: Run, *ids: str) -> list[str]:
    """Of ids those that can be nobody's own, by the rules of a run."""
    rules = options_of(run).applied_rules
    return [one for one in dict.fromkeys(ids) if is_illegal(one, rules)]


def _different(refused: Iterable[LinkRow]) -> list[LinkRow]:
    """The first of the links that ask for the same, and not too many."""
    first = {
        (link.event, link.source_distinct_id, link.target_distinct_id): link for link in reversed([*refused])
    }
    return sorted(first.values(), key=lambda link: link.seq)[:REFUSALS_TRIED]


def _as_link(event: Event, name: str, own: str, other: str) -> Event:
    """The event, had it asked to link another id to that own one."""
    changed: Any = copy(event)
    changed.event, changed.distinct_id, changed.properties = name, own, copy(event.properties)
    if event.links_as is not None or event.links:  # an event of a line alone has neither, for good
        changed.links_as, changed.links = None, ()
    inside = changed.properties
    inside.distinct_id, inside.alias, inside.anon_distinct_id = None, None, ABSENT
    setattr(inside, "anon_distinct_id" if name == IDENTIFY else "alias", other)
    return cast(Event, changed)
