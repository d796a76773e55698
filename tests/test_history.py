"""How a person came to be, who wrote its properties, and who it was at any moment: from the journal alone."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from nasty_logs import nasty_log
from test_whatif import run_of

from identity_cli import Run, blame, how, replay
from identity_cli.cli import idcli
from identity_cli.errors import BadMoment, NotYetSeen, UnknownProperty
from identity_cli.reports.as_of import person_as_of

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"

Event = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run")


def told(*arguments: str) -> str:
    result = CliRunner().invoke(idcli, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def merge(own: str, other: str, **properties: Any) -> Event:
    return {"event": "$merge_dangerously", "distinct_id": own, "properties": {"alias": other, **properties}}


# How


def test_each_kind_of_step(run: Run) -> None:
    found = how(run, "user_kaspar")
    steps = [(step.depth, step.kind, run.origin(step.seq).line) for step in found.steps]
    assert steps == [
        (0, "created", 50),
        (0, "attached", 52),
        (0, "identified", 52),
        (0, "refused", 267),
        (1, "created", 159),
        (1, "attached", 161),
        (1, "identified", 161),
        (0, "merged", 268),
    ]
    last = found.steps[-1]
    assert (last.ids, last.events, last.lost, last.is_suspicious) == (2, 5, 3, True)


def test_a_silent_attachment_is_marked(run: Run) -> None:
    assert [step.distinct_id for step in how(run, "user_ivo").steps if step.is_suspicious] == ["user_ivo"]
    assert "attached ! user_ivo" in told("how", "user_ivo", "--run", str(run.folder))


@pytest.mark.parametrize("seed", range(8))
def test_the_steps_tell_every_id_once(seed: int, tmp_path: Path) -> None:
    run = run_of(tmp_path, nasty_log(Random(f"{seed} how"), 80), table_formats=())
    for person in run.persons():
        steps = how(run, person.person_id, person.team_id).steps
        named = [step.distinct_id for step in steps if step.kind in ("created", "attached")]
        assert sorted(named) == sorted(row.distinct_id for row in run.ids_of(person.person))
        assert sum(step.depth == 0 and step.kind == "created" for step in steps) == 1


@pytest.mark.slow
def test_a_chain_of_merges_is_told_without_recursion(tmp_path: Path) -> None:
    events = [
        event
        for number in range(5_000)
        for event in ({"event": "e", "distinct_id": f"p{number + 1}"}, merge(f"p{number + 1}", f"p{number}"))
    ]
    run = run_of(tmp_path, [{"event": "e", "distinct_id": "p0"}, *events], buffer=0, table_formats=())
    found = how(run, "p0")
    assert (found.merges, max(step.depth for step in found.steps)) == (5_000, 5_000)
    shown = told("how", "p0", "--run", str(run.folder))
    assert len(shown.splitlines()) < 20
    assert "steps; --depth" in shown


def test_many_ids_fold(tmp_path: Path, terminal: Callable[[int], None]) -> None:
    terminal(80)
    events = [
        {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": f"a{number}"}}
        for number in range(3_000)
    ]
    run = run_of(tmp_path, events, table_formats=())
    shown = told("how", "u", "--run", str(run.folder))
    assert "2,9" in shown
    assert len(shown.splitlines()) < 20
    assert max(map(len, shown.splitlines())) <= 80
    assert len(told("how", "u", "--run", str(run.folder), "--all").splitlines()) > 3_000
    assert len(json.loads(told("how", "u", "--run", str(run.folder), "--format", "json"))["steps"]) == 3_002


# Blame


def test_each_value_knows_its_write(run: Run) -> None:
    entries = {entry.key: entry for entry in blame(run, "user_nils").entries}
    assert run.origin(entries["email"].seq).line == 327
    assert entries["email"].replaced == ["nils@example.net"]
    assert (entries["name"].value, entries["name"].made_with) == ("Nils", "anon-19ac46")


def test_the_history_of_a_property_tells_losses(run: Run) -> None:
    history = [
        (entry.what, entry.value, entry.made_with) for entry in blame(run, "user_nils", "email").entries
    ]
    assert history == [
        ("set", "nils@example.net", "anon-19ac46"),
        ("set", "olga@example.org", "anon-d68f05"),
        ("set", "petra@example.com", "anon-b2e97c"),
        ("lost", "olga@example.org", "anon-d68f05"),
        ("lost", "petra@example.com", "anon-b2e97c"),
        ("set", "petra@example.com", "anon-19ac46"),
    ]


def test_an_older_event_that_overwrote_a_newer_value_is_a_stale_win(tmp_path: Path) -> None:
    def write(value: int, minute: int, operator: str = "$set") -> Event:
        time = f"2026-05-04T09:{minute:02}:00Z"
        return {"event": "e", "distinct_id": "u", "timestamp": time, "properties": {operator: {"k": value}}}

    run = run_of(tmp_path, [write(1, 10), write(2, 5), write(3, 20), write(4, 1, "$set_once")], buffer=0)
    assert [entry.is_stale for entry in blame(run, "u", "k").entries] == [False, True, False]
    assert "1 stale win" in told("blame", "u", "k", "--run", str(run.folder))


def test_what_a_merge_brought_and_what_was_removed(tmp_path: Path) -> None:
    events: list[Event] = [
        {"event": "e", "distinct_id": "a", "properties": {"$set": {"k": 1}}},
        {"event": "e", "distinct_id": "u"},
        merge("u", "a"),
        {"event": "e", "distinct_id": "u", "properties": {"$unset": ["k"]}},
    ]
    run = run_of(tmp_path, events, buffer=0)
    assert [entry.what for entry in blame(run, "u", "k").entries] == ["set", "brought", "unset"]
    assert not blame(run, "u").entries


def test_a_property_that_never_was(run: Run) -> None:
    with pytest.raises(UnknownProperty, match="Nearest: email"):
        blame(run, "user_nils", "emial")


# As of


@pytest.mark.parametrize("seed", range(10))
def test_as_of_a_line_is_the_replay_up_to_there(seed: int, tmp_path: Path) -> None:
    random = Random(f"{seed} as of")
    events = nasty_log(random, 60)
    options: dict[str, Any] = {"buffer": 0, "table_formats": ()}
    whole = run_of(tmp_path / "whole", events, **options)
    for cut in random.sample(range(1, 61), 4):
        part = run_of(tmp_path / f"cut {cut}", events[:cut], **options)
        for person in part.persons():
            found = person_as_of(whole, person.creator_distinct_id, str(cut), person.team_id)
            assert found.person_id == person.person_id
            assert found.is_identified == bool(person.is_identified)
            assert sorted(found.distinct_ids) == sorted(row.distinct_id for row in part.ids_of(person.person))
            values = {key: written.value for key, written in found.properties.items()}
            assert values == json.loads(person.properties)


def test_an_event_that_waited_counts_from_its_release(tmp_path: Path) -> None:
    events = [
        {"event": "e", "distinct_id": "u", "now": "2026-05-04T09:00:00Z"},
        {"event": "e", "distinct_id": "x", "now": "2026-05-04T09:00:10Z"},
        {"event": "e", "distinct_id": "y", "now": "2026-05-04T09:05:00Z"},
    ]
    run = run_of(tmp_path, events)
    with pytest.raises(NotYetSeen):
        person_as_of(run, "u", "2")
    assert person_as_of(run, "u", "log.ndjson:3").distinct_ids == ["u"]


def test_as_of_a_time(run: Run) -> None:
    assert sorted(person_as_of(run, "user_nils", "2023-03-16T22:05:02Z").distinct_ids) == [
        "anon-19ac46",
        "anon-d68f05",
        "user_nils",
        "user_olga",
    ]
    assert person_as_of(run, "user_nils", "2023-03-14").distinct_ids == ["anon-19ac46", "user_nils"]


@pytest.mark.parametrize("moment", ["soon", "9999", "other.ndjson:3", "0"])
def test_a_moment_that_is_none(run: Run, moment: str) -> None:
    with pytest.raises(BadMoment):
        person_as_of(run, "user_nils", moment)


@pytest.mark.parametrize(
    "moment", ["2023-03-16T22:05:02+00:00", "2023-03-16T22:05:02", "2023-03-17T00:05:02+02:00"]
)
def test_a_time_may_be_spelled_as_isoformat_does(run: Run, moment: str) -> None:
    found, plain = (person_as_of(run, "user_nils", one) for one in (moment, "2023-03-16T22:05:02Z"))
    assert found == plain


def test_a_day_is_its_end_and_the_page_says_so(run: Run) -> None:
    found = person_as_of(run, "user_nils", "2023-03-16")
    assert found == person_as_of(run, "user_nils", "2023-03-16T23:59:59.999999Z")
    assert found != person_as_of(run, "user_nils", "2023-03-16T00:00:00Z")
    asked = ["person", "user_nils", "--as-of", "2023-03-16", "--run", str(run.folder)]
    assert told(*asked).startswith("As of the end of 2023-03-16 (UTC)\n")
    assert told(*asked[:3], "2023-03-16T22:05:02", *asked[4:]).startswith("As of 2023-03-16T22:05:02 (UTC)\n")


def test_as_of_the_last_line_what_waited_is_told(tmp_path: Path) -> None:
    """Its end released it: that is later than any line."""
    link_ = {"event": "$identify", "distinct_id": "b", "properties": {"$anon_distinct_id": "x"}}
    events = [
        {**link_, "now": "2026-05-04T09:00:00Z"},
        {"event": "e", "distinct_id": "late", "properties": {}, "now": "2026-05-04T09:00:10Z"},
        {"event": "e", "distinct_id": "b", "properties": {}, "now": "2026-05-04T09:00:20Z"},
    ]
    run = run_of(tmp_path, events, rules="guide")
    with pytest.raises(NotYetSeen, match=r"Its event at .*log.ndjson:2 waited in the buffer then"):
        person_as_of(run, "late", "3")
    assert person_as_of(run, "late", "2026-05-05").waiting == []
    joined = [
        {**link_, "event": "$create_alias", "properties": {"alias": "late"}, "now": "2026-05-04T09:00:30Z"}
    ]
    run = run_of(tmp_path, events + joined, rules="guide")
    assert [one.line for one in person_as_of(run, "late", "4").waiting] == [2]
    page = told("person", "late", "--as-of", "4", "--run", str(run.folder))
    assert "1 event of these ids waited in the buffer" in page


def test_as_of_at_the_terminal(run: Run) -> None:
    asked = ["person", "user_olga", "--as-of", "296", "--run", str(run.folder)]
    assert "4 distinct ids" in told(*asked)
    assert json.loads(told(*asked, "--format", "json"))["creator_distinct_id"] == "anon-19ac46"


def test_a_refusal_of_a_new_id_is_told(tmp_path: Path) -> None:
    """Neither id had a person when it was refused: the event made one, and it is of that."""
    events = [{"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "null"}}]
    found = how(run_of(tmp_path, events, buffer=0), "u")
    assert (found.refused, [step.kind for step in found.steps]) == (1, ["created", "refused"])


# What was never written


def test_a_set_once_that_came_too_late_is_told(tmp_path: Path) -> None:
    events: list[Event] = [
        {"event": "e", "distinct_id": "u", "properties": {"$set_once": {"plan": "free"}}},
        {"event": "e", "distinct_id": "u", "$set_once": {"plan": "pro"}},
        {"event": "e", "distinct_id": "v", "$set_once": {"plan": "team"}},
    ]
    run = run_of(tmp_path, events)
    found = blame(run, "u", "plan")
    assert [entry.value for entry in found.entries] == ["free"]
    assert found.unwritten is not None
    assert [(one.value, one.origin.line) for one in found.unwritten.too_late] == [("pro", 2)]
    page = told("blame", "u", "plan", "--run", str(run.folder))
    assert "Came too late" in page
    answer = json.loads(told("blame", "u", "plan", "--run", str(run.folder), "--format", "json"))
    assert [one["line"] for one in answer["too_late"]] == [2]


def test_a_value_that_stands_on_events_only_is_no_property(tmp_path: Path) -> None:
    events: list[Event] = [{"event": "e", "distinct_id": "u", "properties": {"plan": "pro"}} for _ in "ab"]
    run = run_of(tmp_path, events)
    found = blame(run, "u", "plan")
    assert (found.entries, found.unwritten and found.unwritten.on_events_count) == ([], 2)
    page = " ".join(told("blame", "u", "plan", "--run", str(run.folder)).split())
    assert "plan stands on 2 events of this person" in page
    assert "only what stands under $set or $set_once" in page
    with pytest.raises(UnknownProperty):
        blame(run, "u", "pla")


def test_blame_without_the_log_answers_from_the_journal(tmp_path: Path) -> None:
    events: list[Event] = [{"event": "e", "distinct_id": "u", "$set": {"plan": "pro"}}]
    run = run_of(tmp_path, events)
    (tmp_path / "log.ndjson").unlink()
    found = blame(run, "u", "plan")
    assert (len(found.entries), found.unwritten) == (1, None)


def test_the_history_of_one_property_costs_nothing_for_the_others(tmp_path: Path) -> None:
    """Properties times merges must not be kept: each of 60 merges brings or loses 200 of them."""
    many = {f"p{number}": number for number in range(200)}
    events: list[Event] = [{"event": "e", "distinct_id": "p0", "$set": many}]
    for number in range(1, 60):
        events.append({"event": "e", "distinct_id": f"p{number}", "$set": {f"own{number}": 1}})
        events.append(merge(f"p{number}", f"p{number - 1}"))
    run = run_of(tmp_path, events, buffer=0)
    assert len(blame(run, "p59").entries) == 200 + 59
    assert len(blame(run, "p59", "p7").entries) == 1 + 59
