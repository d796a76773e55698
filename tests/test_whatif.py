"""What if: an answer from the part of a log that a change can affect is that of replaying all of it."""

import json
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from lanes import first_quick
from nasty_logs import nasty_log

from identity_cli import Run, replay, whatif
from identity_cli.cli import idcli
from identity_cli.comparing.comparison import ChangeKind
from identity_cli.counterfactual.changed_log import Change
from identity_cli.counterfactual.component import scope_of
from identity_cli.counterfactual.edits import Edits
from identity_cli.counterfactual.resolution import Resolution
from identity_cli.errors import LogChanged, LogGone, NoSuchEvent
from identity_cli.replaying.again.log_again import events_of
from identity_cli.replaying.again.rerun import replayed

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"

Event = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run")


def run_of(folder: Path, events: list[Event], **options: Any) -> Run:
    folder.mkdir(exist_ok=True)
    log = folder / "log.ndjson"
    log.write_text("".join(json.dumps(event) + "\n" for event in events))
    return replay(log, folder / "run", **options)


def told(run: Run, keys: set[tuple[int, str]]) -> tuple[Any, ...]:
    """What a whole run says of some ids: persons, states, outcomes of links."""
    person_of = {(team, one): person for one, team, _, person in run.members() if (team, one) in keys}
    states = {
        person: (flag, json.loads(properties))
        for person, (flag, properties) in run.states()
        if person in person_of.values()
    }
    links = {
        seq: outcome
        for seq, team, target, outcome in run.database.execute(
            "SELECT seq, team_id, target_distinct_id, outcome FROM links"
        )
        if (team, target) in keys
    }
    return person_of, states, links


def told_by_scope(resolution: Resolution, keys: set[tuple[int, str]]) -> tuple[Any, ...]:
    person_of = {key: person for key, person in resolution.person_of.items() if key in keys}
    states = {
        person: (flag, json.loads(json.dumps(properties)))
        for person, (flag, properties) in resolution.states.items()
        if person in person_of.values()
    }
    links = {
        seq: str(link.outcome)
        for seq, link in resolution.links.items()
        if (link.team_id, link.target_distinct_id) in keys
    }
    return person_of, states, links


def neutral(event: Event) -> Event:
    """An event of nobody we ask about, at the same time."""
    times: Event = {name: event[name] for name in ("timestamp", "now") if name in event}
    return {"event": "e", "distinct_id": "somebody else", "properties": {}, **times}


@pytest.mark.parametrize("rules", ["guide", "2022-12", "2023-09", "current"])
@pytest.mark.parametrize("seed", first_quick(range(12), 3))
def test_a_part_replays_as_the_whole_does(rules: str, seed: int, tmp_path: Path) -> None:
    random = Random(f"{rules} {seed} whatif")
    events = nasty_log(random, 70)
    options: dict[str, Any] = {"rules": rules, "buffer": random.choice([None, 0, 20.5]), "table_formats": ()}
    whole = run_of(tmp_path / "a", events, **options)
    own = random.choice([(team, one) for one, team, _, _ in whole.members()])
    scope = scope_of(whole, [own])
    assert told_by_scope(scope.resolve(), scope.keys) == told(whole, scope.keys)
    gone = random.choice(scope.steps)[0]
    changed = [neutral(event) if seq == gone else event for seq, event in enumerate(events, 1)]
    other = run_of(tmp_path / "b", changed, **options)
    edited = scope.resolve(Edits(without=frozenset([gone])))
    assert told_by_scope(edited, scope.keys) == told(other, scope.keys)


def test_events_of_others_still_show_what_time_it_is(tmp_path: Path) -> None:
    """Line 2 is of somebody else, but line 1 leaves the buffer by it, before the timeless link."""
    link: Event = {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "a"}}
    events: list[Event] = [
        {"event": "e", "distinct_id": "u", "now": "2026-05-04T09:00:00Z"},
        {"event": "e", "distinct_id": "x", "now": "2026-05-04T09:05:00Z"},
        link,
    ]
    scope = scope_of(run_of(tmp_path, events), [(1, "u")])
    assert [seq for seq, _, _ in scope.steps] == [1, 3]
    assert [str(link.outcome) for link in scope.resolve().links.values()] == ["attached"]


def test_events_that_a_plan_leaves_out_still_show_what_time_it_is(tmp_path: Path) -> None:
    """As in the replay: without line 2 the first event would wait for the link and be attached to nobody."""
    link: Event = {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "a"}}
    events: list[Event] = [
        {"event": "e", "distinct_id": "u", "now": "2026-05-04T09:00:00Z"},
        {"event": "e", "distinct_id": "x", "now": "2026-05-04T09:05:00Z"},
        link,
    ]
    path = run_of(tmp_path, events).sources()[0]["path"]
    run = replay(path, tmp_path / "repaired", left_out=(f"{path}:2",))
    scope = scope_of(run, [(1, "u")])
    assert told_by_scope(scope.resolve(), scope.keys) == told(run, scope.keys)
    assert [str(link.outcome) for link in scope.resolve().links.values()] == ["attached"]


