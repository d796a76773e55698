"""Logs recorded from real SDKs: see logs/README.md. The persons were worked out by hand from the rules."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outcomes import Outcome, oracle_outcome, resolve_lines, rows_of

from identity_cli import Run, replay
from identity_cli.rules import RULE_SETS

LOGS = Path(__file__).parent / "logs"
RECORDED = sorted(path.stem for path in LOGS.glob("*.ndjson"))

ADA = "01a20868-d953-72d0-ab39-05b44d246a80"
TABLET = "01a20869-9073-7803-8140-5eaac2937423"
CY = "01a20869-1bce-74ba-a523-881a9febfc8d"


def lines_of(log: str) -> list[bytes]:
    return (LOGS / f"{log}.ndjson").read_bytes().splitlines()


def resolved(log: str, rules: str = "guide", **options: Any) -> Outcome:
    return resolve_lines(lines_of(log), rules, **options)


def persons(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Ids, the one it was made with, whether identified, and since when."""
    return sorted(
        (person["distinct_ids"], person["creator"], person["is_identified"], person["created_at"])
        for person in outcome.persons
    )


def test_there_are_recordings_of_three_sdks() -> None:
    assert {name.rsplit(".", 2)[0].rstrip("-0123456789.") for name in RECORDED} == {
        "posthog-js",
        "posthog-node",
        "posthog-python",
    }


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("log", RECORDED)
def test_every_line_of_every_recording_is_read(log: str, rules: str, tmp_path: Path) -> None:
    run = replay(
        LOGS / f"{log}.ndjson", run=tmp_path / "run", rules=rules, strict=True, table_formats=("ndjson",)
    )
    assert run.metadata["events"] == len(lines_of(log))
    assert all(total == sum(parts.values()) for _, total, parts in run.books())
    ids = {
        json.loads(line).get("distinct_id") or json.loads(line)["properties"]["distinct_id"]
        for line in lines_of(log)
    }
    assert ids <= {row["distinct_id"] for row in rows_of(run, "distinct_ids")}


@pytest.mark.parametrize("rules", RULE_SETS)
@pytest.mark.parametrize("log", RECORDED)
def test_every_recording_is_resolved_as_the_oracle_does(log: str, rules: str) -> None:
    events = [json.loads(line) for line in lines_of(log)]
    for event in events:  # the oracle knows one place for each
        event.setdefault("distinct_id", event["properties"].get("distinct_id"))
        event["now"] = event["_received_at"]
    ours, theirs = resolved(log, rules), oracle_outcome(events, rules)
    assert ours.persons == theirs.persons
    assert ours.links == theirs.links
    assert ours.order == theirs.order
    assert ours.in_the_end == theirs.in_the_end


# posthog-js


def test_signup_in_the_browser_then_events_from_the_backend() -> None:
    """The visitor's person was there first; the user id joins it and the backend's events follow."""
    outcome = resolved("posthog-js-1.449.2-signup-frontend-backend")
    assert persons(outcome) == [([ADA, "user_b1001"], ADA, True, "2026-11-23T12:36:58.881Z")]
    assert outcome.link_outcomes() == ["attached"]
    assert outcome.held == []
    properties = outcome.persons[0]["properties"]
    assert properties["email"] == '"ada@example.org"'
    assert properties["initial_ref"] == '"news.example"', "$set_once beside the properties"
    assert properties["$initial_utm_source"] is None, "a null is a value"


def test_signup_in_the_browser_under_current_rules_starts_with_the_identify() -> None:
    """Before it, posthog-js asked for no person; so the person is made by the link, with the user's id."""
    outcome = resolved("posthog-js-1.449.2-signup-frontend-backend", "current")
    assert persons(outcome) == [([ADA, "user_b1001"], "user_b1001", True, "2026-11-23T12:37:03.028Z")]
    assert outcome.at_ingestion == [ADA, ADA, ADA, *["user_b1001"] * 4], "what its person would be"
    assert outcome.in_the_end == ["user_b1001"] * 7


def test_a_shared_device_without_reset() -> None:
    """posthog-js does not identify a second user on top of the first: B stays apart, unlinked."""
    outcome = resolved("posthog-js-1.449.2-shared-device-no-reset")
    assert persons(outcome) == [
        ([TABLET, "user_b4001"], TABLET, True, "2026-11-23T12:37:45.732Z"),
        (["user_b4002"], "user_b4002", False, "2026-11-23T12:37:50.390Z"),
    ]
    assert outcome.held == [4, 5], "nobody knew B, whose device id is A's"
    assert outcome.order == [0, 1, 2, 3, 6, 7, 4, 5]
    assert outcome.person_of("user_b4001")["properties"]["who"] == '"A again"'
    assert outcome.person_of("user_b4002")["properties"] == {"who": '"B"'}


