"""What sets the rule sets apart: the same log under each."""

import json
from typing import Any

import pytest
from outcomes import resolve

from identity_cli.facts import EventDropped
from identity_cli.rules import POSTHOG

ALL = [rules.name for rules in POSTHOG]
SINCE_2024 = ALL[3:]
SINCE_2025 = ALL[4:]
SINCE_2026 = ALL[5:]


def test_the_rule_sets_are_these() -> None:
    assert [rules.name for rules in POSTHOG] == ALL


def identify(own: str, other: Any) -> dict[str, Any]:
    return {"event": "$identify", "uuid": "e", "distinct_id": own, "properties": {"$anon_distinct_id": other}}


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [(rules, None if rules == "2022-12" else "created") for rules in ALL],
)
def test_merge_dangerously_came_in_2023(rules: str, outcome: str | None) -> None:
    log = [{"event": "$merge_dangerously", "distinct_id": "ada", "properties": {"alias": "bob"}}]
    assert resolve(log, rules).link_outcomes() == ([outcome] if outcome else [])


@pytest.mark.parametrize("other", [None, "", 0, False], ids=json.dumps)
@pytest.mark.parametrize("rules", ALL)
def test_a_falsy_anon_distinct_id_became_an_illegal_one(rules: str, other: object) -> None:
    expected = ["refused_illegal"] if rules not in ("guide", "2022-12") else []
    assert resolve([identify("ada", other)], rules).link_outcomes() == expected


@pytest.mark.parametrize("quoted", ["'null'", '"GUEST"', "'[object Object]'"])
@pytest.mark.parametrize("rules", ALL)
def test_quoted_ids_became_illegal(rules: str, quoted: str) -> None:
    expected = "refused_illegal" if rules not in ("guide", "2022-12") else "created"
    assert resolve([identify("ada", quoted)], rules).link_outcomes() == [expected]


@pytest.mark.parametrize(
    "legal", ["'null\"", "''null''", "`null`", "'null", "''", '""', "'Null'", "' null '"]
)
def test_half_quoted_ids_stay_legal(legal: str) -> None:
    assert resolve([identify("ada", legal)], "current").link_outcomes() == ["created"]


@pytest.mark.parametrize("rules", ALL)
def test_warnings_learned_to_name_their_event(rules: str) -> None:
    (warning,) = resolve([identify("ada", "guest")], rules).warnings
    extra = {"eventUuid": rules != "2022-12", "distinctId": rules in SINCE_2026}
    told = {name for name, is_told in extra.items() if is_told}
    assert set(warning["details"]) == {"illegalDistinctId", "otherDistinctId"} | told


@pytest.mark.parametrize("rules", ALL)
def test_an_unset_that_is_no_list_failed_in_2022(rules: str) -> None:
    log = [
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"a": 1, "b": 2}}},
        {"event": "e", "distinct_id": "ada", "properties": {"$unset": {"a": 0}, "$set": {"b": 3}}},
    ]
    outcome = resolve(log, rules)
    failed = rules == "2022-12"
    assert outcome.failed == ([1] if failed else [])
    assert outcome.in_the_end == ["ada", None if failed else "ada"]
    assert outcome.person_of("ada")["properties"] == ({"a": 1, "b": 2} if failed else {"b": 3})


def test_in_2022_a_failed_event_undoes_its_merge_but_not_its_attach() -> None:
    log = [
        {"event": "e", "distinct_id": "ada"},
        {"event": "e", "distinct_id": "bob"},
        {
            "event": "$identify",
            "distinct_id": "ada",
            "properties": {"$anon_distinct_id": "bob", "$unset": {"x": 1}},
        },
        {
            "event": "$identify",
            "distinct_id": "ada",
            "properties": {"$anon_distinct_id": "eve", "$unset": {"x": 1}},
        },
    ]
    outcome = resolve(log, "2022-12")
    assert outcome.failed == [2, 3]
    assert outcome.link_outcomes() == ["failed", "attached"]
    assert outcome.groups() == [["ada", "eve"], ["bob"]]
    assert outcome.warnings == []


