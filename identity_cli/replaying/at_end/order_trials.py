"""Links close in time, tried in the other order, to see whether others would be one person.

What settles it is the component's own journal, resolved again: its links, and what else made a person or
identified one. Nothing else decides about persons, so that the log need not be read again, and one from a
pipe is as good as any. A component whose journal does not come to its own outcomes is not judged. The one
thing that it lacks is a later `$identify` without a link of somebody whom an earlier one had identified.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from identity_cli.dialects.record import WireEvent, WireProperties
from identity_cli.facts import Linked
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules.base import LinkKey, RuleSet
from identity_cli.store.reading.component_journal import (
    ComponentJournal,
    Key,
    LinkMoment,
    Step,
    component_journal,
    link_moments,
)
from identity_cli.store.reading.run import Run

CLOSE = 10.0
"""Seconds within which it is chance which of two requests arrives first."""
MOST_TRIALS = 200
"""Of a log; each resolves a component twice."""
MOST_LINKS = 300
"""Of a component; a larger one is mostly one faulty person, which other audits tell of."""

Pair = tuple[LinkMoment, LinkMoment]
Persons = set[frozenset[Key]]
"""Who is who: the ids of each person."""


class Trial(NamedTuple):
    """Two links whose other order joins or parts others; seconds: from the first to the second, as sent.

    outcomes: of the two in that order. persons, persons_swapped: how many their component comes to.
    """

    seq: int
    later_seq: int
    seconds: float
    outcomes: tuple[str, str]
    persons: int
    persons_swapped: int


class Trials(NamedTuple):
    """Of a whole log; tried: how many pairs were. left_out: how many were not, as there were too many."""

    found: Sequence[Trial]
    tried: int
    left_out: int


def order_trials(run: Run, rules: RuleSet) -> Trials:
    """Try any two links of one person that came within seconds, or against their times, the other way."""
    found: list[Trial] = []
    tried = left_out = 0
    too_large: set[int] = (
        set()
    )  # persons whose component is: asked again of each of its links it would be quadratic
    for pair in _pairs(link_moments(run)):
        persons = pair[1].persons
        is_left_out = tried >= MOST_TRIALS or not too_large.isdisjoint(persons)
        journal = None if is_left_out else component_journal(run, persons, MOST_LINKS)
        if journal is None:
            left_out += 1
            too_large.update(persons)
        else:
            tried += 1
            found += _trial(pair, journal, rules)
    return Trials(found, tried, left_out)


def _pairs(links: Iterable[LinkMoment]) -> Iterator[Pair]:
    """Each link with those before it that looked at its persons last, where their order may be chance."""
    last: dict[int, LinkMoment] = {}
    for link in links:
        persons = link.persons
        before = {one.seq: one for one in map(last.get, persons) if one is not None}
        for one in before.values():
            if one.seq != link.seq and one.asked != link.asked and _seconds(one, link) <= CLOSE:
                yield one, link
        last.update(dict.fromkeys(persons, link))


def _seconds(one: LinkMoment, link: LinkMoment) -> float:
    """From one to the other, below 0 where they arrived against their times; endless where a time lacks."""
    if one.time is None or link.time is None:
        return float("inf")
    return (datetime.fromisoformat(link.time) - datetime.fromisoformat(one.time)).total_seconds()


def _trial(pair: Pair, journal: ComponentJournal, rules: RuleSet) -> Iterator[Trial]:
    first, second = (link.seq for link in pair)
    outcomes, persons = _resolved(journal.steps, journal.ids, rules)
    is_itself = outcomes == [step.outcome for step in journal.steps if step.other is not None]
    if not is_itself or persons != _grouped(journal.ids):
        return
    swapped = _swapped(journal.steps, first, second)
    outcomes, others = _resolved(swapped, journal.ids, rules)
    if others == persons:
        return
    linking = [step.seq for step in swapped if step.other is not None]
    of_seq = dict(zip(linking, outcomes, strict=True))
    told = of_seq[second], of_seq[first]
    yield Trial(first, second, round(_seconds(*pair), 3), told, len(persons), len(others))


def _swapped(steps: Sequence[Step], first: int, second: int) -> list[Step]:
    """The same with the second event right before the first."""
    at = next(index for index, step in enumerate(steps) if step.seq == first and step.other is not None)
    moved = [step for step in steps if step.seq == second]
    rest = (step for step in steps[at:] if step.seq != second)
    return [*steps[:at], *moved, *rest]


def _resolved(steps: Iterable[Step], ids: Iterable[Key], rules: RuleSet) -> tuple[list[str], Persons]:
    """The outcomes of the links in their order, and who is who."""
    resolver = PersonResolver(rules, buffer_seconds=0)
    facts = resolver.apply_all(1, (_event(step, rules) for step in steps))
    outcomes = [str(fact.outcome) for fact in facts if isinstance(fact, Linked)]
    whose = {key: resolver.whose(*key) for key in ids}
    return outcomes, _grouped({key: one.person for key, one in whose.items() if one is not None})


def _grouped(persons: Mapping[Key, int | None]) -> Persons:
    found: dict[int | None, list[Key]] = {}
    for key, person in persons.items():
        found.setdefault(person, []).append(key)
    return {frozenset(keys) for keys in found.values()}


def _event(step: Step, rules: RuleSet) -> WireEvent:
    """As a library would send it."""
    about = WireProperties()
    if step.other is not None and rules.links.get(step.event or "") is LinkKey.ALIAS:
        about.alias = step.other
    elif step.other is not None:
        about.anon_distinct_id = step.other
    return WireEvent(
        event=step.event or "event", distinct_id=step.own, team_id=step.team_id, properties=about
    )
