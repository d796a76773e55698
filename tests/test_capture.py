"""The platform's door: what capture makes of the ids of lines as SDKs sent them, by its date."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from outcomes import resolve

from identity_cli import Run
from identity_cli.reports.run_summary import summary
from identity_cli.rules import POSTHOG, RULE_SETS, rule_set
from identity_cli.rules.capture import IdText

RunOf = Callable[..., Run]
LONG = "i" * 200
OURS = [rules.name for rules in POSTHOG]
DJANGO = [name for name in OURS if RULE_SETS[name].door.id_text is IdText.PYTHON]
RUST = [name for name in OURS if name not in DJANGO]


def event(own: Any, **more: Any) -> dict[str, Any]:
    return {"event": "e", "uuid": "u", "distinct_id": own, **more}


def ids(own: Any, rules: str, **more: Any) -> list[list[str]]:
    return resolve([event(own, **more)], rules).groups()


TEXTS = [
    # the id, its text to capture in Python, in Rust, and to ingestion
    (4711, "4711", "4711", "4711"),
    (4711.0, "4711.0", "4711.0", "4711"),
    (12.5, "12.5", "12.5", "12.5"),
    (1e21, "1e+21", "1e21", "1e+21"),
    (2**53 + 1, str(2**53 + 1), str(2**53 + 1), str(2**53)),
    (True, "True", "true", "true"),
    (["a", 1], "['a', 1]", '["a",1]', "a,1"),
    ({"b": None, "a": "ü"}, "{'b': None, 'a': 'ü'}", '{"a":"ü","b":null}', "[object Object]"),
]


@pytest.mark.parametrize(("own", "python", "rust", "past"), TEXTS, ids=repr)
def test_an_id_that_is_no_text_becomes_the_text_of_its_time(
    own: Any, python: str, rust: str, past: str
) -> None:
    for rules in OURS:
        assert ids(own, rules) == [[python if rules in DJANGO else rust]]
        assert ids(own, rules, team_id=1) == ids(own, rules, now="2024-05-01T00:00:00Z") == [[past]]


@pytest.mark.parametrize("own", [0, False, [], {}, 0.0], ids=repr)
def test_capture_in_python_took_a_false_id_for_none(own: Any, run_of: RunOf) -> None:
    for rules in DJANGO:
        assert resolve([event(own)], rules).failed == [0]
    for rules in RUST:
        assert ids(own, rules) == [[json.dumps(own)]]
    run = run_of([event(own), event("ada")])
    assert [noted.what for noted in summary(run).rejected] == ["no distinct_id"]


def test_which_of_two_ids_counts_is_dated_even_where_one_is_odd() -> None:
    both = event(7.0, properties={"distinct_id": "in"})
    assert all(resolve([both], rules).groups() == [["in"]] for rules in DJANGO)
    assert all(resolve([both], rules).groups() == [["7.0"]] for rules in RUST)


@pytest.mark.parametrize("rules", OURS)
def test_ids_that_differ_after_200_characters_become_one_person(rules: str) -> None:
    outcome = resolve([event(LONG + "a"), event(LONG + "b"), event(LONG)], rules)
    assert outcome.groups() == [[LONG]]
    assert len(outcome.persons) == 1


@pytest.mark.parametrize("rules", OURS)
def test_characters_are_counted_not_their_halves(rules: str) -> None:
    assert ids("😀" * 200, rules) == ids("😀" * 201, rules) == [["😀" * 200]]


@pytest.mark.parametrize("where", ["top", "properties", "$distinct_id"])
def test_an_id_is_cut_wherever_it_stands(where: str) -> None:
    log: dict[str, Any] = {"event": "e", "properties": {}}
    {"top": log, "properties": log["properties"], "$distinct_id": log}[where][
        "$distinct_id" if where == "$distinct_id" else "distinct_id"
    ] = LONG + "a"
    for rules in OURS:
        assert resolve([log], rules).groups() == [[LONG]]


def test_an_anon_distinct_id_is_not_cut_and_no_longer_meets_its_twin() -> None:
    long = LONG + "a"
    log = [
        event(long),
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": long}},
    ]
    for rules in OURS:
        assert resolve(log, rules).groups() == [["ada", long], [LONG]]
    # An event of the uncut id, which is known by now, is still one of the cut id.
    outcome = resolve([log[1], event(long)], "guide")
    assert outcome.groups() == [["ada", long], [LONG]]


def test_exports_and_messages_are_past_the_door() -> None:
    long = LONG + "a"
    for added in (
        {"team_id": 1},
        {"now": "2024-05-01T00:00:00Z"},
        {"created_at": "2024-05-01T00:00:00Z"},
        {"person_id": "p"},
    ):
        assert ids(long, "2023-09", **added) == [[long]]
    assert ids(long, "2023-09", properties="{}") == [[long]]


def test_today_capture_warns_of_the_cut() -> None:
    (warning,) = resolve([event(LONG + "abc")], "current").warnings
    assert warning["type"] == "distinct_id_truncated"
    assert warning["details"] == {
        "distinctId": json.dumps(LONG),
        "distinctIdLength": 203,
        "maxLength": 200,
    }
    before = OURS[: OURS.index("current")]
    assert all(resolve([event(LONG + "abc")], rules).warnings == [] for rules in before)


@pytest.mark.parametrize("mark", [{"options": {}}, {"_path": "/i/v1/analytics/events"}], ids=repr)
def test_capture_v1_drops_the_event_instead(mark: dict[str, Any], run_of: RunOf) -> None:
    log = [event(LONG + "a", **mark), event("ada", **mark)]
    outcome = resolve(log, "current")
    assert outcome.groups() == [["ada"]]
    assert outcome.warning_types() == ["distinct_id_too_large"]
    run = run_of(log, rules="current")
    assert [noted.what for noted in summary(run).dropped] == ["distinct_id too large for capture"]
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_the_warning_is_of_the_person_who_got_the_event(run_of: RunOf) -> None:
    run = run_of([event(LONG), event(LONG + "a")], rules="current")
    person_id = run.find_person(LONG).person_id
    (warning,) = run.records("warnings")
    assert warning[6] == person_id


def test_the_summary_tells_of_long_ids_under_every_rule_set(run_of: RunOf) -> None:
    for rules in OURS:
        (noticed,) = summary(run_of([event("ada"), event(LONG + "a")], rules=rules)).notices
        assert (noticed.kind, noticed.times, noticed.origin.line) == ("long_id", 1, 2)


def test_what_is_dated_is_data() -> None:
    assert rule_set("guide").door != rule_set("current").door
