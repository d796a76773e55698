"""Corners of the rules that a mutation once slipped through."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from outcomes import events_of, resolve, wire
from test_culprits import event, identify
from test_whatif import run_of

from identity_cli import facts, replay, why
from identity_cli.edits import Edits
from identity_cli.events import Event
from identity_cli.resolver import PersonResolver
from identity_cli.rules import RULE_SETS

GUIDE = RULE_SETS["guide"]
START = datetime.fromisoformat("2023-03-08T12:00:00+00:00")


def at(seconds: float, **more: Any) -> dict[str, Any]:
    """An event of a server, which waits if nobody knows its id."""
    return {"event": "e", "team_id": 1, "now": (START + timedelta(seconds=seconds)).isoformat(), **more}


def read(events: Iterable[dict[str, Any]]) -> list[Event]:
    return events_of(wire(events), GUIDE)


# The buffer


def test_an_id_was_first_seen_when_its_first_event_began_to_wait() -> None:
    """Not when it joined its person, nor when it was released."""
    resolver = PersonResolver(GUIDE)
    link = {"event": "$identify", "distinct_id": "bob", "properties": {"$anon_distinct_id": "ada"}}
    log = [at(0, distinct_id="ada"), at(1, distinct_id="ada"), at(2, **link), at(3, distinct_id="eve")]
    resolver.apply_all(10, read(log))
    resolver.finish()
    seen = {name: resolver.find(1, name) for name in ("ada", "eve")}
    assert [(one.seq, one.joined) for one in seen.values() if one] == [(10, 12), (13, 13)]


@pytest.mark.parametrize(("seconds", "is_released"), [(59.999, False), (60, True), (61, True)])
def test_an_event_that_is_left_out_shows_what_time_it_is(seconds: float, is_released: bool) -> None:
    """At exactly the end of the delay what waits is released."""
    resolver = PersonResolver(GUIDE)
    assert resolver.apply_all(1, read([at(0, distinct_id="ada")])) == []
    told = resolver.pass_time(2, START + timedelta(seconds=seconds))
    held = [fact for fact in told if isinstance(fact, facts.EventHeld)]
    assert [(fact.seq, fact.released_before) for fact in held] == ([(1, 2)] if is_released else [])


def test_the_time_of_an_event_that_is_left_out_counts_for_what_waits_after_it() -> None:
    resolver = PersonResolver(GUIDE)
    resolver.pass_time(1, START + timedelta(seconds=30))
    resolver.apply_all(2, read([at(0, distinct_id="ada")]))
    for seconds, count in ((60, 0), (89.999, 0), (90, 1)):
        told = resolver.pass_time(3, START + timedelta(seconds=seconds))
        assert len([fact for fact in told if isinstance(fact, facts.EventHeld)]) == count, seconds


def test_what_waits_is_released_where_the_event_left_out_stands_that_shows_the_time(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log.ndjson"
    events = [at(seconds, distinct_id=f"id-{seconds}") for seconds in (0, 10, 70, 71)]
    log.write_bytes(b"\n".join(wire(events)))
    run = replay(log, tmp_path / "run", left_out=(f"{log}:2", f"{log}:3"))
    assert run.database.execute("SELECT released_before FROM held WHERE seq = 1").fetchone() == (3,)


# Which distinct id counts


@pytest.mark.parametrize("added", ["team_id", "now", "created_at", "_inserted_at"])
def test_an_event_with_anything_that_ingestion_adds_has_its_id_at_the_top(added: str) -> None:
    sent = {"event": "e", "distinct_id": "outer", "properties": {"distinct_id": "inner"}}
    assert resolve([sent], buffer_seconds=0).groups() == [["inner"]]
    value = 1 if added == "team_id" else "2023-03-08T12:00:00Z"
    assert resolve([{**sent, added: value}], buffer_seconds=0).groups() == [["outer"]]


# Noise


@pytest.mark.parametrize("rules", ["2024-10", "2025-10", "current"])
@pytest.mark.parametrize("value", [[1], {"k": 1}], ids=json.dumps)
def test_a_list_that_did_not_change_takes_noise_along(rules: str, value: object) -> None:
    """To the platform a list or an object always differs from the stored one."""

    def visit(browser: str, **more: object) -> dict[str, Any]:
        return {"event": "e", "distinct_id": "ada", "properties": {"$set": {"$browser": browser, **more}}}

    alone = resolve([visit("A", tags=value), visit("B")], rules)
    assert alone.person_of("ada")["properties"]["$browser"] == '"A"'
    along = resolve([visit("A", tags=value), visit("B", tags=value)], rules)
    assert along.person_of("ada")["properties"]["$browser"] == '"B"'
    noisy_list = resolve([visit("A", **{"$os": value}), visit("B", **{"$os": value})], rules)
    assert noisy_list.person_of("ada")["properties"]["$browser"] == '"A"', "a noisy one does not"


# Explanations


def test_a_refusal_with_somebody_else_does_not_explain_why_two_are_apart(tmp_path: Path) -> None:
    events = [identify("ada", "anon-1"), identify("bob", "anon-2"), identify("eve", "anon-3")]
    events += [identify("ada", "eve"), identify("eve", "bob")]
    run = run_of(tmp_path, events, buffer=0)
    assert [reason for reason in why(run, "ada", "bob").reasons if reason.startswith("refused at")] == []
    assert len([reason for reason in why(run, "ada", "eve").reasons if reason.startswith("refused at")]) == 1
    assert len([reason for reason in why(run, "bob", "eve").reasons if reason.startswith("refused at")]) == 1


def test_the_way_between_two_ids_leads_over_links_of_their_own_team(tmp_path: Path) -> None:
    mine = [{**identify("ada", "bridge"), "team_id": 1}, {**identify("bridge", "bob"), "team_id": 1}]
    theirs = [{**identify("ada", "bob"), "team_id": 2}]
    for place, events in enumerate(([*theirs, *mine], [*mine, *theirs])):
        run = run_of(tmp_path / str(place), events, buffer=0)
        own = {line for line, one in enumerate(events, 1) if one["team_id"] == 1}
        for one, two in (("ada", "bob"), ("bob", "ada")):
            assert {step.origin.line for step in why(run, one, two, 1).path} == own
            assert len(why(run, one, two, 2).path) == 1


def test_a_remedy_is_found_whichever_of_two_ids_is_asked_for_first(tmp_path: Path) -> None:
    """Only one of the two directions is not refused: that which merges the unidentified one away."""
    run = run_of(tmp_path, [identify("account", "old"), event("visitor")], buffer=0)
    expected = ["a $identify of 'account' with $anon_distinct_id 'visitor' would join them now"]
    assert why(run, "account", "visitor").remedies == expected
    assert why(run, "visitor", "account").remedies == expected


# What if


def test_a_reset_gives_events_the_new_id_wherever_they_carry_it() -> None:
    """A device that keeps its old `$device_id` would be taken for a server's, and wait."""
    edits = Edits(resets={(1, "old"): [(5, "new")]})
    inside = {"$device_id": "old", "$anon_distinct_id": "old", "alias": "old", "distinct_id": "old"}
    (before, after) = read([at(0, distinct_id="old", properties=inside)] * 2)
    kept, changed = edits.applied(4, before), edits.applied(5, after)
    for one, name in ((kept, "old"), (changed, "new")):
        assert one is not None
        properties = one.properties
        found = [one.distinct_id, properties.device_id, properties.anon_distinct_id, properties.alias]
        assert [*found, properties.distinct_id] == [name] * 5