def test_current_makes_no_person_of_a_personless_event() -> None:
    personless = {"$process_person_profile": False, "$set": {"a": 1}}
    log = [{"event": "e", "distinct_id": "ada", "properties": personless}]
    assert resolve(log, "current").persons == []
    assert resolve(log, "guide").groups() == [["ada"]]


def test_current_lets_a_personless_event_join_its_person_without_writing() -> None:
    log = [
        {"event": "e", "distinct_id": "ada"},
        {
            "event": "e",
            "distinct_id": "ada",
            "properties": {"$process_person_profile": False, "$set": {"a": 1}},
        },
    ]
    outcome = resolve(log, "current")
    assert outcome.in_the_end == ["ada", "ada"]
    assert outcome.person_of("ada")["properties"] == {}


def test_current_drops_a_link_without_profile() -> None:
    event = identify("ada", "anon")
    event["properties"]["$process_person_profile"] = False
    outcome = resolve([event], "current")
    assert outcome.persons == []
    assert outcome.warning_types() == ["invalid_event_when_process_person_profile_is_false"]
    (drop,) = [fact for fact in outcome.journal if isinstance(fact, EventDropped)]
    assert drop.reason == "$process_person_profile is false"


def test_current_does_not_store_what_is_only_noise() -> None:
    def visit(url: str, **more: object) -> dict[str, Any]:
        return {
            "event": "$pageview",
            "distinct_id": "ada",
            "properties": {"$set": {"$current_url": url, **more}},
        }

    assert resolve([visit("/a"), visit("/b")], "current").persons[0]["properties"] == {"$current_url": '"/a"'}
    told = resolve([visit("/a"), visit("/b", plan="pro")], "current").persons[0]["properties"]
    assert told == {"$current_url": '"/b"', "plan": '"pro"'}
    assert resolve([visit("/a"), visit("/b")], "guide").persons[0]["properties"] == {"$current_url": '"/b"'}


@pytest.mark.parametrize("rules", ["2024-10", "2025-10", "current"])
def test_what_an_event_sets_and_removes_again_is_no_noise(rules: str) -> None:
    """It was new when it was written, which takes the noise along; since 2025 it is not even removed."""
    properties = {"$current_url": "/b", "$set_once": {"plan": "pro"}, "$unset": ["plan"]}
    log = [
        {"event": "$pageview", "distinct_id": "ada", "properties": {"$current_url": "/a"}},
        {"event": "$pageview", "distinct_id": "ada", "properties": properties},
    ]
    (person,) = resolve(log, rules).persons
    assert person["properties"]["$current_url"] == '"/b"'
    assert ("plan" in person["properties"]) == (rules != "2024-10")


def test_a_number_written_otherwise_is_no_change_worth_storing() -> None:
    log = [
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"$current_url": "/a", "visits": 1.0}}},
        {"event": "e", "distinct_id": "ada", "properties": {"$set": {"$current_url": "/b", "visits": 1}}},
    ]
    assert resolve(log, "current").persons[0]["properties"] == {"$current_url": '"/a"', "visits": 1.0}


@pytest.mark.parametrize("operator", ["$set", "$set_once"])
@pytest.mark.parametrize(
    ("before", "spared"),
    [({}, True), ({"ada": {"k": "hers"}}, False)],
    ids=["absent", "present"],
)
def test_since_2025_nothing_is_unset_that_the_event_makes_new(
    before: dict[str, Any], spared: bool, operator: str
) -> None:
    """In all rule sets before 2025 `$unset` comes last, and always works."""
    log = [
        {"event": "e", "distinct_id": "ada", "properties": {"$set": before.get("ada", {})}},
        {"event": "e", "distinct_id": "ada", "properties": {operator: {"k": "new"}, "$unset": ["k"]}},
    ]
    for rules in ALL:
        expected = {"k": '"new"'} if spared and rules in SINCE_2025 else {}
        assert resolve(log, rules).person_of("ada")["properties"] == expected, rules


