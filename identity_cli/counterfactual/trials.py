"""Replays of a scope without some of its events, as many as a question may cost."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import combinations

from identity_cli.counterfactual.edits import NO_EDITS, Edits
from identity_cli.counterfactual.resolution import Resolution, Scope
from identity_cli.facts import Linked
from identity_cli.outcomes import JOINS, Outcome
from identity_cli.pieces.edges import Key

Gone = frozenset[int]
"""Events left out, by seq."""

HOLDS = JOINS | {Outcome.SAME_PERSON}
"""Outcomes of links that join two ids, or would if the others had not done so before."""

WORK = 600_000
"""Events replayed for one question, about: some three seconds, however large the person is."""
FEWEST_REPLAYS = 6
"""Of a person so large that a replay costs more than that allows."""
EVENTS_TRIED_ALONE = 400
EVENTS_TRIED_IN_PAIRS = 40
"""Of scopes of so many events every event, and every pair of them, is left out once."""
LINKS_TRIED_IN_PAIRS = 40
"""Of larger ones every pair of so many links."""


class Trials:
    """What a scope comes to after some edits, and without further events."""

    def __init__(self, scope: Scope, edits: Edits = NO_EDITS) -> None:
        self.scope = scope
        self.most = max(FEWEST_REPLAYS, WORK // max(len(scope.steps), 1))
        self._edits = edits
        self._left = self.most
        self._known: dict[Gone, Resolution] = {}

    @property
    def left(self) -> int:
        """How many more replays the question may cost."""
        return self._left

    def without(self, gone: Gone = frozenset()) -> Resolution:
        """What the scope comes to without these events."""
        if gone not in self._known:
            if not self._is_small:
                self._known = {key: value for key, value in self._known.items() if not key}
            self._known[gone] = self._replayed(gone)
        return self._known[gone]

    def are_apart_without(self, gone: Gone, one: Key, two: Key) -> bool:
        """Whether two ids are."""
        return not self.without(gone).are_together(one, two)

    @cached_property
    def alone(self) -> dict[Gone, Resolution]:
        """Who is who without each single event; nothing of scopes too large for that."""
        if not self._is_small:
            return {}
        return self._persons_without(frozenset([seq]) for seq, *_ in self.scope.steps)

    @cached_property
    def pairs(self) -> dict[Gone, Resolution]:
        """The same without each pair of events; nothing of scopes too large for that."""
        if len(self.scope.steps) > EVENTS_TRIED_IN_PAIRS:
            return {}
        first_of = self.scope.first_of
        counting = [seq for seq, *_ in self.scope.steps if first_of.get(seq, seq) == seq]
        return self._persons_without(map(frozenset, combinations(counting, 2)))

    @cached_property
    def pairs_of_links(self) -> dict[Gone, Resolution]:
        """The same without each pair of links; nothing where there are too many."""
        links = self.without().links
        if len(links) > LINKS_TRIED_IN_PAIRS or not self._is_small:
            return {}
        return self._persons_without(map(frozenset, combinations(links, 2)))

    @property
    def has_repeats(self) -> bool:
        """Whether events are skipped as long as the first of their kind is there; they are in no pair."""
        return bool(self.scope.first_of)

    @property
    def _is_small(self) -> bool:
        return len(self.scope.steps) <= EVENTS_TRIED_ALONE

    def _persons_without(self, every: Iterable[Gone]) -> dict[Gone, Resolution]:
        return {gone: _persons_of(self._replayed(gone)) for gone in every}

    def _replayed(self, gone: Gone) -> Resolution:
        self._left -= 1
        return self.scope.resolve(self._edits.also_without(gone) if gone else self._edits)


def _persons_of(resolution: Resolution) -> Resolution:
    """Who is who alone: hundreds of these are kept."""
    return Resolution(person_of=resolution.person_of, events=resolution.events)


def holding(resolution: Resolution, team_id: int) -> Iterator[Linked]:
    """The links of a team that hold ids together."""
    return (link for link in resolution.links.values() if link.outcome in HOLDS and link.team_id == team_id)
