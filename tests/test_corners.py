"""Corners of the rules that a mutation once slipped through."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from outcomes import events_of, left_by, resolve, wire
from test_culprits import alias, event, identify
from test_whatif import run_of

from identity_cli import facts, replay, why
from identity_cli.cli import idcli
from identity_cli.counterfactual import trials
from identity_cli.counterfactual.component import key_of, scope_of
from identity_cli.counterfactual.edits import Edits
from identity_cli.counterfactual.ways import way_between
from identity_cli.events import Event
from identity_cli.resolver.person_resolver import PersonResolver
from identity_cli.rules import RULE_SETS
from identity_cli.rules.dating import stands_for_all
from identity_cli.rules.own_id import may_be_rejected

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
    ids = left_by(resolver).ids
    assert [(ids[1, name].seq, ids[1, name].joined) for name in ("ada", "eve")] == [(10, 12), (13, 13)]


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


@pytest.mark.parametrize(("seconds", "outcome"), [(59.999, "created"), (60, "attached")])
def test_an_event_left_out_by_an_explanation_shows_what_time_it_is(
    seconds: float, outcome: str, tmp_path: Path
) -> None:
    """It is asked away itself, not the time at which it came: by that the first one leaves the buffer."""
    events = [at(0, distinct_id="ada"), at(seconds, distinct_id="ada"), at(1, **identify("bob", "ada"))]
    scope = scope_of(run_of(tmp_path, events), [(1, "bob")])
    links = scope.resolve(Edits(without=frozenset([2]))).links
    assert [str(link.outcome) for link in links.values()] == [outcome]


def test_an_id_that_capture_cut_is_told_even_if_its_event_waits() -> None:
    sent = {"event": "e", "distinct_id": "x" * 201, "timestamp": "2026-07-01T09:00:00Z"}
    outcome = resolve([sent], "current", buffer_seconds=60)
    assert (outcome.held, outcome.warning_types()) == ([0], ["distinct_id_truncated"])


def test_a_log_whose_every_event_the_platform_lost_is_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(b"\n".join(wire([at(0, distinct_id="x" * 401)])))
    done = CliRunner().invoke(
        idcli, ["replay", str(log), "--run", str(tmp_path / "run"), "--rules", "2024-10", "--buffer", "0"]
    )
    assert done.exit_code == 0, done.output
    assert "the platform fails this event" in " ".join(done.output.split())


# Which distinct id counts


@pytest.mark.parametrize("added", ["team_id", "now", "created_at", "_inserted_at"])
def test_an_event_with_anything_that_ingestion_adds_has_its_id_at_the_top(added: str) -> None:
    sent = {"event": "e", "distinct_id": "outer", "properties": {"distinct_id": "inner"}}
    assert resolve([sent], buffer_seconds=0).groups() == [["inner"]]
    value = 1 if added == "team_id" else "2023-03-08T12:00:00Z"
    assert resolve([{**sent, added: value}], buffer_seconds=0).groups() == [["outer"]]


@pytest.mark.parametrize("added", ["team_id", "now", "created_at", "_inserted_at", "inserted_at"])
def test_an_odd_id_of_an_event_past_capture_is_what_it_reads_as(added: str) -> None:
    """Capture took 0 for no id in 2023; what it let in has the text of it."""
    value = 1 if added == "team_id" else "2023-03-08T12:00:00Z"
    assert resolve([{"event": "e", "distinct_id": 0}], "2023-09").groups() == []
    assert resolve([{"event": "e", "distinct_id": 0, added: value}], "2023-09").groups() == [["0"]]


# Whose team


def test_a_link_that_is_part_of_an_event_is_of_its_team() -> None:
    resolver = PersonResolver(GUIDE, team_id=5)
    for seq, link in enumerate(read([identify("ada", "x"), {**identify("bob", "y"), "team_id": 2}]), 1):
        resolver.link(seq, link)
    assert [*left_by(resolver).ids] == [(5, "ada"), (5, "x"), (2, "bob"), (2, "y")]


def test_an_event_of_a_scope_is_of_its_team_or_of_the_replays(tmp_path: Path) -> None:
    run = run_of(tmp_path, [event("ada")], team_id=7)
    asked = read([event("ada"), {**event("ada"), "team_id": 2}])
    assert [key_of(one, run) for one in asked] == [(7, "ada"), (2, "ada")]


def test_a_reset_is_of_a_device_of_one_team() -> None:
    edits = Edits(resets={(3, "old"): [(1, "new")]}, team_id=3)
    events = [event("old"), {**event("old"), "team_id": 3}, {**event("old"), "team_id": 2}]
    changed = [edits.applied(1, one) for one in read(events)]
    assert [one.distinct_id for one in changed if one] == ["new", "new", "old"]


def test_an_event_of_a_body_may_name_another_team_than_the_body(tmp_path: Path) -> None:
    body = {"batch": [event("ada"), {**event("bob"), "team_id": 3}], "team_id": 2}
    run = run_of(tmp_path, [body], dialect="posthog-capture")
    assert sorted((team, one) for one, team, _, _ in run.members()) == [(2, "ada"), (3, "bob")]


def test_the_second_of_two_ids_is_of_the_team_of_the_first(tmp_path: Path) -> None:
    events = [{**identify("ada", "bob"), "team_id": 1}, {**event("bob"), "team_id": 2}]
    run = run_of(tmp_path, events, buffer=0)
    assert why(run, "ada", "bob").are_one


# What fits


def test_a_log_of_one_day_may_be_the_first_or_the_last_of_a_period() -> None:
    first, last = GUIDE.period or (date.min, date.min)
    for day in (first, last):
        assert stands_for_all(GUIDE, day, day)
    assert not stands_for_all(GUIDE, first - timedelta(days=1), last)
    assert not stands_for_all(GUIDE, first, last + timedelta(days=1))


def test_only_a_device_can_be_linked_to_a_user_as_one() -> None:
    (ask,) = RULE_SETS["mixpanel-simplified"].words.asks
    pairs = [("u", "$device:d"), ("u", "v"), ("$device:c", "$device:d"), ("$device:d", "u")]
    assert [ask.is_for(*pair) for pair in pairs] == [True, False, False, False]


# Rows of tables


def test_a_time_of_a_row_without_a_zone_is_utc(tmp_path: Path) -> None:
    """Whichever column tells it: the next row, of a minute later, sets the waiting event free."""
    for column in ("_inserted_at", "inserted_at", "created_at", "now"):
        first = {"event": "e", "distinct_id": "ada", "properties": "{}", column: "2023-03-08 12:00:00"}
        second = {"event": "e", "distinct_id": "bob", "properties": "{}", "now": "2023-03-08T12:01:00Z"}
        run = run_of(tmp_path / column, [first, second], dialect="posthog-rows")
        assert run.database.execute("SELECT seq, released_before FROM held").fetchall()[0] == (1, 2), column


def test_a_column_counts_only_where_the_properties_of_a_row_say_nothing(tmp_path: Path) -> None:
    inside = {"$set": {"a": 1}, "$set_once": {"b": 1}}
    columns = {"set": json.dumps({"a": 2}), "set_once": json.dumps({"b": 2})}
    for properties, value in ((inside, 1), ({}, 2)):
        row = {"event": "e", "distinct_id": "ada", "properties": json.dumps(properties), **columns}
        run = run_of(tmp_path / str(value), [row], dialect="posthog-rows", buffer=0)
        ((_, properties_found),) = (state for _, state in run.states())
        assert json.loads(properties_found) == {"a": value, "b": value}


# What nearly every log is without


@pytest.mark.parametrize(("rules", "indexes"), [("guide", []), ("2022-12", [1]), ("2024-10", [1])])
def test_the_lines_of_events_that_may_fail_are_kept(rules: str, indexes: list[int]) -> None:
    given = [event("ada"), {**event("ada"), "properties": {"$unset": "x"}}]
    assert may_be_rejected(read(given), RULE_SETS[rules]) == indexes
    assert may_be_rejected(read([*given, event("")]), RULE_SETS[rules]) == [*indexes, 2]


def test_there_may_be_no_way_between_two_ids() -> None:
    assert way_between([], "ada", "bob") == []


# Noise


def test_a_new_key_is_worth_a_write_even_if_the_event_removes_it_again() -> None:
    """To the platform of 2024, whose `$unset` also found what its own event had just set."""

    def visit(browser: str, **more: object) -> dict[str, Any]:
        return {"event": "e", "distinct_id": "ada", "properties": {"$set": {"$browser": browser}, **more}}

    (kept,) = resolve([visit("A"), visit("B", **{"$unset": ["$os"]})], "2024-10").persons
    assert kept["properties"]["$browser"] == '"A"'
    new = {"$set_once": {"$os": "x"}, "$unset": ["$os"]}
    (written,) = resolve([visit("A"), visit("B", **new)], "2024-10").persons
    assert written["properties"]["$browser"] == '"B"'


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


def test_what_parts_two_ids_is_looked_for_among_links_of_their_own_team(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are too many events to try them all, what is tried stands on the way between the two."""
    monkeypatch.setattr(trials, "EVENTS_TRIED_ALONE", 0)
    monkeypatch.setattr(trials, "EVENTS_TRIED_IN_PAIRS", 0)
    theirs = [{**identify("ada", "bob"), "team_id": 2}]
    mine = [event("bob"), identify("ada", "bridge"), alias("bob", "bridge", "$merge_dangerously")]
    mine = [{**one, "team_id": 1} for one in mine]
    found = why(run_of(tmp_path, [*theirs, *mine], buffer=0), "ada", "bob", 1)
    assert [[place.seq for place in places] for places in found.separators] == [[3], [4]]