@pytest.mark.parametrize("operator", ["$set", "$set_once"])
@pytest.mark.parametrize(
    ("anon", "ada", "spared"),
    [
        ({}, {}, False),
        ({"k": "old"}, {}, True),
        ({}, {"k": "hers"}, False),
        ({"k": "old"}, {"k": "hers"}, False),
    ],
    ids=["nobody had it", "the source had it", "the target had it", "both had it"],
)
def test_a_merge_writes_twice_since_2025(
    anon: dict[str, Any], ada: dict[str, Any], spared: bool, operator: str
) -> None:
    """What came from the source is removed as they merge; what follows finds it absent, and sets it."""
    merging = identify("ada", "anon")
    merging["properties"] |= {operator: {"k": "new"}, "$unset": ["k"]}
    log = [
        {"event": "e", "distinct_id": "anon", "properties": {"$set": anon}},
        {"event": "e", "distinct_id": "ada", "properties": {"$set": ada}},
        merging,
    ]
    for rules in ALL:
        outcome = resolve(log, rules, buffer_seconds=0)
        expected = {"k": '"new"'} if spared and rules in SINCE_2025 else {}
        assert outcome.person_of("ada")["properties"] == expected, rules


@pytest.mark.parametrize("beside", ["", 0, False, None], ids=json.dumps)
def test_a_text_for_an_operator_is_replaced_by_what_the_event_lends(beside: object) -> None:
    """An operator beside the properties that is false makes no object of it."""
    lending = {"event": "e", "distinct_id": "ada", "properties": {"$set_once": "ab", "utm_name": "x"}}
    written = {"$initial_utm_name": '"x"', "utm_name": '"x"'}
    assert resolve([{**lending, "$set_once": beside}], "current").persons[0]["properties"] == written
    assert resolve([{**lending, "$set_once": {}}], "current").persons[0]["properties"] == {
        "0": '"a"',
        "1": '"b"',
        **written,
    }


def test_current_drops_an_over_long_id_with_a_warning() -> None:
    outcome = resolve(
        [
            {"event": "e", "distinct_id": "x" * 401, "team_id": 1},
            {"event": "e", "distinct_id": "y" * 400, "team_id": 1},
        ],
        "current",
    )
    assert outcome.groups() == [["y" * 400]]
    assert outcome.warning_types() == ["skipping_event_invalid_distinct_id"]
    assert outcome.warnings[0]["details"] == {
        "distinctId": json.dumps("x" * 100),
        "distinctIdLength": 401,
        "maxLength": 400,
    }
    assert resolve([{"event": "e", "distinct_id": "x" * 401, "team_id": 1}], "guide").groups() == [
        ["x" * 401]
    ]


def test_current_shows_a_nul_as_the_replacement_character() -> None:
    log = [{"event": "e", "distinct_id": "a\0b", "properties": {"$set": {"k": "x\0y"}}}]
    (person,) = resolve(log, "current").persons
    assert person["distinct_ids"] == ["a\ufffdb"]
    assert person["properties"] == {"k": json.dumps("x\ufffdy")}


@pytest.mark.parametrize("rules", ALL)
def test_groupidentify_lost_its_operators(rules: str) -> None:
    log = [{"event": "$groupidentify", "distinct_id": "ada", "properties": {"$set": {"a": 1}}}]
    assert resolve(log, rules).persons[0]["properties"] == ({} if rules in SINCE_2024 else {"a": 1})


@pytest.mark.parametrize("rules", ALL)
def test_exceptions_stopped_updating_persons(rules: str) -> None:
    log = [
        {"event": "e", "distinct_id": "ada"},
        {"event": "$exception", "distinct_id": "ada", "properties": {"$set": {"a": 1}}},
    ]
    assert resolve(log, rules).persons[0]["properties"] == ({} if rules in SINCE_2024 else {"a": 1})
