"""The platform's own answers, compared whole: see conformance/README.md."""

import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lanes import every_nth_quick
from outcomes import Outcome, exact, moment_text, outcome_of_run, resolve

from identity_cli import replay
from identity_cli.events import CREATE_ALIAS, GROUP_IDENTIFY, IDENTIFY, SNAPSHOT
from identity_cli.person_ids import person_uuid
from identity_cli.rules import RULE_SETS
from identity_cli.rules.base import Hold, RuleSet

DATA = Path(__file__).parent / "conformance"
TEAM = 2

# Sequences, as recorded

EARLIER = [("2022-12", 0), ("2022-12", 60), ("2023-09", 0)]
LATER = [("2024-10", 0), ("2025-10", 0), ("current", 0)]
FLAG_CALLS = "current, flag calls personless"
COUNTS = {
    **{("sequences", *kind): 500 for kind in EARLIER},
    **{("odd-shapes", *kind): 100 for kind in EARLIER},
    **{("later", *kind): 750 for kind in LATER},
    ("later", FLAG_CALLS, 0): 32,
}
"""By file, rules and buffer: how many sequences there are."""
BATCH = 50


@cache
def sequences(file: str) -> dict[tuple[str, int], list[Any]]:
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    with lzma.open(DATA / f"{file}.ndjson.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            sequence = json.loads(line)
            found[sequence["rules"], sequence["buffer_seconds"]].append(sequence)
    return found


def rules_of(name: str) -> RuleSet:
    """The rules of a recording: the platform's door was no part of it."""
    if name == FLAG_CALLS:
        return replace(rules_of("current"), flag_calls_are_personless=True)
    return replace(RULE_SETS[name], refuses_empty_id=False)


def batches() -> Iterator[Any]:
    for (file, rules, buffer), count in COUNTS.items():
        for start in range(0, count, BATCH):
            name = f"{file}-{start + 1}..{start + BATCH}-{rules}-{'buffer' if buffer else 'nobuffer'}"
            yield pytest.param(file, rules, buffer, slice(start, start + BATCH), id=name)


@pytest.mark.parametrize(("file", "rules", "buffer", "part"), every_nth_quick(batches(), 4))
def test_recorded_sequences(file: str, rules: str, buffer: int, part: slice) -> None:
    for sequence in sequences(file)[rules, buffer][part]:
        outcome = resolve(sequence["events"], rules_of(rules), buffer_seconds=buffer)
        assert told(outcome) == recorded(sequence["expect"]), sequence["id"]


def test_nothing_is_recorded_that_no_test_compares() -> None:
    for file in {file for file, *_ in COUNTS}:
        found = {(file, *kind): len(found) for kind, found in sequences(file).items()}
        assert found == {key: count for key, count in COUNTS.items() if key[0] == file}


@pytest.mark.slow
@pytest.mark.parametrize(("file", "rules", "buffer"), COUNTS)
def test_recorded_sequences_through_a_run(
    file: str, rules: str, buffer: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULE_SETS, rules, rules_of(rules))
    for index, sequence in enumerate(sequences(file)[rules, buffer][::25]):
        options: dict[str, Any] = {"table_formats": ("ndjson",), "with_events": True}
        run = replay(sequence["events"], run=tmp_path / str(index), rules=rules, buffer=buffer, **options)
        expected = recorded(sequence["expect"])
        assert tables_told(outcome_of_run(run)) == tables_expected(expected), sequence["id"]


def recorded(expect: dict[str, Any]) -> dict[str, Any]:
    """What a recording says, in the words of `told`."""
    persons, errors = expect["persons"], expect.get("errors", [])
    lost = {error["event"] for error in errors if error["step"] != "swallowed"}
    return {
        "persons": by_ids(
            {
                "distinct_ids": person["distinct_ids"],
                "is_identified": person["is_identified"],
                "properties": exact(person["properties"]),
                "created_at": same_moment(person["created_at"]),
                "creator": person["id_from"],
            }
            for person in persons
        ),
        "warnings": [warned(warning) for warning in expect["warnings"]],
        "merges": [
            (
                *(merge["event"], merge["source_distinct_id"], merge["target_distinct_id"]),
                *(merge["source_id_from"], merge["target_id_from"]),
            )
            for merge in expect["merges"]
        ],
        "undone": undone(expect),
        "in_the_end": [
            None if index is None or place in lost else persons[index]["id_from"]
            for place, index in enumerate(expect["event_person"])
        ],
        "at_ingestion": expect["event_person_at_ingestion"],
        "order": expect["processed_order"],
        "held": sorted(expect["buffered"]),
        "failed": sorted(lost),
        **lanes(expect, lost),
    }


def warned(warning: dict[str, Any]) -> dict[str, Any]:
    """A warning; persons are recorded by the id they were made with, and whether a limiter kept it back."""
    details = dict(warning["details"])
    for key in ("personId", "otherPersonId"):
        if f"{key}From" in details:
            details[key] = uuid_of(details.pop(f"{key}From"))
    return {"event": warning["event"], "type": warning["type"], "details": exact(details)}


LOOK_UPS = {"ai lane", "error tracking lane"}
"""Where recorded events end that only look persons up."""


def lanes(expect: dict[str, Any], lost: set[int]) -> dict[str, list[int]]:
    """The events that went no further than to their id, and those that went nowhere."""
    ended = {int(place): step for place, step in expect.get("ended_at", {}).items()}
    looking_up = {place for place, step in ended.items() if step in LOOK_UPS}
    return {
        "without_profile": sorted({*map(int, expect.get("event_mode", {})), *looking_up}),
        "dropped": sorted(ended.keys() - looking_up - lost),
    }


def undone(expect: dict[str, Any]) -> list[int]:
    """The events whose link was undone; the recording of 2024 has one entry more for each that was lost."""
    ends, errors = expect.get("ended_at", {}), expect.get("errors", [])
    times = Counter(error["event"] for error in errors if error["step"] == "swallowed")
    times.subtract(int(event) for event, step in ends.items() if step == "processPersonsStep")
    return sorted(event for event, count in times.items() if count > 0)


def told(outcome: Outcome) -> dict[str, Any]:
    """What the resolver says, as far as recordings tell it."""
    keys = ("distinct_ids", "is_identified", "properties", "created_at", "creator")
    return {
        "persons": by_ids({key: person[key] for key in keys} for person in outcome.persons),
        "warnings": outcome.warnings,
        "merges": outcome.merges,
        "undone": [link["event"] for link in outcome.links if link["outcome"] == "failed"],
        "in_the_end": outcome.in_the_end,
        "at_ingestion": outcome.at_ingestion,
        "order": outcome.order,
        "held": outcome.held,
        "failed": outcome.failed,
        "without_profile": outcome.without_profile,
        "dropped": outcome.dropped,
    }


def tables_told(outcome: Outcome) -> dict[str, Any]:
    """What the tables of a run say."""
    without_order = told(outcome)
    del without_order["order"], without_order["held"]
    return {
        **without_order,
        "person_ids": {person["creator"]: person["person_id"] for person in outcome.persons},
    }


def tables_expected(expected: dict[str, Any]) -> dict[str, Any]:
    """What the tables of a run must say: persons are named by their ids there."""
    in_tables = {key: value for key, value in expected.items() if key not in ("order", "held")}
    return {
        **in_tables,
        "merges": [(*merge[:3], *map(uuid_of, merge[3:])) for merge in expected["merges"]],
        "in_the_end": [uuid_of(creator) for creator in expected["in_the_end"]],
        "at_ingestion": [uuid_of(creator) for creator in expected["at_ingestion"]],
        "person_ids": {person["creator"]: uuid_of(person["creator"]) for person in expected["persons"]},
    }


# Cases, one behaviour each


@cache
def cases() -> dict[str, Any]:
    lines = (DATA / "cases.ndjson").read_text(encoding="utf-8").splitlines()
    return {case["id"]: case for case in map(json.loads, lines)}


def cases_by_rules() -> Iterator[Any]:
    for name, case in cases().items():
        for rules in case["rules"]:
            yield pytest.param(case, rules, case["expect"], id=f"{name}-{rules}")
        if "guide_expect" in case:
            yield pytest.param(case, "guide", case["guide_expect"], id=f"{name}-guide")


def past_capture(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a case as ingestion has them, after capture: with their team."""
    team_id = case.get("options", {}).get("team_id", TEAM)
    return [{"team_id": team_id, **event} for event in case["events"]]


@pytest.mark.parametrize(("case", "rules", "expect"), list(cases_by_rules()))
def test_case(case: dict[str, Any], rules: str, expect: dict[str, Any]) -> None:
    options = case.get("options", {})
    outcome = resolve(
        past_capture(case),
        rules_for(rules, options),
        team_id=options.get("team_id", TEAM),
        buffer_seconds=buffer_for(rules, options),
    )
    assert_case(outcome, expect, rules, options)


@pytest.mark.parametrize(("case", "rules", "expect"), every_nth_quick(cases_by_rules(), 8))
def test_case_through_a_run(
    case: dict[str, Any],
    rules: str,
    expect: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = case.get("options", {})
    monkeypatch.setitem(RULE_SETS, rules, rules_for(rules, options))
    team_id = options.get("team_id", TEAM)
    run = replay(
        past_capture(case),
        run=tmp_path / "run",
        rules=rules,
        buffer=buffer_for(rules, options),
        team_id=team_id,
        table_formats=("ndjson",),
        with_events=True,
    )
    outcome = outcome_of_run(run)
    teams = [team_id if event.get("team_id") is None else event["team_id"] for event in case["events"]]
    creators = {
        person_uuid(person["team_id"], person["creator"]): person["creator"] for person in outcome.persons
    }
    personless = {
        person_uuid(team, str(event.get("distinct_id")))
        for team, event in zip(teams, case["events"], strict=True)
        if (event.get("properties") or {}).get("$process_person_profile") is False
    }
    assert set(outcome.in_the_end) <= {*creators, *personless, None}
    outcome.in_the_end = [person_id and creators.get(person_id) for person_id in outcome.in_the_end]
    assert_case(outcome, expect, rules, options)


def rules_for(name: str, options: dict[str, Any]) -> RuleSet:
    """The rule set with what the case asks for."""
    rules = RULE_SETS[name]
    if not options.get("event_to_person_properties"):
        rules = replace(rules, copied=None)
    if options.get("accept_empty_distinct_id"):
        rules = replace(rules, refuses_empty_id=False)
    if options.get("personless_uuid_swap"):
        rules = replace(rules, personless_id_swap=True)
    if options.get("buffer_rule") == "nov-2022" and name != "guide":
        rules = replace(
            rules,
            holds_anonymous_up_to_team=options["buffer_anonymous_max_team_id"],
            passes_buffer={
                IDENTIFY: Hold.UNLESS_OTHER,
                CREATE_ALIAS: Hold.UNLESS_OTHER,
                GROUP_IDENTIFY: Hold.NEVER,
                SNAPSHOT: Hold.NEVER,
            },
        )
    return rules


def buffer_for(rules: str, options: dict[str, Any]) -> float | None:
    """No buffer unless the case has one; the guide keeps its own."""
    return None if rules == "guide" else options.get("buffer_seconds", 0)


def assert_case(outcome: Outcome, expect: dict[str, Any], rules: str, options: dict[str, Any]) -> None:
    """Compare what the case states."""
    stated = by_ids(
        {
            "distinct_ids": person["distinct_ids"],
            "is_identified": person["is_identified"],
            "properties": exact(person["properties"]),
            "created_at": same_moment(person["created_at"]),
            "creator": person["id_from"],
            **({"team_id": person["team_id"]} if "team_id" in person else {}),
            **({"person_id": person["uuid"]} if "uuid" in person else {}),
        }
        for person in expect["persons"]
    )
    found = by_ids(outcome.persons)
    assert len(found) == len(stated)
    assert [
        {key: person[key] for key in wanted} for wanted, person in zip(stated, found, strict=True)
    ] == stated
    if not options.get("ignore_warnings"):
        assert_warnings(outcome.warnings, expect["warnings"], rules)
    assert [merge[:3] for merge in outcome.merges] == [
        (merge["event"], merge["source_distinct_id"], merge["target_distinct_id"])
        for merge in expect["merges"]
    ]
    for place, index in enumerate(expect["event_person"]):
        if index != "any":
            owner = None if index is None else expect["persons"][index]["id_from"]
            assert outcome.in_the_end[place] == owner, f"event {place}"


def assert_warnings(found: list[dict[str, Any]], stated: list[dict[str, Any]], rules: str) -> None:
    assert [(warning["event"], warning["type"]) for warning in found] == [
        (warning["event"], warning["type"]) for warning in stated
    ]
    for ours, theirs in zip(found, stated, strict=True):
        wanted = exact(theirs["details"])
        if rules == "2022-12":  # warnings did not name their event yet
            wanted.pop("eventUuid", None)
            assert "eventUuid" not in ours["details"]
        assert {key: ours["details"].get(key) for key in wanted} == wanted


# The same spelling on both sides


def uuid_of(creator: str | None) -> str | None:
    return None if creator is None else person_uuid(TEAM, creator)


def by_ids(persons: Any) -> list[dict[str, Any]]:
    return sorted(persons, key=lambda person: (person["distinct_ids"], person.get("team_id", 0)))


def same_moment(text: str | None) -> str | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
