"""Visitors without cookies: all send one id, and none of them may become another."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from identity_cli import Run
from identity_cli.reports.run_summary import summary

RunOf = Callable[..., Run]
SENTINEL = "$posthog_cookieless"


def visit(address: str | None = "198.51.100.4", event: str = "$pageview", **changed: Any) -> dict[str, Any]:
    properties = {
        "$cookieless_mode": True,
        "$raw_user_agent": "Firefox",
        "$host": "docs.example.org",
        **({} if address is None else {"$ip": address}),
        **changed.pop("properties", {}),
    }
    own = {"event": event, "distinct_id": SENTINEL, "timestamp": "2026-06-02T10:00:00Z", **changed}
    return {**own, "properties": properties}


def login(user: str, address: str | None = "198.51.100.4", **changed: Any) -> dict[str, Any]:
    properties = {"$anon_distinct_id": SENTINEL, "$set": {"name": user}}
    return visit(address, "$identify", distinct_id=user, uuid=user, properties=properties, **changed)


def people(run: Run) -> list[int]:
    """How many ids each person has, and that nobody has the shared one."""
    ids = [json.loads(row[3]) for row in run.records("persons")]
    assert all(SENTINEL not in one for one in ids)
    return sorted(len(one) for one in ids)


APART = {
    "the address": {"address": "198.51.100.77"},
    "the browser": {"properties": {"$raw_user_agent": "Safari"}},
    "the host": {"properties": {"$host": "shop.example.org"}},
    "the day": {"timestamp": "2026-06-03T10:00:00Z"},
    "the team": {"team_id": 7},
}


@pytest.mark.parametrize("rules", ["guide", "current"])
@pytest.mark.parametrize("changed", APART.values(), ids=APART)
def test_visitors_are_kept_apart(run_of: RunOf, changed: dict[str, Any], rules: str) -> None:
    run = run_of([visit(), visit(), visit(**changed)], rules=rules)
    assert people(run) == [1, 1]
    (noticed,) = summary(run).notices
    assert (noticed.kind, noticed.times) == ("cookieless", 3)


def test_who_cannot_be_told_apart_is_an_event_that_touches_nobody(run_of: RunOf) -> None:
    run = run_of([visit(None), visit(None), visit()])
    assert people(run) == [1]
    (held,) = summary(run).touching_nobody
    assert (held.what, held.times) == ("cookieless: the line does not tell the visitor's address", 2)
    assert all(total == sum(parts.values()) for _, total, parts in run.books())


def test_two_who_log_in_on_one_machine_stay_two(run_of: RunOf) -> None:
    log = [visit(), login("ada"), visit(), login("bob"), visit()]
    assert people(run_of(log)) == [1, 2, 2]


def test_without_an_address_a_login_links_nobody(run_of: RunOf) -> None:
    assert people(run_of([login("ada", None), login("bob", None)])) == [1, 1]


def test_a_login_sent_twice_is_one(run_of: RunOf) -> None:
    assert people(run_of([visit(), login("ada"), login("ada"), visit(), visit()])) == [1, 2]


@pytest.mark.parametrize("event", ["$create_alias", "$merge_dangerously"])
def test_links_by_alias_are_dropped(run_of: RunOf, event: str) -> None:
    run = run_of([visit(event=event, distinct_id="ada", properties={"alias": SENTINEL}), visit()])
    assert people(run) == [1]
    assert summary(run).outcomes == {}


def test_without_the_mode_it_is_an_id_like_any_other(run_of: RunOf) -> None:
    log = [login(user) for user in ("ada", "bob", "eve")]
    for event in log:
        del event["properties"]["$cookieless_mode"]
    run = run_of(log)
    assert [len(json.loads(row[3])) for row in run.records("persons")] == [4]
    assert summary(run).notices == []


@pytest.mark.parametrize(
    "line",
    [
        {"batch": [visit()]},
        {"data": json.dumps(visit()), "distinct_id": SENTINEL, "ip": "198.51.100.4", "now": "2026-06-02"},
        {**visit(), "distinct_id": None, "properties": {**visit()["properties"], "distinct_id": SENTINEL}},
        {**visit(properties={"$cookieless_mode": None}), "options": {"cookieless_mode": True}},
        {**visit(), "properties": json.dumps(visit()["properties"])},
    ],
    ids=["capture body", "message", "id inside", "capture v1", "row"],
)
def test_every_form_shows_it(run_of: RunOf, line: dict[str, Any]) -> None:
    if line.get("options"):
        del line["properties"]["$cookieless_mode"]
    run = run_of([line])
    assert people(run) == [1]
    assert [noticed.kind for noticed in summary(run).notices] == ["cookieless"]


def test_an_export_carries_the_platform_s_own_ids(run_of: RunOf) -> None:
    made = {"distinct_id": "cookieless_mX9k"}
    run = run_of([visit(**made), visit("198.51.100.77", **made)])
    assert run.find_person("cookieless_mX9k")
    assert summary(run).notices == []
