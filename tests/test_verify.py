"""A run against the platform's own answer: what was altered by hand is what is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.comparing.comparison import ChangeKind
from identity_cli.comparing.verification import answer_of, suggestions, verification, verify
from identity_cli.errors import LogChanged, NoAnswer
from identity_cli.rules import RULE_SETS

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"

Rows = list[dict[str, Any]]
Export = Callable[[Rows], str]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    def written(rows: Rows) -> str:
        path = tmp_path / "export.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return written


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return replay(SAMPLE, tmp_path / "run")


def answered(run: Run) -> Rows:
    """The run's own persons as the platform would export them."""
    return [
        {
            "team_id": team,
            "distinct_id": one,
            "person_id": person,
            "person_distinct_id_version": 0,
            "is_deleted": False,
        }
        for one, team, _, person in run.members()
    ]


def largest(run: Run) -> tuple[str, list[str]]:
    """A person that merges made: its person id and its distinct ids, the creator's first."""
    row = max(run.persons(), key=lambda row: (row.id_count, row.person_id))
    ids = [one.distinct_id for one in run.ids_of(row.person)]
    return row.person_id, [row.creator_distinct_id, *(one for one in ids if one != row.creator_distinct_id)]


@pytest.mark.parametrize("as_written", [int, str, float])
def test_the_highest_version_counts_however_it_is_written(
    as_written: Callable[[int], object], run: Run, export: Export
) -> None:
    rows = [{**row, "person_distinct_id_version": as_written(1)} for row in answered(run)]
    older = [{**row, "person_id": "other", "person_distinct_id_version": as_written(0)} for row in rows]
    assert verify(run, persons=[export([*rows, *older])]).agrees


def test_an_id_that_the_platform_took_from_a_person_is_a_difference(run: Run, export: Export) -> None:
    _, ids = largest(run)
    rows = [row for row in answered(run) if row["distinct_id"] != ids[1]]
    found = verify(run, persons=[export(rows)])
    assert [one for _, one in found.strays] == [ids[1]]
    assert not found.agrees


def test_a_person_without_a_profile_is_none(run: Run, export: Export) -> None:
    _, ids = largest(run)
    found = verify(run, persons=[export([row for row in answered(run) if row["distinct_id"] not in ids])])
    assert not found.strays


def test_the_same_answer_agrees(run: Run, export: Export) -> None:
    found = verify(run, persons=[export(answered(run))])
    assert found.agrees
    assert not found.partings
    assert found.comparison.pairs.precision == found.comparison.pairs.recall == 1.0


def test_of_an_ids_rows_the_highest_version_counts_wherever_it_stands(run: Run, export: Export) -> None:
    rows = answered(run)
    newer = [{**row, "person_distinct_id_version": 3} for row in rows]
    older = [
        {**row, "person_id": f"0000{number:04}-0000-0000-0000-000000000000"}
        for number, row in enumerate(rows)
    ]
    assert verify(run, persons=[export([*newer, *older])]).agrees


def test_a_person_split_by_hand(run: Run, export: Export) -> None:
    person, ids = largest(run)
    alone = ids[-1]
    rows = [
        {**row, "person_id": "11111111-1111-1111-1111-111111111111"} if row["distinct_id"] == alone else row
        for row in answered(run)
    ]
    found = verify(run, persons=[export(rows)])
    (change,) = found.comparison.changes
    assert (change.kind, change.new) == (ChangeKind.MERGED, [person])
    (parting,) = found.partings
    assert parting.ids == (alone,)
    named = [
        row
        for row in run.records("links")
        if alone in row[6:8] and row[8] in ("created", "attached", "merged")
    ]
    assert parting.origin is not None
    assert parting.origin[:2] == named[0][:2]
    assert "split by hand" in parting.reason


