"""A log in pieces comes to what it comes to as a whole: every component by itself, with the clock of all."""

from random import Random
from typing import Any

import pytest
from nasty_logs import nasty_log
from outcomes import Left, events_of, left_by, wire

from identity_cli import facts
from identity_cli.pieces.component import clock_of, replayed, split
from identity_cli.pieces.edges import components, connected
from identity_cli.pieces.joining import JoinedJournal
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS


def in_pieces(log: list[Any], rules: str, **options: Any) -> tuple[list[facts.Fact], Left, int]:
    """The journal and everybody of a log, its components replayed one by one, and how many there were."""
    events = [*enumerate(events_of(wire(log), RULE_SETS[rules]), 1)]
    clock, parts = clock_of(events), split(events, RULE_SETS[rules], 1)
    resolvers = [PersonResolver(RULE_SETS[rules], **options) for _ in parts]
    joined = JoinedJournal(
        [replayed(one, part, clock) for one, part in zip(resolvers, parts, strict=True)], clock
    )
    journal = [*joined]
    told = [left for index, one in enumerate(resolvers) for left in joined.everybody(index, one.everybody(7))]
    return journal, left_by(told), len(parts)


@pytest.mark.parametrize("rules", RULE_SETS)
def test_the_joined_journal_is_the_journal_of_the_whole(rules: str) -> None:
    random, most = Random(rules), 0
    for _ in range(12):
        log = nasty_log(random, random.choice([5, 60, 150]))
        buffer = random.choice([None, 0, 60, 20.5])
        whole = PersonResolver(RULE_SETS[rules], buffer_seconds=buffer)
        journal = whole.apply_all(1, events_of(wire(log), RULE_SETS[rules])) + whole.finish()
        told, left, count = in_pieces(log, rules, buffer_seconds=buffer)
        assert told == journal
        assert left == left_by(whole.everybody())
        most = max(most, count)
    assert most > 3


def test_one_resolver_takes_one_component_after_the_other() -> None:
    log = [event for seed in range(4) for event in nasty_log(Random(seed), 60)]
    rules = RULE_SETS["guide"]
    events = [*enumerate(events_of(wire(log), rules), 1)]
    clock, parts = clock_of(events), split(events, rules, 1)
    one = PersonResolver(rules, buffer_seconds=60)
    told = [[*replayed(one, part, clock)] for part in parts]
    each = [[*replayed(PersonResolver(rules, buffer_seconds=60), part, clock)] for part in parts]
    assert [*JoinedJournal(told, clock)] == [*JoinedJournal(each, clock)]


def test_components_are_what_edges_connect() -> None:
    random = Random(4)
    for _ in range(50):
        keys = [(1, str(number)) for number in range(30)]
        edges = [(random.choice(keys), random.choice(keys)) for _ in range(random.choice([3, 15, 40]))]
        named = components(edges)
        for key in keys:
            same = {other for other in named if named[other] == named.get(key)} | {key}
            assert connected([key], edges) == same


def test_a_long_chain_of_edges_is_walked_in_no_time() -> None:
    edges = [((1, str(number)), (1, str(number + 1))) for number in range(100_000)]
    assert len(set(components(edges).values())) == 1
    assert len(set(components(reversed(edges)).values())) == 1
