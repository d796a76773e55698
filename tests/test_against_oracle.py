"""The resolver against a second one that is slow and obvious, on random logs."""

from collections import Counter
from random import Random
from typing import Any

import pytest
import test_conformance
from nasty_logs import nasty_log
from outcomes import Outcome, events_of, oracle_outcome, resolve, wire

from identity_cli.resolver import PersonResolver
from identity_cli.rules import POSTHOG, RULE_SETS

SEEDS = range(60)
PLATFORMS = [rules.name for rules in POSTHOG]
RARE = range(60, 2060)
"""What needs several odd properties to meet shows in one log of many hundreds."""


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("seed", SEEDS)
def test_same_as_the_oracle(rules: str, seed: int) -> None:
    assert_same_as_the_oracle(rules, seed)


@pytest.mark.slow
@pytest.mark.parametrize("rules", RULE_SETS)
def test_same_as_the_oracle_where_it_is_rare(rules: str) -> None:
    for seed in RARE:
        assert_same_as_the_oracle(rules, seed)


def assert_same_as_the_oracle(rules: str, seed: int) -> None:
    random = Random(f"{rules} {seed}")
    log = nasty_log(random, random.choice([5, 40, 120]))
    buffer = random.choice([None, 0, 60, 20.5])
    ours = resolve(log, rules, buffer_seconds=buffer, team_id=1)
    theirs = oracle_outcome(log, rules, buffer_seconds=buffer, team_id=1)
    assert comparable(ours) == comparable(theirs), f"{rules} {seed}"


def test_the_random_logs_reach_every_corner() -> None:
    seen: Counter[str] = Counter()
    for rules in PLATFORMS:
        for seed in SEEDS:
            outcome = resolve(nasty_log(Random(f"{rules} {seed} corners"), 60), rules)
            seen.update(f"{rules} {link['outcome']}" for link in outcome.links)
            seen.update(f"{rules} {warning['type']}" for warning in outcome.warnings)
            seen[f"{rules} held"] += len(outcome.held)
            seen[f"{rules} failed"] += len(outcome.failed)
    outcomes = [
        "created",
        "attached",
        "merged",
        "same_person",
        "same_id",
        "refused_identified",
        "refused_illegal",
    ]
    for rules in PLATFORMS:
        for corner in (*outcomes, "cannot_merge_already_identified", "cannot_merge_with_illegal_distinct_id"):
            assert seen[f"{rules} {corner}"] > 20, f"{rules} {corner}"
    assert seen["guide held"] > 100
    assert seen["2022-12 held"] > 100
    assert seen["2022-12 failed"] > 50
    for warning in (
        "invalid_process_person_profile",
        "invalid_event_when_process_person_profile_is_false",
        "skipping_event_invalid_distinct_id",
        "distinct_id_truncated",
        "distinct_id_too_large",
    ):
        assert seen[f"current {warning}"] > 5, warning


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("seed", range(20))
def test_counting_in_line_changes_nothing(rules: str, seed: int) -> None:
    """Without attributing, plain events of known ids take a short cut through the resolver."""
    random = Random(f"{rules} {seed} short cut")
    log = nasty_log(random, 150)
    slow, fast = (state_and_journal(log, rules, attributing=attributing) for attributing in (True, False))
    assert fast == slow


def state_and_journal(log: list[Any], rules: str, *, attributing: bool) -> dict[str, Any]:
    resolver = PersonResolver(RULE_SETS[rules], attributing=attributing)
    events = events_of(wire(log), RULE_SETS[rules])
    journal = resolver.apply_all(1, events) + resolver.finish()
    return {
        "journal": [fact for fact in journal if type(fact).__name__ != "EventAttributed"],
        "persons": [
            (person.uuid, person.properties, person.created_at, person.identified_seq)
            for person in resolver.persons
        ],
        "ids": sorted(
            (team_id, distinct_id, seen.seq, seen.joined, seen.count, seen.first, seen.last)
            for team_id, distinct_id, seen in resolver.distinct_ids()
        ),
    }


@pytest.mark.parametrize(("rules", "buffer"), test_conformance.KINDS)
@pytest.mark.parametrize("file", test_conformance.FILES)
def test_the_oracle_too_agrees_with_the_recordings(file: str, rules: str, buffer: int) -> None:
    for sequence in test_conformance.sequences(file)[rules, buffer][::10]:
        options = {"buffer_seconds": buffer, "accept_empty_distinct_id": True}
        theirs = test_conformance.told(oracle_outcome(sequence["events"], rules, **options))
        expected = test_conformance.recorded(sequence["expect"])
        expected["merges"] = theirs["merges"] = None  # the oracle tells them without their persons
        assert theirs == expected, sequence["id"]


def comparable(outcome: Outcome) -> dict[str, Any]:
    """Everything but what only the resolver tells."""
    return {
        "persons": sorted(outcome.persons, key=lambda person: person["person_id"]),
        "warnings": outcome.warnings,
        "links": outcome.links,
        "order": outcome.order,
        "held": outcome.held,
        "failed": outcome.failed,
        "at_ingestion": outcome.at_ingestion,
        "in_the_end": outcome.in_the_end,
    }
