"""Rows of warehouse tables that Segment and RudderStack fill, OpenPanel, and what Amplitude's API is sent."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from identity_cli import Run
from identity_cli.reports.run_summary import summary

RunOf = Callable[..., Run]


def row(second: int, **fields: Any) -> dict[str, Any]:
    time = f"2026-05-04 09:30:0{second} UTC"
    return {"id": f"m{second}", "received_at": time, "sent_at": time, "timestamp": time, **fields}


def groups(run: Run) -> list[list[str]]:
    return sorted(sorted(json.loads(record[3])) for record in run.records("persons"))


def properties(run: Run, one: str) -> Any:
    return json.loads(run.find_person(one).properties)


TABLES = [
    row(1, anonymous_id="v", user_id=None, path="/", url="https://shop.example/", title="Home"),
    row(2, anonymous_id="v", user_id="ada", email="ada@example.org", context_ip="192.0.2.1", uuid_ts="x"),
    row(3, anonymous_id="w", user_id="ada", event="order_made", event_text="Order Made"),
    row(4, user_id="ada", previous_id="old-ada"),
    row(5, anonymous_id="v", user_id="ada", group_id="acme"),
]


def test_each_row_is_the_call_that_it_was_made_of(run_of: RunOf) -> None:
    run = run_of(TABLES, with_events=True, table_formats=("ndjson",))
    assert [source["dialect"] for source in run.sources()] == ["call-rows"]
    assert groups(run) == [["ada", "old-ada", "v"]], "a track with both ids links nobody"
    assert properties(run, "ada") == {"email": "ada@example.org"}
    events = [json.loads(line) for line in (run.folder / "events.ndjson").read_text().splitlines()]
    names = [event["event"] for event in events]
    assert names == ["$pageview", "$identify", "Order Made", "$create_alias", "$groupidentify"]


def test_rows_in_capitals_are_read(run_of: RunOf) -> None:
    run = run_of([{key.upper(): value for key, value in one.items()} for one in TABLES])
    assert groups(run) == [["ada", "old-ada", "v"]]


@pytest.mark.parametrize(("rules", "kept"), [("guide", "old"), ("current", "new")])
def test_rudderstacks_alias_has_the_direction_of_its_time(run_of: RunOf, rules: str, kept: str) -> None:
    log = [
        row(1, anonymous_id=None, user_id="old", channel="web", n="old"),
        row(2, anonymous_id=None, user_id="new", channel="web", n="new"),
        row(3, user_id="new", previous_id="old", channel="web"),
    ]
    assert properties(run_of(log, rules=rules), "new") == {"n": kept}


# OpenPanel


def test_openpanel_joins_profiles_by_alias_alone(run_of: RunOf) -> None:
    log = [
        {"id": "1", "name": "view", "device_id": "d", "profile_id": "", "project_id": "p", "created_at": T},
        {
            "id": "2",
            "name": "view",
            "device_id": "d",
            "profile_id": "ada",
            "project_id": "p",
            "created_at": T,
        },
    ]
    run = run_of(log)
    assert [source["dialect"] for source in run.sources()] == ["openpanel"]
    assert groups(run) == [["ada"], ["d"]]
    sent = [
        {
            "type": "identify",
            "payload": {"profileId": "ada", "email": "a@b.org", "properties": {"n": 1}},
        },
        {"type": "alias", "payload": {"profileId": "ada", "alias": "old-ada"}},
        {"type": "track", "payload": {"name": "view"}},
        {"type": "increment", "payload": {"profileId": "ada", "property": "visits", "value": 1}},
    ]
    run = run_of(sent)
    assert groups(run) == [["ada", "old-ada"]]
    assert properties(run, "ada") == {"email": "a@b.org", "n": 1}
    assert [noted.times for noted in summary(run).touching_nobody] == [1]


T = "2026-05-04 09:30:00.000"

# Amplitude's HTTP API


def sent(user: str | None, event_type: str = "view", **fields: Any) -> dict[str, Any]:
    return {"device_id": "d", "user_id": user, "event_type": event_type, "time": 1777887000250, **fields}


LINES = [
    sent(None, insert_id="i0"),
    sent("ada-1", "$identify", user_properties={"$set": {"plan": "free"}, "$setOnce": {"first": 1}}),
    sent("ada-1", "$identify", user_properties={"$set": {"plan": "pro"}, "$setOnce": {"first": 2}}),
    sent("ada-1", "$identify", user_properties={"$unset": {"first": "-"}, "$add": {"visits": 1}}),
    sent("ada-1", "order", user_properties={"city": "Berlin"}),
]


@pytest.mark.parametrize("log", [LINES, [{"api_key": "k", "events": LINES}]], ids=["lines", "a body"])
def test_what_amplitudes_api_is_sent(run_of: RunOf, log: list[Any]) -> None:
    run = run_of(log)
    assert [source["dialect"] for source in run.sources()] == ["amplitude"]
    assert groups(run) == [["ada-1", "d"]]
    assert properties(run, "ada-1") == {"plan": "pro", "city": "Berlin"}
    assert run.metadata["events"] == 5
    assert (run.find_person("d").created_at or "").startswith("2026-05-04T09:30:00.25")


def test_an_odd_event_of_a_body_is_told_by_its_number(run_of: RunOf) -> None:
    run = run_of(
        [{"api_key": "k", "events": [LINES[0], 7, {"event_type": ""}, sent("ada-1", "$groupidentify")]}]
    )
    assert run.metadata["rejected"] == 2
    assert [noted.times for noted in summary(run).touching_nobody] == [1]
    assert all(total == sum(parts.values()) for _, total, parts in run.books())