def test_a_nul_in_an_id_is_what_newer_rules_make_of_it(tmp_path: Path) -> None:
    link = {"event": "$create_alias", "distinct_id": "u", "properties": {"alias": "a\0b"}}
    run = run_of(tmp_path, [{"event": "e", "distinct_id": "a\0b"}, link], rules="current")
    scope = scope_of(run, [(1, "u")])
    assert [seq for seq, _, _ in scope.steps] == [2], "an illegal link connects nobody"
    assert [seq for seq, _, _ in scope_of(run, [(1, "a\ufffdb")]).steps] == [1, 2]


def test_an_event_left_out(run: Run) -> None:
    """[297] and [298] each suffice to join Petra to Nils and Olga."""
    one = whatif(run, Change(without=("events.ndjson:297",)))
    assert one.persons == (49, 49)
    assert [(flip.origin.line, flip.before, flip.after) for flip in one.flips] == [
        (298, "same_person", "merged")
    ]
    both = whatif(run, Change(without=("events.ndjson:297", "events.ndjson:298")))
    (change,) = both.comparison.changes
    assert (change.kind, both.persons) == (ChangeKind.SPLIT, (49, 50))
    assert sorted(member.distinct_id for member in change.moved) == ["anon-b2e97c", "user_petra"]
    assert both.ids == 6
    assert both.events == 27


def test_an_event_is_named_by_its_uuid(run: Run) -> None:
    (uuid,) = [json.loads(line)["uuid"] for line in SAMPLE.read_text().splitlines()[296:297]]
    assert (
        whatif(run, Change(without=(uuid,))).flips
        == whatif(run, Change(without=("events.ndjson:297",))).flips
    )


def test_an_event_that_links_nobody(tmp_path: Path) -> None:
    events = [{"event": "e", "distinct_id": "a", "properties": {"$set": {"k": value}}} for value in (1, 2)]
    found = whatif(run_of(tmp_path, events), Change(without=("log.ndjson:2",)))
    assert not found.comparison.changes
    ((_, _, names),) = found.properties
    assert names == ["k"]


def test_an_id_blocked(run: Run) -> None:
    found = whatif(run, Change(blocked_ids=("user_petra",)))
    assert found.persons == (49, 51)
    assert {flip.after for flip in found.flips} == {"refused_illegal"}


def test_a_reset_renames_the_devices_id_beside_another_that_is_no_text(
    tmp_path: Path,
) -> None:
    """Which of the two counted is the affair of capture; the device had sent the new one in either place."""
    number = {"event": "e", "distinct_id": "dev", "properties": {"distinct_id": 12.5}}
    inner = {"event": "e", "distinct_id": -0.0, "properties": {"distinct_id": "dev"}}
    for name, odd in (("current", number), ("guide", inner)):
        login = {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "dev"}}
        run = run_of(tmp_path / name, [login, odd], rules=name, buffer=0)
        (change,) = whatif(run, Change(resets=("log.ndjson:2",))).comparison.changes
        assert change.kind is ChangeKind.NEW, name
        found = whatif(run, Change(resets=("log.ndjson:1",)))
        assert [(one.kind, one.ids) for one in found.comparison.changes] == [], name


def test_a_reset_made_up_for(run: Run) -> None:
    """Ivo signed in on Hanna's device: with a reset before, the two are two."""
    found = whatif(run, Change(resets=("events.ndjson:245",)))
    assert found.persons == (49, 50)
    (change,) = found.comparison.changes
    assert [member.distinct_id for member in change.moved] == ["user_ivo"]


def test_a_reset_gives_no_id_to_an_event_that_has_none(tmp_path: Path) -> None:
    """An alias of an empty list reads as an empty text: the device of that link, but no event's own id."""
    dangerous = "$merge_dangerously"
    odd = {"event": dangerous, "distinct_id": "u", "properties": {"alias": []}}
    nobody = {"event": dangerous, "distinct_id": "", "properties": {"alias": "u"}}
    run = run_of(tmp_path, [odd, nobody], rules="current")
    assert not whatif(run, Change(resets=("log.ndjson:1",))).flips


def test_no_such_event(run: Run) -> None:
    for named in ("events.ndjson:9999", "no uuid"):
        with pytest.raises(NoSuchEvent):
            whatif(run, Change(without=(named,)))