def test_two_persons_merged_over_there(run: Run, export: Export) -> None:
    one, two = [row.person_id for row in run.persons("ids", limit=2)]
    rows = [{**row, "person_id": one} if row["person_id"] == two else row for row in answered(run)]
    found = verify(run, persons=[export(rows)])
    (change,) = found.comparison.changes
    assert (change.kind, change.old, change.new) == (ChangeKind.SPLIT, [one], sorted([one, two]))
    assert found.comparison.pairs.recall < 1 == found.comparison.pairs.precision
    (parting,) = found.partings
    assert parting.reason == "no event in this log joins them: events are missing from it"


def test_events_removed_from_the_log(run: Run, export: Export, tmp_path: Path) -> None:
    """Without the events of one id, that id is missing and, where they were its link, its persons part."""
    _, ids = largest(run)
    gone = ids[-1]
    kept = [line for line in SAMPLE.read_text().splitlines() if gone not in line]
    log = tmp_path / "less.ndjson"
    log.write_text("\n".join(kept) + "\n")
    found = verify(replay(log, tmp_path / "less"), persons=[export(answered(run))])
    assert (1, gone) in found.missing
    assert not found.agrees


def test_a_link_that_the_rules_refuse_and_the_platform_took(tmp_path: Path, export: Export) -> None:
    lines = [link("$identify", "u1", "a1"), link("$identify", "u2", "a2"), link("$create_alias", "u1", "u2")]
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = replay(log, tmp_path / "run")
    rows: Rows = [{"distinct_id": one, "person_id": "p"} for one in ("u1", "a1", "u2", "a2")]
    (parting,) = verify(run, persons=[export(rows)]).partings
    assert parting.origin is not None
    assert parting.origin.line == 3
    assert parting.reason == "refused_identified here, joined there: another rule set"


def link(name: str, own: str, other: str) -> dict[str, Any]:
    key = "$anon_distinct_id" if name == "$identify" else "alias"
    return {"event": name, "distinct_id": own, "properties": {key: other}}


def partings_of(
    folder: Path, export: Export, lines: list[dict[str, Any]], there: dict[str, str]
) -> list[tuple[str, int | None, str]]:
    """Of a log against the platform's persons of ids: what kind, the first line, and why."""
    run = replay(lines, folder / "run", buffer=0)
    rows: Rows = [{"distinct_id": one, "person_id": person} for one, person in there.items()]
    found = verify(run, persons=[export(rows)]).partings
    return [(str(one.change.kind), one.origin and one.origin.line, one.reason) for one in found]


def test_a_parting_through_several_links_is_where_they_meet(tmp_path: Path, export: Export) -> None:
    """The export knows neither c nor d, by way of which a and e are one here since line 3."""
    lines = [link("$identify", "c", "d"), link("$identify", "c", "a"), link("$identify", "e", "d")]
    ((kind, line, reason),) = partings_of(tmp_path, export, lines, {"a": "p1", "e": "p2"})
    assert (kind, line) == ("merged", 3)
    assert "missing" not in reason


def test_the_first_person_of_a_log_is_not_nobody(tmp_path: Path, export: Export) -> None:
    """Line 3 names an id that no person has; it says nothing of the two that are one there."""
    nobody = {"event": "$identify", "distinct_id": "b", "properties": {"$anon_distinct_id": "null"}}
    lines = [link("$identify", "a", "x"), {"event": "e", "distinct_id": "b", "properties": {}}, nobody]
    (parting,) = partings_of(tmp_path, export, lines, {"a": "p", "x": "p", "b": "p"})
    assert parting == ("split", 2, "no event in this log joins them: events are missing from it")


def test_a_refusal_on_the_way_over_a_third_person_explains_it(tmp_path: Path, export: Export) -> None:
    """The platform has u1 and u2 as one, and of u3 nothing is known: the log refused both links to it."""
    lines = [link("$identify", f"u{number}", f"a{number}") for number in (1, 2, 3)]
    lines += [link("$create_alias", "u3", "u1"), link("$create_alias", "u3", "u2")]
    ((kind, line, reason),) = partings_of(tmp_path, export, lines, {"u1": "p", "u2": "p"})
    assert (kind, line, reason) == ("split", 4, "refused_identified here, joined there: another rule set")


