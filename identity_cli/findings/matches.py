"""By what one sees that a suspicion explains another: the events, ids or persons that both name.

A match takes all suspicions of an audit, and gives what answers for any other which of them explains it, by
its number; None for none. Each takes as long as there are names.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence

from identity_cli.audits.audit import Suspicion

Answer = Callable[[Suspicion], int | None]
Match = Callable[[Sequence[Suspicion]], Answer]
Names = Callable[[Suspicion], Iterable[Hashable]]


def _by(of_effect: Names, of_cause: Names) -> Match:
    """All that the one names is named by the other audit, about the same persons where both tell any."""

    def match(causes: Sequence[Suspicion]) -> Answer:
        known: dict[Hashable, int] = {}
        for number, cause in enumerate(causes):
            for name in of_cause(cause):
                known.setdefault(name, number)

        def answer(effect: Suspicion) -> int | None:
            by = [known.get(name) for name in of_effect(effect)]
            first = by[0] if by else None
            if first is None or None in by:
                return None
            return first if _is_about_the_same(effect, causes[first]) else None

        return answer

    return match


def _is_about_the_same(effect: Suspicion, cause: Suspicion) -> bool:
    """Ids are a team's own: another team's person with the same id is somebody else."""
    told = effect.persons and cause.persons
    return not told or not {*effect.persons}.isdisjoint(cause.persons)


by_links = _by(lambda one: one.seqs, lambda one: one.seqs)
"""Links of the one are all links of the other."""
by_link = _by(lambda one: one.seqs[-1:], lambda one: one.seqs)
"""The last event of the one is a link of the other."""
by_late_links = _by(
    lambda one: one.seqs, lambda one: one.seqs if one.seen is not None and one.seen < 0 else ()
)
"""The same, of links that came so many seconds, `seen`, against their times."""
by_ids = _by(lambda one: one.distinct_ids, lambda one: one.distinct_ids)
"""Every id that the one names is named by the other's audit."""
by_persons = _by(lambda one: one.persons, lambda one: one.persons)
"""Every person that the one is about."""
by_persons_of_late = _by(
    lambda one: one.persons, lambda one: one.persons if one.seen is not None and one.seen < 0 else ()
)
"""The same, of the persons of such links."""
by_source = _by(lambda one: one.distinct_ids[-1:], lambda one: one.distinct_ids[:1])
"""The id that the links of the one share, which they name last, is the one that the other is about."""


def by_release(causes: Sequence[Suspicion]) -> Answer:
    """The same release sent both."""
    known = {(one.lib, one.version): number for number, one in enumerate(causes)}
    return lambda effect: known.get((effect.lib, effect.version))


def by_their_ids(causes: Sequence[Suspicion]) -> Answer:
    """At least half of a person's ids, `seen`, are named by the other's audit as that person's."""
    named: dict[int, set[str]] = {}
    first: dict[int, int] = {}
    for number, cause in enumerate(causes):
        for person in cause.persons:
            named.setdefault(person, set()).update(cause.distinct_ids)
            first.setdefault(person, number)

    def answer(effect: Suspicion) -> int | None:
        person = effect.persons[0] if effect.persons else None
        if person not in named or effect.seen is None or 2 * len(named[person]) < effect.seen:
            return None
        return first[person]

    return answer


def by_events(causes: Sequence[Suspicion]) -> Answer:
    """The other has at least half as many events, of the same release."""
    known = {(one.lib, one.version): number for number, one in enumerate(causes)}

    def answer(effect: Suspicion) -> int | None:
        number = known.get((effect.lib, effect.version))
        return number if number is not None and 2 * causes[number].events >= effect.events else None

    return answer