def test_a_log_that_changed_or_vanished(tmp_path: Path) -> None:
    events = [{"event": "e", "distinct_id": "a"}]
    run = run_of(tmp_path, events)
    log = tmp_path / "log.ndjson"
    log.write_text(log.read_text() * 2)
    with pytest.raises(LogChanged):
        whatif(run, Change(blocked_ids=("a",)))
    log.unlink()
    with pytest.raises(LogGone, match="not there, seen from this folder"):
        whatif(run, Change(blocked_ids=("a",)))


@pytest.mark.parametrize("members", [3, 1])
def test_an_archive_with_more_members_or_fewer_is_another_log(tmp_path: Path, members: int) -> None:
    log = archive(tmp_path / "log.zip", 2)
    run = replay(log, tmp_path / "run")
    archive(log, members)
    with pytest.raises(LogChanged, match=r"\d\.ndjson is not the log that was replayed"):
        [*events_of(run)]
    with pytest.raises(LogChanged, match=r"\d\.ndjson is not the log that was replayed"), replayed(run):
        pass


def archive(path: Path, members: int) -> Path:
    """A zip of so many logs."""
    with ZipFile(path, "w") as file:
        for nth in range(members):
            file.writestr(f"{nth}.ndjson", json.dumps({"event": "e", "distinct_id": "a"}) + "\n")
    return path


def test_the_command(run: Run) -> None:
    asked = ["whatif", "--run", str(run.folder)]
    shown = CliRunner().invoke(idcli, [*asked, "--reset-before", "events.ndjson:245"])
    assert shown.exit_code == 0
    assert "49 → 50  (+1)" in shown.stdout
    by_line, by_place = (
        CliRunner().invoke(idcli, [*asked, "--without", event]).stdout
        for event in ("298", "events.ndjson:298")
    )
    assert by_line == by_place
    for nowhere in ("9" * 5_000, "events.ndjson:" + "9" * 5_000, "9" * 18, ":298", "298:"):
        assert "no event" in CliRunner().invoke(idcli, [*asked, "--without", nowhere]).stderr
    rules = CliRunner().invoke(idcli, [*asked, "--rules", "2022-12", "--format", "json"])
    assert json.loads(rules.stdout)["persons"]["after"] == 52
    assert CliRunner().invoke(idcli, asked).exit_code == 2
    nothing = CliRunner().invoke(idcli, [*asked, "--block-id", "user_ana", "--buffer", "0"])
    assert nothing.exit_code == 2, "one or the other"
    unknown = CliRunner().invoke(idcli, [*asked, "--block-id", "user_anna"])
    assert (unknown.exit_code, "user_ana" in unknown.stderr) == (2, True)
    endless = CliRunner().invoke(idcli, [*asked, "--buffer", "nan"])
    assert (endless.exit_code, "the buffer cannot be nan" in endless.stderr) == (2, True)


def test_where_another_link_joins_them_too_it_says_so_and_what_to_ask(tmp_path: Path) -> None:
    link = {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "device"}}
    seen: list[Event] = [{"event": "e", "distinct_id": id, "properties": {}} for id in ("ada", "device")]
    run = run_of(tmp_path, [link, link, *seen])
    one = ["whatif", "--run", str(run.folder), "--without", "log.ndjson:1"]
    assert "idcli culprits ID names all" in CliRunner().invoke(idcli, one).stdout
    both = CliRunner().invoke(idcli, [*one, "--without", "log.ndjson:2"]).stdout
    assert "culprits" not in both, "there somebody comes apart"


def test_where_persons_merge_no_culprits_are_advised(tmp_path: Path) -> None:
    link = {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "bob"}}
    names = [
        {"event": "$identify", "distinct_id": one, "properties": {"$anon_distinct_id": f"{one}0"}}
        for one in ("ada", "bob")
    ]
    run = run_of(tmp_path, [*names, link])
    asked = ["whatif", "--run", str(run.folder), "--without", "log.ndjson:2"]
    told = CliRunner().invoke(idcli, asked).stdout
    assert "2 → 1" in told
    assert "culprits" not in told


def test_a_place_is_taken_as_it_is_cut(run: Run) -> None:
    asked = ["whatif", "--run", str(run.folder), "--without"]
    whole, cut = (
        CliRunner().invoke(idcli, [*asked, place]).stdout
        for place in ("events.ndjson:298", "…vents.ndjson:298")
    )
    assert cut == whole


def test_true_is_not_one_to_a_property(tmp_path: Path) -> None:
    of_ada = {"event": "$set", "distinct_id": "ada"}
    events = [{**of_ada, "properties": {"$set": {"paid": paid}}} for paid in (1, True)]
    run = run_of(tmp_path, events)
    assert [names for _, _, names in whatif(run, Change(without=("log.ndjson:2",))).properties] == [["paid"]]
