"""Suspicions of one cause by the releases that sent them: neighbours together, and in which it began.

What a release does wrong shows in the next one too, where a page still keeps what the first has left behind;
and a stray before it is no beginning. So a cause begins in the first of its releases in which it is not rare,
as measured by the events that each sent.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from identity_cli.audits.audit import Suspicion
from identity_cli.store.reading.activity import events_sent
from identity_cli.store.reading.periods import Sender
from identity_cli.store.reading.run import Run

RARE = 0.1
"""Of the highest rate of a cause's releases: what is below is a stray."""
ELSEWHERE = -9
"""The number of a sender that the run has no hour of: nobody's neighbour."""


class Beginning(NamedTuple):
    """Where a cause begins; before: in how many of 1,000 events it was there in earlier releases.

    None where these sent nothing, or the library is not known.
    """

    suspicion: Suspicion
    before: float | None


class Releases:
    """The releases of each library of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _sent(self) -> dict[Sender, int]:
        """Events of each, in the order in which they came first."""
        return events_sent(self._run)

    def joined(self, alike: Iterable[Suspicion]) -> list[list[Suspicion]]:
        """Suspicions of one cause, those of neighbouring releases together; each in order."""
        of_library: dict[str | None, list[Suspicion]] = {}
        for one in alike:
            of_library.setdefault(one.lib, []).append(one)
        groups = [group for its in of_library.values() for group in self._neighbours(its)]
        return [sorted(group, key=lambda one: one.seqs) for group in groups]

    def _neighbours(self, alike: Sequence[Suspicion]) -> list[list[Suspicion]]:
        if len({one.version for one in alike}) == 1:  # mostly
            return [[*alike]]
        numbers = {sender: number for number, sender in enumerate(self._of(alike[0].lib))}
        groups: dict[int, list[Suspicion]] = {}
        for one in alike:
            groups.setdefault(numbers.get(_sender(one), ELSEWHERE), []).append(one)
        found: list[list[Suspicion]] = []
        for number in sorted(groups):
            if number - 1 in groups:
                found[-1] += groups[number]
            else:
                found.append(groups[number])
        return found

    def beginning(self, alike: Sequence[Suspicion]) -> Beginning:
        """Where a cause begins, of which these are all, in order."""
        releases = self._of(alike[0].lib) if alike[0].version is not None else []
        times = Counter(map(_sender, alike))
        rates = {one: times[one] / max(1, self._sent[one]) for one in times if one in self._sent}
        rare = RARE * max(rates.values(), default=0.0)
        begun = next((one for one in releases if rates.get(one, 0.0) > rare), None)
        if begun is None:
            return Beginning(alike[0], None)
        earlier = releases[: releases.index(begun)]
        events = sum(self._sent[one] for one in earlier)
        first = next(one for one in alike if _sender(one) == begun)
        return Beginning(first, 1_000 * sum(times[one] for one in earlier) / events if events else None)

    @cached_property
    def _by_library(self) -> dict[str | None, list[Sender]]:
        found: dict[str | None, list[Sender]] = {}
        for one in self._sent:
            found.setdefault(one.lib, []).append(one)
        return found

    def _of(self, lib: str | None) -> list[Sender]:
        return self._by_library.get(lib, [])


def _sender(suspicion: Suspicion) -> Sender:
    return Sender(suspicion.lib, suspicion.version)
