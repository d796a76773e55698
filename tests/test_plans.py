"""A plan names events by their addresses; whoever applies it meets every one of them, or says why not."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from identity_cli import Run, replay
from identity_cli.cli import idcli

Event = dict[str, Any]


def identify(user: str, anonymous: str, **more: Any) -> Event:
    properties = {"$anon_distinct_id": anonymous}
    return {"event": "$identify", "distinct_id": user, "properties": properties, **more}


def event(distinct_id: str, **more: Any) -> Event:
    return {"event": "e", "distinct_id": distinct_id, "properties": {}, **more}


def lines_of(*events: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in events)


SHARED_DEVICE = [
    event("ann", uuid="1"),
    identify("ann", "dev", uuid="2"),
    identify("ben", "dev", uuid="3"),
    event("ben", uuid="4"),
]
BATCH = {"batch": [identify("u", "a"), identify("v", "a"), event("v"), identify("w", "c")]}


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(idcli, list(map(str, arguments)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(log: str | Path, *events: Any, run: str = "run") -> Path:
    """Write a log, replay it, plan how to part ben's person; the plan's file."""
    Path(log).parent.mkdir(exist_ok=True)
    Path(log).write_text(lines_of(*(events or SHARED_DEVICE)))
    replay(log, run, table_formats=(), buffer=0)
    done = invoke("repair", "v" if events else "ben", "--run", run, "--format", "json")
    Path("plan.json").write_text(done.stdout)
    return Path("plan.json").resolve()


def by_hand(*places: Any) -> Path:
    """A plan that somebody wrote by hand."""
    Path("hand.json").write_text(json.dumps({"actions": [{"action": "leave_out", "events": places}]}))
    return Path("hand.json")


def persons_after(log: str | Path, plan: Path) -> int:
    done = invoke("replay", log, "--buffer", 0, "--apply", plan, "--run", "applied", "--tables", "none")
    assert done.exit_code == 0, done.output
    assert "1 event of the plan = 1 left out" in done.stdout
    return Run("applied").count("persons")


def test_a_plan_names_its_log_and_each_event(here: Path) -> None:
    plan = json.loads(planned("log.ndjson").read_text())
    (source,) = plan["sources"]
    assert source == {"file": "log.ndjson", "size": Path("log.ndjson").stat().st_size, "hash": source["hash"]}
    assert plan["actions"][0]["events"] == [{"file": "log.ndjson", "line": 3, "nth": None, "uuid": "3"}]


@pytest.mark.parametrize("spelled", ["log.ndjson", "./log.ndjson", "../here/log.ndjson", "copy/other name"])
def test_the_log_is_met_whatever_its_path(here: Path, spelled: str) -> None:
    plan = planned("log.ndjson")
    Path("copy").mkdir()
    shutil.copy("log.ndjson", "copy/other name")
    log = Path(spelled.replace("here", here.name))
    assert persons_after(log, plan) == 2
    assert persons_after(log.resolve(), plan) == 2


@pytest.mark.parametrize("grown", [True, False])
def test_a_log_that_has_only_grown_is_fine_and_any_other_is_refused(here: Path, grown: bool) -> None:
    plan, log = planned("log.ndjson"), Path("log.ndjson")
    more = lines_of(event("new"))
    log.write_text(log.read_text() + more if grown else more + log.read_text())
    if grown:
        assert persons_after(log, plan) == 3
        return
    done = invoke("replay", log, "--apply", plan, "--run", "applied")
    assert (done.exit_code, "the plan was made of another log" in done.stderr) == (2, True)
    assert not Path("applied").exists()
    replay(log, "run", table_formats=(), buffer=0)
    for asked in (["export", "log"], ["whatif"]):
        done = invoke(*asked, "--plan", plan, "--run", "run")
        assert (done.exit_code, done.stdout) == (2, "")


def test_one_event_of_a_line_is_left_out_the_same_everywhere(here: Path) -> None:
    plan = planned("log.ndjson", BATCH)
    (event_,) = json.loads(plan.read_text())["actions"][0]["events"]
    assert (event_["line"], event_["nth"]) == (1, 2)
    assert persons_after("log.ndjson", plan) == 3
    what_if = invoke("whatif", "--plan", plan, "--run", "run", "--format", "json")
    assert json.loads(what_if.stdout)["unique_users"] == {"before": 2, "after": 3}
    exported = invoke("export", "log", "--plan", plan, "--run", "run").stdout
    assert json.loads(exported)["batch"] == [one for place, one in enumerate(BATCH["batch"]) if place != 1]
    assert "log.ndjson:1#2" in invoke("why", "u", "v", "--run", "run").stdout


def test_a_line_of_which_nothing_stays_goes_whole(here: Path) -> None:
    planned("log.ndjson", {"batch": [identify("u", "a"), identify("v", "a")]}, event("v"))
    plan = by_hand(*({"file": "log.ndjson", "line": 1, "nth": nth} for nth in (1, 2)))
    assert invoke("export", "log", "--plan", plan, "--run", "run").stdout == lines_of(event("v"))


def test_an_event_that_is_not_met_or_not_the_one_ends_all(here: Path) -> None:
    planned("log.ndjson", BATCH, event("x", uuid="5"), "no event")
    for place, reason in (
        ({"file": "log.ndjson", "line": 9}, "the log"),
        ({"file": "log.ndjson", "line": 3}, "the log has no event"),
        ({"file": "log.ndjson", "line": 2, "uuid": "6"}, "6"),
        ({"file": "log.ndjson", "line": 1, "nth": 5}, "the log"),
        ({"file": "log.ndjson", "line": 1}, "may be log.ndjson:1#1"),
        ({"file": "other.ndjson", "line": 1}, "no file of the log has that name"),
    ):
        plan = by_hand(place)
        for asked in (
            ["replay", "log.ndjson", "--apply", plan, "--run", "applied"],
            ["export", "log", "--plan", plan, "--run", "run"],
            ["whatif", "--plan", plan, "--run", "run"],
        ):
            done = invoke(*asked)
            assert (done.exit_code, done.stdout, reason in done.stderr) == (2, "", True), (asked, done.output)
    assert not Path("applied").exists()


def test_two_files_of_one_name(here: Path) -> None:
    planned("p/log.ndjson")
    planned("q/log.ndjson", identify("u", "a"), identify("v", "a"))
    replay(["p/log.ndjson", "q/log.ndjson"], "run", table_formats=(), buffer=0)
    (Path("plan.json")).write_text(invoke("repair", "v", "--run", "run", "--format", "json").stdout)
    done = invoke("replay", "q/log.ndjson", "p/log.ndjson", "--apply", "plan.json", "--run", "applied")
    assert (done.exit_code, Run("applied").count("persons")) == (0, 2)
    assert "v" not in {row[0] for row in Run("applied").members()}
    hand = by_hand({"file": "log.ndjson", "line": 2})
    for asked in (
        ["replay", "p/log.ndjson", "q/log.ndjson", "--apply", hand, "--run", "applied"],
        ["export", "log", "--plan", hand, "--run", "run"],
        ["whatif", "--plan", hand, "--run", "run"],
        ["whatif", "--without", "log.ndjson:2", "--run", "run"],
        ["whatif", "--without", "2", "--run", "run"],
        ["person", "v", "--as-of", "log.ndjson:2", "--run", "run"],
    ):
        done = invoke(*asked)
        assert "may be p/log.ndjson:2 or q/log.ndjson:2: say which" in done.stderr, asked
        assert (done.exit_code, done.stdout) == (2, "")


def test_a_plan_of_an_archive_is_met_by_its_members(here: Path) -> None:
    with zipfile.ZipFile("log.zip", "w") as archive:
        archive.writestr("b/other.ndjson", lines_of(event("cat")))
        archive.writestr("a/log.ndjson", lines_of(*SHARED_DEVICE))
    replay("log.zip", "run", table_formats=(), buffer=0)
    Path("plan.json").write_text(invoke("repair", "ben", "--run", "run", "--format", "json").stdout)
    assert persons_after("./log.zip", Path("plan.json")) == 3
    exported = invoke("export", "log", "--plan", "plan.json", "--run", "run")
    assert (exported.exit_code, len(exported.stdout.splitlines())) == (0, 4)


def test_a_pipe_cannot_be_compared_first(here: Path) -> None:
    done = CliRunner().invoke(idcli, ["replay", "-", "--apply", str(planned("log.ndjson"))], input="")
    assert (done.exit_code, "needs the log as a file" in done.stderr) == (2, True)


def test_a_plan_may_block_an_id(here: Path) -> None:
    planned("log.ndjson")
    Path("block.json").write_text('{"actions": [{"action": "block_id", "distinct_id": "dev"}]}')
    done = invoke("replay", "log.ndjson", "--apply", "block.json", "--run", "applied", "--buffer", 0)
    assert (done.exit_code, Run("applied").count("persons")) == (0, 2)
    what_if = invoke("whatif", "--plan", "block.json", "--run", "run", "--format", "json")
    assert json.loads(what_if.stdout)["unique_users"] == {"before": 1, "after": 2}


def test_an_id_to_be_blocked_that_the_log_lacks_ends_all(here: Path) -> None:
    planned("log.ndjson", *SHARED_DEVICE, identify("null", "only here"), event("no link"))
    asked = ["replay", "log.ndjson", "--buffer", 0, "--run", "applied"]
    place = {"file": "log.ndjson", "line": 2}
    for there in ("dev", "only here", "null", "no link", "nowhere"):
        actions = [{"action": "leave_out", "events": [place]}, {"action": "block_id", "distinct_id": there}]
        Path("block.json").write_text(json.dumps({"actions": actions}))
        done = invoke(*asked, "--apply", "block.json")
        assert done.exit_code == (2 if there == "nowhere" else 0), done.output
        what_if = invoke("whatif", "--plan", "block.json", "--run", "run")
        assert what_if.exit_code == done.exit_code, what_if.output
    assert "'nowhere' cannot be blocked: no event of the log has that id" in done.stderr
    assert Run("applied").metadata["options"]["blocked_ids"] == ["no link"], "the run before stays"
    Path("block.json").write_text('{"actions": [{"action": "block_id", "distinct_id": "ann"}]}')
    Path("log.ndjson").write_text(lines_of(identify("ann", "dev"), event("b")))
    out = {"action": "leave_out", "events": [{"file": "log.ndjson", "line": 1}]}
    actions = [out, {"action": "block_id", "distinct_id": "dev"}]
    Path("block.json").write_text(json.dumps({"actions": actions}))
    assert invoke(*asked, "--apply", "block.json").exit_code == 0, "an event that is left out has it"


def test_a_repaired_run_does_not_take_the_place_of_the_run_it_was_planned_of(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned("log.ndjson", run="idcli-run")
    done = invoke("replay", "log.ndjson", "--apply", plan, "--buffer", 0)
    assert (done.exit_code, "Written to idcli-run-repaired" in done.stdout) == (0, True)
    assert [Run(name).count("persons") for name in ("idcli-run", "idcli-run-repaired")] == [1, 2]
    monkeypatch.setenv("IDCLI_RUN", "mine")
    assert "Written to mine-repaired" in invoke("replay", "log.ndjson", "--apply", plan, "--buffer", 0).stdout
    invoke("replay", "log.ndjson", "--apply", plan, "--buffer", 0, "--run", "idcli-run")
    assert Run("idcli-run").count("persons") == 2, "as it was asked for"


def test_a_plan_made_of_a_repaired_run_contains_the_first(here: Path) -> None:
    more = [identify("cat", "pad", uuid="5"), identify("dan", "pad", uuid="6"), event("dan", uuid="7")]
    planned("log.ndjson", *SHARED_DEVICE, *more, identify("v", "x"), identify("w", "x"))
    Path("block.json").write_text(
        json.dumps(
            {
                "actions": [
                    {"action": "leave_out", "events": [{"file": "log.ndjson", "line": 3, "uuid": "3"}]},
                    {"action": "block_id", "distinct_id": "x"},
                ]
            }
        )
    )
    asked = ["replay", "log.ndjson", "--buffer", 0, "--tables", "none"]
    assert invoke(*asked, "--apply", "block.json", "--run", "once").exit_code == 0
    Path("second.json").write_text(invoke("repair", "dan", "--run", "once", "--format", "json").stdout)
    earlier, blocked, *_ = json.loads(Path("second.json").read_text())["actions"]
    assert earlier["events"] == [{"file": "log.ndjson", "line": 3, "nth": None, "uuid": "3"}]
    assert (blocked["action"], blocked["distinct_id"]) == ("block_id", "x")
    assert invoke(*asked, "--apply", "second.json", "--run", "twice").exit_code == 0
    persons = {one: person for one, _, _, person in Run("twice").members()}
    assert len({persons[one] for one in ("ann", "ben", "cat", "dan", "v", "w")}) == 6
    assert invoke("whatif", "--plan", "second.json", "--run", "once").exit_code == 0


# The log without its events


def test_the_log_of_a_repaired_run_is_without_what_that_left_out(here: Path) -> None:
    """Only so does it come to the run again; what the run blocks no log can hold, which is said."""
    plan = planned("log.ndjson", *SHARED_DEVICE, identify("v", "a"), identify("w", "a"), event("w"))
    asked = ["replay", "log.ndjson", "--buffer", 0, "--run", "once", "--tables", "none"]
    assert invoke(*asked, "--apply", plan).exit_code == 0
    done = invoke("export", "log", "--run", "once")
    assert "without the 1 event that the plan of this run left out already" in done.stderr
    left = [line for line in Path("log.ndjson").read_text().splitlines() if line not in done.stdout]
    (out,) = json.loads(plan.read_text())["actions"][0]["events"]
    assert left == [Path("log.ndjson").read_text().splitlines()[out["line"] - 1]]
    Path("second.json").write_text(invoke("repair", "ben", "--run", "once", "--format", "json").stdout)
    both = invoke("export", "log", "--run", "once", "--plan", "second.json")
    assert len(both.stdout.splitlines()) == 5
    Path("block.json").write_text('{"actions": [{"action": "block_id", "distinct_id": "dev"}]}')
    assert invoke(*asked, "--apply", "block.json").exit_code == 0
    done = invoke("export", "log", "--run", "once")
    assert "the run also blocks dev, which no log can hold" in done.stderr
    assert done.stdout == Path("log.ndjson").read_text()


def at(minute: int, second: int = 0) -> dict[str, str]:
    return {"now": f"2026-05-04T09:{minute:02}:{second:02}Z"}


def exported(run: str, *places: Any, name: str = "exported.ndjson") -> Result:
    done = invoke("export", "log", "--plan", by_hand(*places), "--run", run)
    assert done.exit_code == 0, done.output
    Path(name).write_text(done.stdout)
    return done


def test_the_time_of_an_event_left_out_still_lets_others_leave_the_buffer(here: Path) -> None:
    """Line 2 leaves the buffer by the time of line 4, before line 5, which tells none."""
    events = [
        identify("v", "b", **at(0)),
        event("u", **at(0, 1)),
        identify("v", "a", **at(0, 2)),
        identify("w", "v", **at(1, 40)),
        identify("u", "v"),
    ]
    Path("log.ndjson").write_text(lines_of(*events))
    replay("log.ndjson", "run", table_formats=())
    told = exported("run", {"file": "log.ndjson", "line": 4})
    assert '1 line named "left out"' in told.stderr
    applied = replay("log.ndjson", "applied", left_out=("log.ndjson:4",))
    assert [row[-1] for row in replay("exported.ndjson", "again").members()] == [
        row[-1] for row in applied.members()
    ]
    assert applied.count("persons") == 2


def test_a_time_that_the_next_line_shows_is_not_told_twice(here: Path) -> None:
    Path("log.ndjson").write_text(lines_of(event("u", **at(0)), event("v", **at(1)), event("w", **at(2))))
    replay("log.ndjson", "run", table_formats=())
    done = exported("run", {"file": "log.ndjson", "line": 2})
    assert (done.stderr, len(done.stdout.splitlines())) == ("", 2)


def test_a_time_that_no_line_can_tell_is_said(here: Path) -> None:
    batch = {"batch": [event("u", **at(5)), event("v", **at(0))]}
    Path("log.ndjson").write_text(lines_of(batch, event("w")))
    replay("log.ndjson", "run", table_formats=())
    done = exported("run", {"file": "log.ndjson", "line": 1, "nth": 1})
    assert "no line tells the time of events left out" in done.stderr
    assert "log.ndjson:1#1 the first" in done.stderr