def test_a_remedy_may_be_of_the_id_that_is_no_account(tmp_path: Path) -> None:
    """To Mixpanel's original rules only a device's id can be the anonymous one, whoever is identified."""
    device = "6f1c2f0e-0d7b-4a55-9a0e-3f2d1c0b9a87"
    events = [event("account"), event("b"), alias(device, "b", "$merge_dangerously")]
    run = run_of(tmp_path, events, rules="mixpanel-original")
    expected = (
        f"a $identify with the $identified_id 'account' and the $anon_id {device!r} would join them now"
    )
    for one, two in ((device, "account"), ("account", device)):
        assert why(run, one, two).remedies == [expected]


@pytest.mark.parametrize(("own", "other"), [("u", "undefined"), ("undefined", "u")])
def test_a_real_id_takes_the_place_of_the_illegal_one_on_either_side(
    own: str, other: str, tmp_path: Path
) -> None:
    run = run_of(tmp_path, [event("dev"), event("u"), identify(own, other)], buffer=0)
    (instead,) = why(run, "u", "dev").instead
    assert (instead.distinct_id, instead.other, instead.replaces) == ("u", "dev", "undefined")


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


# What is told and counted


def test_every_fact_is_one() -> None:
    told = PersonResolver(RULE_SETS["current"]).apply_all(1, read([event("ada"), identify("bob", "ada")]))
    assert told
    assert None not in told


def test_an_id_keeps_its_first_and_last_time_whatever_comes_between() -> None:
    resolver = PersonResolver(GUIDE, buffer_seconds=0)
    resolver.apply_all(1, read([at(seconds, distinct_id="ada") for seconds in (5, 9, 7, 1, 3)]))
    seen = left_by(resolver).ids[1, "ada"]
    assert (seen.first, seen.last) == (START + timedelta(seconds=1), START + timedelta(seconds=9))