def test_a_refusal_between_persons_that_are_apart_there_too_explains_nothing(
    tmp_path: Path, export: Export
) -> None:
    lines = [link("$identify", f"u{number}", f"a{number}") for number in (1, 2, 3)]
    lines += [link("$create_alias", "u3", "u1")]
    (parting,) = partings_of(tmp_path, export, lines, {"u1": "p", "u2": "p", "u3": "q"})
    assert parting[2] == "no event in this log joins them: events are missing from it"


def test_events_that_carry_their_person(run: Run, export: Export) -> None:
    rows = [{**row, "event": "e", "timestamp": "2026-05-04T10:00:00Z"} for row in answered(run)]
    earlier = [
        {**row, "person_id": "22222222-2222-2222-2222-222222222222", "timestamp": "2026-05-04"}
        for row in rows
    ]
    personless = [{"event": "e", "distinct_id": "x", "person_id": "y", "person_mode": "propertyless"}]
    found = verify(run, events=[export([*rows, *earlier, *personless])])
    assert found.agrees
    assert any("squashed" in remark for remark in found.remarks)


def test_another_team_is_told(run: Run, export: Export) -> None:
    found = verify(run, persons=[export([{**row, "team_id": 7} for row in answered(run)])])
    assert any("team 7" in remark for remark in found.remarks)
    assert len(found.missing) == len(found.extra) == run.count("distinct_ids")


def test_settings_are_ranked_by_agreement(tmp_path: Path, export: Export) -> None:
    theirs = replay(SAMPLE, tmp_path / "theirs", rules="2023-09", buffer=0)
    answer = answer_of(theirs, persons=[export(answered(theirs))])
    trials = sorted(suggestions(replay(SAMPLE, tmp_path / "run"), answer), key=lambda one: -one.agreement)
    assert trials[0].agreement == 1.0
    exact = {(one.rules, one.buffer_seconds) for one in trials if not one.differing and one.agreement == 1.0}
    assert ("2023-09", 0.0) in exact
    assert {one.rules for one in trials} == set(RULE_SETS)
    assert len(trials) == 2 * len(RULE_SETS), "each with a buffer and without"
    assert len(exact) < len(trials)


def test_a_log_that_changed_is_not_tried(tmp_path: Path, export: Export) -> None:
    log = tmp_path / "log.ndjson"
    log.write_bytes(SAMPLE.read_bytes())
    run = replay(log, tmp_path / "run")
    answer = answer_of(run, persons=[export(answered(run))])
    log.write_bytes(SAMPLE.read_bytes() + SAMPLE.read_bytes()[:500].split(b"\n")[0] + b"\n")
    with pytest.raises(LogChanged, match="is not the log that was replayed"):
        list(suggestions(run, answer))


def test_a_file_that_is_no_export(run: Run, export: Export) -> None:
    with pytest.raises(NoAnswer):
        verify(run, persons=[export([{"a": 1}])])


def test_the_command(run: Run, export: Export, terminal: Callable[[int], None]) -> None:
    terminal(80)
    person, ids = largest(run)
    rows = [
        {**row, "person_id": "11111111-1111-1111-1111-111111111111"} if row["distinct_id"] == ids[-1] else row
        for row in answered(run)
    ]
    asked = ["verify", "--run", str(run.folder), "--persons", export(rows)]
    shown = CliRunner().invoke(idcli, asked)
    assert shown.exit_code == 1
    assert f"1 id at fault: {ids[-1]}" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    told = json.loads(CliRunner().invoke(idcli, [*asked, "--format", "json"]).stdout)
    assert told["partings"][0]["replay"] == [person]
    assert CliRunner().invoke(idcli, ["verify", "--run", str(run.folder)]).exit_code == 2
    assert verification(run, answer_of(run, persons=[export(answered(run))])).agrees
