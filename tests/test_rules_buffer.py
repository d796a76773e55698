"""The event buffer of the guide: what waits, for how long, and what comes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from outcomes import Outcome, resolve

from identity_cli.facts import EventHeld

Resolved = Callable[..., Outcome]


def at(seconds: float, **event: Any) -> dict[str, Any]:
    """An event that arrives so many seconds after noon."""
    minutes, rest = divmod(seconds, 60)
    return {"event": "invoice", "now": f"2023-03-08T12:{int(minutes):02}:{rest:06.3f}Z", **event}


def identify(seconds: float, own: str, other: str) -> dict[str, Any]:
    return at(seconds, event="$identify", distinct_id=own, properties={"$anon_distinct_id": other})


def pageview(seconds: float, device: str) -> dict[str, Any]:
    return at(seconds, event="$pageview", distinct_id=device, properties={"$device_id": device})


def test_a_backend_event_waits_for_the_identify_that_explains_it() -> None:
    log = [
        pageview(0, "anon"),
        at(1, distinct_id="ada"),
        identify(30, "ada", "anon"),
        at(31, distinct_id="ada"),
    ]
    outcome = resolve(log)
    assert outcome.groups() == [["ada", "anon"]]
    assert outcome.held == [1]
    assert outcome.order == [0, 2, 3, 1]
    assert outcome.at_ingestion == ["anon", "anon", "anon", "anon"]


def test_without_the_buffer_the_same_log_needs_a_merge() -> None:
    log = [pageview(0, "anon"), at(1, distinct_id="ada"), identify(30, "ada", "anon")]
    outcome = resolve(log, buffer_seconds=0)
    assert outcome.held == []
    assert outcome.at_ingestion == ["anon", "ada", "ada"]
    assert outcome.link_outcomes() == ["merged"]


def test_after_sixty_seconds_it_makes_its_own_person() -> None:
    log = [pageview(0, "anon"), at(1, distinct_id="ada"), identify(62, "ada", "anon")]
    outcome = resolve(log)
    assert outcome.order == [0, 1, 2]
    assert outcome.at_ingestion == ["anon", "ada", "ada"]
    assert outcome.link_outcomes() == ["merged"]


@pytest.mark.parametrize(("seconds", "first"), [(60.999, "link"), (61, "held event"), (61.001, "held event")])
def test_it_is_released_before_an_arrival_exactly_sixty_seconds_later(seconds: float, first: str) -> None:
    outcome = resolve([at(1, distinct_id="ada"), identify(seconds, "ada", "anon")])
    assert outcome.order == ([1, 0] if first == "link" else [0, 1])


def test_the_end_of_the_log_releases_the_rest_in_order() -> None:
    outcome = resolve([at(0, distinct_id="ada"), at(1, distinct_id="bob"), at(2, distinct_id="ada")])
    assert outcome.order == [0, 1, 2]
    assert outcome.held == [0, 1, 2]
    assert outcome.groups() == [["ada"], ["bob"]]


def test_a_held_set_can_overwrite_a_newer_one() -> None:
    log = [
        at(0, distinct_id="ada", properties={"$set": {"plan": "free"}}),
        identify(1, "ada", "anon"),
        at(2, distinct_id="ada", properties={"$set": {"plan": "pro"}}),
    ]
    assert resolve(log).person_of("ada")["properties"] == {"plan": '"free"'}
    assert resolve(log, buffer_seconds=0).person_of("ada")["properties"] == {"plan": '"pro"'}


def test_a_released_event_is_not_held_again() -> None:
    log = [at(0, distinct_id="ada"), at(100, distinct_id="bob"), at(300, distinct_id="eve")]
    outcome = resolve(log)
    assert outcome.held == [0, 1, 2]
    assert outcome.order == [0, 1, 2]


PASSING = [
    {"event": "$identify", "properties": {}},
    {"event": "$identify", "properties": {"$anon_distinct_id": "anon"}},
    {"event": "$identify", "properties": {"$anon_distinct_id": "guest"}},
    {"event": "$create_alias", "properties": {"alias": "anon"}},
    {"event": "$merge_dangerously", "properties": {"alias": "anon"}},
    {"event": "$groupidentify"},
    {"event": "$snapshot"},
    {"event": "$pageview", "properties": {"$device_id": "ada"}},
    *(
        {"event": "e", "properties": {"$lib": f"posthog-{name}"}}
        for name in ("ios", "android", "react-native", "flutter")
    ),
]
WAITING = [
    {"event": "e"},
    {"event": "$set", "properties": {"$set": {"a": 1}}},
    {"event": "$create_alias", "properties": {"alias": ""}},
    {"event": "$merge_dangerously", "properties": {}},
    {"event": "e", "properties": {"$device_id": "other"}},
    {"event": "e", "properties": {"$lib": "posthog-node"}},
    {"event": "e", "properties": {"$lib": "web"}},
    {"event": "e", "$device_id": "ada", "$lib": "posthog-ios"},
]


@pytest.mark.parametrize("event", PASSING, ids=json.dumps)
def test_what_never_waits(event: dict[str, Any]) -> None:
    assert resolve([at(0, distinct_id="ada", **event)]).held == []


@pytest.mark.parametrize("event", WAITING, ids=json.dumps)
def test_what_waits(event: dict[str, Any]) -> None:
    assert resolve([at(0, distinct_id="ada", **event)]).held == [0]


def test_a_device_id_that_is_a_number_is_not_the_id_it_reads_as() -> None:
    assert resolve([at(0, distinct_id=42, properties={"$device_id": 42})]).held == [0]
    assert resolve([at(0, distinct_id=42, properties={"$device_id": "42"})]).held == []


def test_an_id_that_has_a_person_never_waits() -> None:
    assert (
        resolve([identify(0, "ada", "anon"), at(1, distinct_id="anon"), at(2, distinct_id="ada")]).held == []
    )


def test_2022_12_also_holds_an_identify_without_another_id() -> None:
    plain = at(0, event="$identify", distinct_id="ada", properties={})
    assert resolve([plain], "2022-12").held == [0]
    assert resolve([plain], "guide").held == []
    assert resolve([identify(0, "ada", "ada")], "2022-12").held == []


@pytest.mark.parametrize("rules", ["2023-09", "current"])
def test_later_rule_sets_have_no_buffer_until_one_is_asked_for(rules: str) -> None:
    log = [at(0, distinct_id="ada"), identify(30, "ada", "anon")]
    assert resolve(log, rules).held == []
    outcome = resolve(log, rules, buffer_seconds=60)
    assert outcome.held == [0]
    assert outcome.order == [1, 0], "the link itself does not wait"


# The clock


def test_the_clock_is_the_arrival_not_the_timestamp() -> None:
    log = [
        at(0, distinct_id="ada", timestamp="2023-03-08T10:00:00Z"),
        {**identify(30, "ada", "anon"), "timestamp": "2023-03-08T15:00:00Z"},
    ]
    assert resolve(log).order == [1, 0]


@pytest.mark.parametrize("key", ["now", "_received_at", "_inserted_at", "created_at", "timestamp"])
def test_any_arrival_time_will_do(key: str) -> None:
    log = [
        {"event": "e", "distinct_id": "ada", key: "2023-03-08T12:00:00Z"},
        {"event": "e", "distinct_id": "bob", key: "2023-03-08T12:01:00Z"},
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}},
    ]
    outcome = resolve(log)
    assert outcome.held == [0, 1]
    assert outcome.order == [0, 2, 1]


def test_the_clock_never_goes_back() -> None:
    log = [
        at(100, distinct_id="ada"),
        at(0, distinct_id="bob"),
        at(159, distinct_id="eve"),
        at(160, distinct_id="zoe"),
    ]
    held = [fact for fact in resolve(log).journal if isinstance(fact, EventHeld)]
    assert [(fact.seq, fact.released_before) for fact in held] == [(0, 3), (1, 3), (2, None), (3, None)]


def test_without_any_time_nothing_waits() -> None:
    assert resolve([{"event": "e", "distinct_id": "ada"}]).held == []


def test_the_length_of_the_wait_can_be_chosen() -> None:
    log = [at(0, distinct_id="ada"), at(5, distinct_id="bob"), identify(7, "ada", "anon")]
    assert resolve(log, buffer_seconds=10).order == [2, 0, 1]
    assert resolve(log, buffer_seconds=5).order == [0, 2, 1]
    assert resolve(log, "2023-09", buffer_seconds=10).held == [0, 1]


def test_what_was_held_how_long_and_whether_its_person_existed_are_facts() -> None:
    outcome = resolve(
        [
            at(0, distinct_id="ada"),
            at(1, distinct_id="bob"),
            identify(2, "ada", "anon"),
            at(61, distinct_id="x"),
        ]
    )
    held = [fact for fact in outcome.journal if isinstance(fact, EventHeld)]
    told = [
        (
            fact.seq,
            fact.distinct_id,
            (fact.due - fact.arrived).total_seconds(),
            fact.released_before,
            fact.person_existed,
        )
        for fact in held
    ]
    assert told == [(0, "ada", 60, 3, True), (1, "bob", 60, 3, False), (3, "x", 60, None, False)]


def test_a_person_is_as_old_as_the_event_that_made_it_by_its_own_account() -> None:
    outcome = resolve(
        [at(10, distinct_id="ada", timestamp="2023-03-08T11:00:00.5Z"), at(100, distinct_id="bob")]
    )
    assert outcome.person_of("ada")["created_at"] == "2023-03-08T11:00:00.500Z"
    assert outcome.person_of("bob")["created_at"] == "2023-03-08T12:01:40.000Z", "no timestamp: the arrival"


def test_what_waits_at_the_end_of_the_calendar_is_released_with_the_rest() -> None:
    last = "9999-12-31T18:59:59.9-05:00"  # a minute later, no clock in UTC can say
    outcome = resolve([at(0, distinct_id="ada"), {"event": "e", "distinct_id": "bob", "now": last}])
    assert outcome.groups() == [["ada"], ["bob"]]
