"""Why two ids are one person or two: every claim is held against a replay of the whole, changed log."""

import json
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from lanes import first_quick
from nasty_logs import nasty_log
from test_whatif import neutral, run_of

from identity_cli import Run, replay, why
from identity_cli.cli import idcli
from identity_cli.cli.commands.explain_why import show
from identity_cli.cli.terminal.page import Page
from identity_cli.counterfactual import trials
from identity_cli.counterfactual import why_together as reports_why
from identity_cli.counterfactual.why_together import Why

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"

Event = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run")


def are_together(run: Run, one: str, two: str, team_id: int = 1) -> bool:
    person_of = {(team, distinct_id): person for distinct_id, team, _, person in run.members()}
    return (team_id, one) in person_of and person_of[team_id, one] == person_of.get((team_id, two))


def lines(found: Why) -> list[list[int]]:
    return [[place.origin.line for place in places] for places in found.separators]


def test_the_way_between_two_ids(run: Run) -> None:
    found = why(run, "user_petra", "user_nils")
    assert [(step.origin.line, step.link.outcome) for step in found.path] == [
        (297, "merged"),
        (296, "merged"),
    ]
    assert found.together_since is not None
    assert found.together_since.line == 297
    first, second = found.path
    assert first.source and first.target and second.source
    assert first.source.ids == ["anon-b2e97c", "user_petra"]
    assert first.target.ids == ["anon-19ac46", "anon-d68f05", "user_nils", "user_olga"]
    assert second.source.is_identified
    assert lines(found) == [[296, 298], [297, 298]]
    assert found.exact


def test_one_link_that_nothing_warned_of(run: Run) -> None:
    found = why(run, "user_ivo", "user_hanna")
    assert lines(found) == [[185], [245]]
    assert [step.link.outcome for step in found.path] == ["attached", "attached"]


def test_a_refusal_says_since_when_and_what_would_have_helped(run: Run) -> None:
    found = why(run, "user_gesa", "user_fynn")
    (reason,) = found.reasons
    assert ":177" in reason
    assert ":170" in reason
    assert any("as $merge_dangerously" in remedy for remedy in found.remedies)


def test_an_id_without_a_person_is_the_one_that_joined(tmp_path: Path) -> None:
    events = [
        {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "a"}},
        {"event": "$identify", "distinct_id": "u", "properties": {"$anon_distinct_id": "b"}},
        {"event": "$identify", "distinct_id": "v", "properties": {"$anon_distinct_id": "b"}},
    ]
    run = run_of(tmp_path, events)
    sides = [
        (step.source and step.source.ids, step.target and step.target.ids) for step in why(run, "a", "v").path
    ]
    assert sides == [([], []), ([], ["a", "u"]), (["a", "b", "u"], [])]
    page = CliRunner().invoke(idcli, ["why", "a", "v", "--run", str(run.folder)]).stdout
    for sentence in (
        "u and a became one person:",
        "b joined u:",
        "v joined b:",
        "target before: v, nobody yet",
    ):
        assert sentence in page


def test_had_the_other_event_come_later(tmp_path: Path) -> None:
    """a1 is identified by line 1, so line 2 is refused; the other way round, it would have merged."""
    events: list[Event] = [
        {"event": "e", "distinct_id": "u2"},
        {"event": "$create_alias", "distinct_id": "a1", "properties": {"alias": "a0"}},
        {"event": "$identify", "distinct_id": "u2", "properties": {"$anon_distinct_id": "a1"}},
    ]
    found = why(run_of(tmp_path, events), "a1", "u2")
    later = [remedy for remedy in found.remedies if "come after" in remedy]
    assert len(later) == 1
    assert ":2 come after" in later[0]
    assert are_together(run_of(tmp_path / "b", [events[0], events[2], events[1]]), "a1", "u2")


def test_nothing_between(run: Run) -> None:
    (reason,) = why(run, "user_ana", "user_bea").reasons
    assert "no event in this log names both sides" in reason


def test_a_person_id_stands_for_the_id_it_was_made_with(run: Run) -> None:
    person = run.find_person("user_ivo").person_id
    assert why(run, person, "user_ivo").one == (1, "anon-f9027a")


