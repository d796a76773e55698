"""Culprits and repairs: what is blamed is what a replay shows, and a plan does what it promises."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from test_whatif import neutral, run_of

from identity_cli import Run, culprits, diff, repair, replay
from identity_cli.cli import idcli
from identity_cli.counterfactual.culprit_search import MEASURED, Culprit
from identity_cli.counterfactual.plan import read_plan
from identity_cli.counterfactual.repair_plan import read_ids
from identity_cli.errors import BadPlan
from identity_cli.replaying.again.shortened_log import ShortenedLog

SAMPLE = Path(__file__).parent.parent / "sample_data" / "events.ndjson"

Event = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run")


def lines(one: Culprit) -> list[int]:
    return [place.origin.line for place in one.places]


def link(name: str, own: str, other: str) -> Event:
    key = "$anon_distinct_id" if name == "$identify" else "alias"
    return {"uuid": f"{own} {other}", "event": name, "distinct_id": own, "properties": {key: other}}


def test_the_event_that_nothing_warned_of_is_blamed_first(run: Run) -> None:
    found = culprits(run, "user_ivo")
    assert found.login_ids == ["user_hanna", "user_ivo"]
    assert [lines(one) for one in found.found] == [[245], [185]]
    assert (found.found[0].login_ids, found.found[0].ids) == (1, ("user_ivo",))


def test_events_that_take_each_others_place_are_blamed_together(run: Run) -> None:
    """Three merges in a ring: any one of them can be left out, any two part somebody."""
    found = culprits(run, "user_nils").found
    assert [lines(one) for one in found[:3]] == [[296, 297], [296, 298], [297, 298]]


def test_the_worst_of_a_person_of_a_thousand_ids(tmp_path: Path) -> None:
    """Two crowds of devices, each with its users, joined by one dangerous merge."""
    events = [
        link("$identify", f"user-{crowd}-{number % 10}", f"device-{crowd}-{number}")
        for number in range(500)
        for crowd in "ab"
    ]
    for crowd in "ab":
        events += [
            link("$merge_dangerously", f"user-{crowd}-0", f"user-{crowd}-{other}") for other in range(1, 10)
        ]
    bridge = len(events) + 1
    events.append(link("$merge_dangerously", "user-a-0", "user-b-0"))
    big = run_of(tmp_path, events)
    found = culprits(big, "user-a-0")
    assert (found.ids, len(found.login_ids)) == (1_020, 20)
    assert found.measured == MEASURED < found.links
    assert lines(found.found[0]) == [bridge]
    assert (found.found[0].login_ids, len(found.found[0].ids)) == (10, 510)


def test_what_a_culprit_undoes_is_what_a_replay_without_it_shows(run: Run, tmp_path: Path) -> None:
    events = SAMPLE.read_text().splitlines()
    for number, one in enumerate(culprits(run, "user_kaspar").found):
        gone = set(lines(one))
        changed = [
            json.dumps(neutral(json.loads(line))) if place in gone else line
            for place, line in enumerate(events, 1)
        ]
        log = tmp_path / f"{number}.ndjson"
        log.write_text("\n".join(changed) + "\n")
        other = replay(log, tmp_path / f"run {number}")
        persons = {person for distinct_id, _, _, person in other.members() if distinct_id in one.ids}
        left = {
            person
            for distinct_id, _, _, person in other.members()
            if distinct_id in {"user_kaspar", "user_kaspar_k", "anon-c318e5", "anon-07d2ba"} - set(one.ids)
        }
        assert not persons & left


def test_a_plan_parts_all_login_ids_and_does_what_it_says(run: Run, tmp_path: Path) -> None:
    plan = repair(run, "user_nils")
    assert [one.kind for one in plan.actions] == ["leave_out", "leave_out", "split", "split", "fix_code"]
    assert plan.persons == (49, 51)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan.document))
    events = read_plan(str(file)).located([str(SAMPLE)])
    assert [event.line for event in events] == [296, 297, 298]
    fixed = replay(SAMPLE, tmp_path / "fixed", left_out=events)
    assert fixed.count("persons") == 51
    assert all(total == sum(parts.values()) for _, total, parts in fixed.books())
    log = tmp_path / "fixed.ndjson"
    log.write_bytes(b"".join(ShortenedLog(run, events).lines()))
    assert not diff(fixed, replay(log, tmp_path / "again")).differs


def test_what_is_split_off_never_has_the_id_that_made_the_person(run: Run) -> None:
    """That would report success and do nothing."""
    for wanted in ("user_nils", "user_ivo", "user_kaspar"):
        creator = run.find_person(wanted).creator_distinct_id
        for one in repair(run, wanted).actions:
            if one.kind == "split":
                assert creator not in one.details["request"]["body"]["distinct_ids_to_split"]


def test_several_persons_in_one_plan(run: Run, tmp_path: Path) -> None:
    findings = tmp_path / "findings"
    findings.write_text('{"distinct_id": "user_ivo"}\nuser_nils\n\nuser_hanna\n')
    asked = ["repair", "--from", str(findings), "--run", str(run.folder), "--format", "json"]
    plan = json.loads(CliRunner().invoke(idcli, asked).stdout)
    assert len(plan["person_ids"]) == 2
    assert plan["unique_users"] == {"before": 49, "after": 52}


def test_a_login_id_that_only_its_culprit_names(tmp_path: Path) -> None:
    events = [link("$identify", "u", "a"), link("$identify", "v", "a"), link("$identify", "w", "a")]
    plan = repair(run_of(tmp_path, events), "u")
    assert [one.kind for one in plan.actions].count("leave_out") == 2


def test_a_file_of_ids_that_is_not_there(run: Run) -> None:
    result = CliRunner().invoke(idcli, ["repair", "--from", "nowhere", "--run", str(run.folder)])
    assert (result.exit_code, "cannot read ids from nowhere" in result.stderr) == (2, True)


def test_ids_of_a_file_are_lines_whatever_they_hold(tmp_path: Path) -> None:
    deep = '{"a":' * 100_000
    (tmp_path / "ids").write_text(f'\ufeffu\u2028v\n\n{{"distinct_id": "w"}}\r\n{deep}\n', encoding="utf-8")
    assert read_ids(str(tmp_path / "ids")) == ["u\u2028v", "w", deep]


def test_nothing_to_repair(run: Run) -> None:
    plan = repair(run, "user_ana")
    assert (plan.actions, plan.persons) == ([], (49, 49))


def test_a_plan_is_read_with_suspicion(tmp_path: Path) -> None:
    endless = '{"actions": [{"action": "leave_out", "events": [{"file": "a", "line": Infinity}]}]}'
    for text in ("", "[]", "7", '{"actions": [{"action": "leave_out"}]}', endless, "[" * 100_000):
        (tmp_path / "plan").write_text(text)
        with pytest.raises(BadPlan):
            read_plan(str(tmp_path / "plan"))
    with pytest.raises(BadPlan, match="No such file"):
        read_plan(str(tmp_path / "none"))


def test_the_commands(run: Run, tmp_path: Path) -> None:
    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(idcli, [*arguments, "--run", str(run.folder)])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert (
        json.loads(invoke("culprits", "user_ivo", "--format", "json"))["culprits"][0]["events"][0]["line"]
        == 245
    )
    assert "user_hanna, user_ivo" in invoke("culprits", "user_ivo")
    assert "49 → 51  (+2)" in invoke("repair", "user_nils")
    plan = tmp_path / "plan.json"
    plan.write_text(invoke("repair", "user_nils", "--format", "json"))
    assert "49 → 51  (+2)" in invoke("whatif", "--plan", str(plan))
    assert len(invoke("export", "log", "--plan", str(plan)).splitlines()) == 330
    asked = ["replay", str(SAMPLE), "--apply", str(plan), "--run", str(tmp_path / "fixed")]
    assert "3 events of the plan = 3 left out" in CliRunner().invoke(idcli, asked).stdout