def test_backdated_backend_events_wait_by_the_time_they_arrived() -> None:
    """Their timestamps are a quarter of an hour old, but they arrived 0.2 s before the identify."""
    log = "posthog-js-1.449.2-backend-before-identify-after60s"
    outcome = resolved(log)
    assert outcome.held == [1, 2]
    assert outcome.link_outcomes() == ["attached"]
    assert persons(outcome) == [([CY, "user_b2002"], CY, True, "2026-11-23T12:37:15.871Z")]
    without = resolved(log, buffer_seconds=0)
    assert without.link_outcomes() == ["merged"]
    assert persons(without) == [([CY, "user_b2002"], "user_b2002", True, "2026-11-23T12:20:44.316Z")]


# posthog-python


def test_an_alias_of_an_unidentified_person() -> None:
    outcome = resolved("posthog-python-7.91.1-alias-unidentified", buffer_seconds=0)
    anon = "833b08f6-2c72-4db7-8e8c-799f3921af63"
    assert persons(outcome) == [([anon, "crm-77", "user_5001"], anon, True, "2026-11-23T11:59:54.896Z")]
    assert outcome.link_outcomes() == ["attached", "attached"]
    held = resolved("posthog-python-7.91.1-alias-unidentified")
    # All arrived at once: the page view still waits when the alias makes the person.
    assert held.link_outcomes() == ["created", "attached"]
    assert persons(held) == [([anon, "crm-77", "user_5001"], anon, True, "2026-11-23T12:00:14.896Z")]


def test_an_alias_of_an_identified_person_is_refused() -> None:
    outcome = resolved("posthog-python-7.91.1-alias-identified", buffer_seconds=0)
    anon_a, anon_b, anon_c = (
        "af324b4d-0199-4b96-b11e-81a59018b39a",
        "e71b16be-fd21-47b9-ad17-3423399ff353",
        "eb98a927-01d0-4058-990e-7bbaf4f959de",
    )
    assert persons(outcome) == [
        ([anon_a, anon_c, "user_5101"], anon_a, True, "2026-11-23T11:59:54.896Z"),
        ([anon_b, "user_5102"], anon_b, True, "2026-11-23T12:00:14.896Z"),
    ]
    assert outcome.link_outcomes() == ["attached", "attached", "refused_identified", "merged"]
    assert outcome.warnings == [
        {
            "event": 4,
            "type": "cannot_merge_already_identified",
            "details": {
                "sourcePersonDistinctId": '"user_5102"',
                "targetPersonDistinctId": '"user_5101"',
                "eventUuid": '"7b8b4f17-b932-4434-b3d7-a10b422f7217"',
            },
        }
    ]
    assert outcome.person_of("user_5101")["properties"] == {"who": '"A"'}
    assert outcome.person_of("user_5102")["properties"] == {"who": '"B"'}


@pytest.mark.parametrize(
    ("log", "anon", "user", "first", "identified"),
    [
        (
            "posthog-python-7.91.1-backend-before-identify-within60s",
            "2f77046c-3748-4bee-86a2-c2a949463c98",
            "user_2001",
            "2026-11-23T11:59:54.896Z",
            "2026-11-23T12:00:39.896Z",
        ),
        (
            "posthog-python-7.91.1-backend-before-identify-after60s",
            "9c1cd1eb-c26a-49c6-8ad3-f00ecffd9842",
            "user_2002",
            "2026-11-23T11:59:54.896Z",
            "2026-11-23T12:16:34.896Z",
        ),
    ],
    ids=["within60s", "after60s"],
)
def test_a_batch_arrives_at_once_whatever_its_timestamps(
    log: str, anon: str, user: str, first: str, identified: str
) -> None:
    held = resolved(log)
    place = [json.loads(line)["event"] for line in lines_of(log)].index("$identify")
    assert held.held == list(range(place))
    assert held.link_outcomes() == ["created"]
    assert persons(held) == [([anon, user], user, True, identified)]
    without = resolved(log, buffer_seconds=0)
    assert without.held == []
    assert without.link_outcomes() == ["merged"]
    assert persons(without) == [([anon, user], user, True, first)]


# posthog-node


def test_signup_from_an_old_backend_sdk() -> None:
    """Its second $identify names no other id: an ordinary event that sets properties."""
    log = "posthog-node-2.6.0-signup-frontend-backend"
    anon = "0d6927cb-fb5d-46c5-a716-a90d48eb9ff4"
    outcome = resolved(log)
    assert outcome.link_outcomes() == ["created"]
    assert persons(outcome) == [([anon, "user_n1001"], "user_n1001", True, "2026-11-23T12:31:33.958Z")]
    assert outcome.persons[0]["properties"] == {"email": '"ada@example.org"', "plan": '"free"'}
    assert outcome.held == [0]
    without = resolved(log, buffer_seconds=0)
    assert without.link_outcomes() == ["attached"]
    assert persons(without) == [([anon, "user_n1001"], anon, True, "2026-11-23T12:31:33.952Z")]


def test_a_folder_of_recordings_is_one_log(run_of: Callable[..., Run], tmp_path: Path) -> None:
    run = replay(LOGS, run=tmp_path / "run")
    assert len(run.sources()) == len(RECORDED)  # the README beside them is passed over
    assert run.metadata["events"] == sum(len(lines_of(log)) for log in RECORDED)
    assert run.metadata["rejected"] == 0
