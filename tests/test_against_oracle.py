"""The resolver against a second one that is slow and obvious, on random logs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from random import Random
from typing import Any

import oracle
import pytest
import test_conformance
from lanes import every_nth_quick
from nasty_logs import nasty_log
from outcomes import Outcome, events_of, left_by, oracle_outcome, resolve, wire

from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import POSTHOG, RULE_SETS
from identity_cli.rules.base import CopiedProperties, OsName, RuleSet, Unset

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
    for rules in ("2024-10", "2025-10"):
        for corner in ("failed", "client_ingestion_warning", "invalid_process_person_profile"):
            assert seen[f"{rules} {corner}"] > 20, f"{rules} {corner}"


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
    kept = [fact for fact in journal if type(fact).__name__ != "EventAttributed"]
    return {"journal": kept, "everybody": left_by(resolver)}


@pytest.mark.parametrize(("file", "rules", "buffer"), every_nth_quick(test_conformance.COUNTS, 9))
def test_the_oracle_too_agrees_with_the_recordings(file: str, rules: str, buffer: int) -> None:
    if rules == test_conformance.FLAG_CALLS:
        its_rules = replace(oracle.RULE_SETS["current"], flag_calls_are_personless=True)
    else:
        its_rules = oracle.RULE_SETS[rules]
    for sequence in test_conformance.sequences(file)[rules, buffer][::10]:
        options = {"buffer_seconds": buffer, "accept_empty_distinct_id": True}
        theirs = test_conformance.told(oracle_outcome(sequence["events"], its_rules, **options))
        expected = test_conformance.recorded(sequence["expect"])
        expected["merges"] = theirs["merges"] = None  # the oracle tells them without their persons
        assert theirs == expected, sequence["id"]


# Every field of a rule set alone

GUIDE = RULE_SETS["guide"]
NOT_RULES = {"name", "stands_for", "date", "period", "vendor"}
OF_VENDORS = {
    *("guard", "without_effect", "needs_anonymous_form", "most_ids", "own_id_makes_person"),
    *("merged_profile", "lists_illegal_ids", "failure_reasons"),
}
"""What the oracle of PostHog's rules knows nothing of."""
OF_NO_SET: dict[str, list[Any]] = {
    "refuses_empty_id": [False],
    "blocked_ids": [frozenset({"ada", "fresh-3"})],
    "holds_anonymous_up_to_team": [1],
    "flag_calls_are_personless": [True],
    "unguarded": [frozenset(), frozenset({"$create_alias"})],
}
"""Values that no rule set has."""
COPIED: Any = RULE_SETS["2024-10"].copied


def fields_alone() -> Iterator[Any]:
    """The guide, with one field as another rule set has it."""
    for one in fields(RuleSet):
        if one.name in NOT_RULES | OF_VENDORS:
            continue
        values = [getattr(rules, one.name) for rules in POSTHOG] + OF_NO_SET.get(one.name, [])
        others: list[Any] = []
        for value in values:
            if value != getattr(GUIDE, one.name) and value not in others:
                others.append(value)
        for place, value in enumerate(others):
            yield pytest.param({one.name: value}, id=f"{one.name}-{place}")
    for name in ("overrides", "knows_servers"):
        yield pytest.param(
            {"copied": replace(COPIED, os_name=OsName.LISTED, **{name: True})}, id=f"copied-{name}"
        )
    for name in ("null_is_a_first_value", "text_is_spread"):
        yield pytest.param(
            {"copied": replace(COPIED, os_name=OsName.LISTED, **{name: False})}, id=f"copied-{name}"
        )
    for os_name in OsName:
        yield pytest.param({"copied": replace(COPIED, os_name=os_name)}, id=f"copied-{os_name.name}")


@pytest.mark.parametrize("field", every_nth_quick(fields_alone(), 10))
def test_every_field_acts_alone(field: dict[str, Any]) -> None:
    """No rule waits for another to be there."""
    rules, its_rules = (
        replace(GUIDE, **field),
        replace(oracle.RULE_SETS["guide"], **in_words_of_oracle(field)),
    )
    differing = 0
    for seed in range(400):
        if seed >= 40 and (differing or next(iter(field)) in NEEDS_OTHERS):
            return
        log = nasty_log(Random(f"{seed} alone"), 60)
        buffer = None if "buffer_seconds" in field else [60, 0][seed % 2]
        ours = comparable(resolve(log, rules, buffer_seconds=buffer))
        assert ours == comparable(oracle_outcome(log, its_rules, buffer_seconds=buffer)), seed
        differing += ours != comparable(resolve(log, GUIDE, buffer_seconds=buffer))
    pytest.fail("no random log shows the rule")


# They say what another rule leaves alone.
NEEDS_OTHERS = {
    "always_stores",
    "filters_merges",
    "personless_id_swap",
    "warns_of_flags_on_ignored",
}


def in_words_of_oracle(field: dict[str, Any]) -> dict[str, Any]:
    ((name, value),) = field.items()
    if name == "links":
        return {name: frozenset(value)}
    if name == "door":
        return {"capture": "2026" if value.warns_of_long_ids else "rust"}
    if name == "passes_buffer":
        return {"buffer_rule": "2022-12"}
    if isinstance(value, Unset):
        return {name: value.name}
    if isinstance(value, CopiedProperties):
        return {
            name: oracle.Copied(
                latest=list(value.latest),
                first=list(value.initial),
                overrides=value.overrides,
                null_is_a_first_value=value.null_is_a_first_value,
                knows_servers=value.knows_servers,
                os_name=value.os_name.name.lower().replace("_", " "),
                text_is_spread=value.text_is_spread,
            )
        }
    return field


def comparable(outcome: Outcome) -> dict[str, Any]:
    """Everything but what only the resolver tells."""
    return {
        "persons": sorted(outcome.persons, key=lambda person: person["person_id"]),
        "warnings": outcome.warnings,
        "links": outcome.links,
        "order": outcome.order,
        "held": outcome.held,
        "failed": outcome.failed,
        "without_profile": outcome.without_profile,
        "dropped": outcome.dropped,
        "at_ingestion": outcome.at_ingestion,
        "in_the_end": outcome.in_the_end,
    }