@pytest.mark.parametrize("rules", ["guide", "2022-12", "2023-09", "current"])
@pytest.mark.parametrize("seed", first_quick(range(10), 2))
def test_separators_separate_and_none_of_their_events_can_be_spared(
    rules: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(f"{rules} {seed} why")
    if seed % 2:  # the way that large persons go
        monkeypatch.setattr(trials, "EVENTS_TRIED_ALONE", 0)
    events = nasty_log(random, 24)
    options: dict[str, Any] = {"rules": rules, "buffer": random.choice([None, 0]), "table_formats": ()}
    run = run_of(tmp_path / "whole", events, **options)
    by_person: dict[tuple[int, str], list[str]] = {}
    for one, team, _, person in run.members():
        by_person.setdefault((team, person), []).append(one)
    pairs = [(team, *pair) for (team, _), ids in by_person.items() for pair in combinations(ids, 2)]
    for team, one, two in random.sample(pairs, min(2, len(pairs))):
        found = why(run, one, two, team)
        assert found.are_one
        ends = [{step.link.source_distinct_id, step.link.target_distinct_id} for step in found.path]
        assert one in ends[0]
        assert two in ends[-1]
        assert found.separators
        for number, places in enumerate(found.separators[:2]):
            gone = {place.seq for place in places}
            for spared in (None, *gone):
                left_out = gone - {spared}
                changed = [neutral(e) if seq in left_out else e for seq, e in enumerate(events, 1)]
                name = f"{team} {pairs.index((team, one, two))} {number} {spared}"
                other = run_of(tmp_path / name, changed, **options)
                assert are_together(other, one, two, team) == (spared is not None)


RECORDED = sorted((Path(__file__).parent / "logs").glob("*.ndjson"))


@pytest.mark.parametrize("log", RECORDED, ids=lambda log: str(log.stem))
def test_separators_of_recorded_logs_separate(log: Path, tmp_path: Path) -> None:
    run = replay(log, tmp_path / "run")
    lines_of_log = log.read_text().splitlines()
    by_person: dict[str, list[str]] = {}
    for one, _, _, person in run.members():
        by_person.setdefault(person, []).append(one)
    for number, pair in enumerate(pair for ids in by_person.values() for pair in combinations(ids, 2)):
        found = why(run, *pair)
        assert found.separators
        for places in found.separators:
            gone = {place.seq for place in places}
            changed = [
                json.dumps({**neutral(json.loads(line)), "_received_at": json.loads(line)["_received_at"]})
                if seq in gone
                else line
                for seq, line in enumerate(lines_of_log, 1)
            ]
            (tmp_path / "changed.ndjson").write_text("\n".join(changed) + "\n")
            other = replay(tmp_path / "changed.ndjson", tmp_path / f"{number} {sorted(gone)}")
            assert not are_together(other, *pair)


@pytest.mark.parametrize("gone", [True, False])
def test_without_the_log_the_journal_still_answers(gone: bool, tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(SAMPLE.read_bytes())
    run = replay(log, tmp_path / "run")
    if gone:
        log.unlink()
    else:
        log.write_bytes(SAMPLE.read_bytes().replace(b"user_ana", b"user_anb"))
    one, two = why(run, "user_petra", "user_nils"), why(run, "user_gesa", "user_fynn")
    assert [step.origin.line for step in one.path] == [297, 296]
    assert one.together_since is not None
    assert not one.separators
    assert ":177" in two.reasons[0]
    assert not two.remedies
    for found in (one, two):
        assert found.without_log is not None
    shown = CliRunner().invoke(idcli, ["why", "--run", str(run.folder), "user_petra", "user_nils"])
    assert (shown.exit_code, "From the journal alone" in shown.stdout) == (0, True)


def test_a_long_chain_of_merges_is_explained_at_its_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[Event] = [{"event": "e", "distinct_id": "p0"}]
    for number in range(1, 600):
        events.append({"event": "e", "distinct_id": f"p{number}"})
        alias = {"alias": f"p{number - 1}"}
        events.append({"event": "$merge_dangerously", "distinct_id": f"p{number}", "properties": alias})
    found = why(run_of(tmp_path, events, buffer=0), "p0", "p599")
    assert len(found.path) == 599
    assert [step.source is None for step in found.path].count(False) == 2 * reports_why.STATES_TOLD
    assert not found.exact
    assert all(len(places) == 1 for places in found.separators)
    show(Page(), found)
    page = capsys.readouterr().out
    assert "… 589 links more; --format json has them all" in page
    assert "Apart without  others may do as well" in page
    found.separators = [found.separators[0] + found.separators[1]]
    show(Page(), found)
    assert "Apart without  no one event would do; other sets may" in capsys.readouterr().out
    found.smallest = False
    show(Page(), found)
    assert "Apart without  a bound: smaller sets may exist" in capsys.readouterr().out


def link(user: str, anonymous: str, **more: Any) -> Event:
    return {
        "event": "$identify",
        "distinct_id": user,
        "properties": {"$anon_distinct_id": anonymous},
        **more,
    }


@pytest.mark.parametrize(("dedupe", "buffer"), [(True, 0), (True, None), (False, 0)])
def test_no_fewer_than_both_copies_of_a_link_would_do(
    tmp_path: Path, dedupe: bool, buffer: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where copies are skipped not all pairs of events are tried, but every single one is."""
    run = run_of(tmp_path, [link("u", "a", uuid="1"), link("u", "a", uuid="1")], dedupe=dedupe, buffer=buffer)
    found = why(run, "u", "a")
    assert (lines(found), found.exact, found.smallest) == ([[1, 2]], not dedupe, True)
    show(Page(), found)
    told = "Apart without  no one event would do; other sets may"
    assert (told in capsys.readouterr().out) == dedupe


def test_a_skipped_copy_may_do_by_the_time_that_it_tells(tmp_path: Path) -> None:
    """Left out, unlike skipped, it ends the wait of an event of b: b is somebody by then, and refused."""

    def at(time: str) -> dict[str, str]:
        return {"now": f"2026-05-04T09:{time}Z"}

    events = [
        link("a", "x", uuid="1", **at("00:00")),
        {"event": "e", "distinct_id": "b", "uuid": "2", **at("00:05")},
        {"event": "e", "distinct_id": "x", "uuid": "3", **at("00:10")},
        {"event": "e", "distinct_id": "x", "uuid": "3", **at("05:00")},
        link("b", "a", uuid="4", **at("00:20")),
        link("b", "a", uuid="5", **at("00:30")),
    ]
    run = run_of(tmp_path, events, dedupe=True)
    assert lines(why(run, "a", "b")) == [[3], [4]], "without the first, the copy counts, at its time"
    gone = tmp_path / "without"
    left_out = (f"{tmp_path / 'log.ndjson'}:4",)
    assert not are_together(replay(tmp_path / "log.ndjson", gone, dedupe=True, left_out=left_out), "a", "b")


def test_the_link_that_completed_the_way_is_told_by_its_uuid(tmp_path: Path) -> None:
    run = run_of(tmp_path, [link("u", "a", uuid="1"), link("u", "b", uuid="2")], buffer=0)
    told = CliRunner().invoke(idcli, ["why", "a", "b", "--run", str(run.folder), "--format", "json"])
    since = json.loads(told.stdout)["together_since"]
    assert (since["line"], since["uuid"]) == (2, "2")


def test_what_would_join_them_now_does(tmp_path: Path) -> None:
    events: list[Event] = [
        {"event": "$identify", "distinct_id": "u1", "properties": {"$anon_distinct_id": "a1"}},
        {"event": "e", "distinct_id": "a2"},
    ]
    (remedy,) = why(run_of(tmp_path, events, buffer=0), "u1", "a2").remedies
    assert remedy == "a $identify of 'u1' with $anon_distinct_id 'a2' would join them now"
    told = {"event": "$identify", "distinct_id": "u1", "properties": {"$anon_distinct_id": "a2"}}
    assert are_together(run_of(tmp_path / "b", [*events, told], buffer=0), "u1", "a2")


def test_the_command(run: Run) -> None:
    asked = ["why", "--run", str(run.folder), "user_petra", "user_nils"]
    shown = CliRunner().invoke(idcli, asked)
    assert shown.exit_code == 0
    assert "are one person" in shown.stdout
    told = json.loads(CliRunner().invoke(idcli, [*asked, "--format", "json"]).stdout)
    assert [step["line"] for step in told["path"]] == [297, 296]
    assert CliRunner().invoke(idcli, ["why", "--run", str(run.folder), "user_petra", "nobody"]).exit_code == 2
