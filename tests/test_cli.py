"""The commands as a person or a script meets them: what they print, where, and how they end."""

import csv
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from lanes import first_quick

from identity_cli import Run, replay
from identity_cli.cli import COMMANDS, idcli
from identity_cli.cli.terminal.fitting import shortened, width_of
from identity_cli.cli.terminal.page import Column, Page, id_column, origin_column
from identity_cli.cli.terminal.render import ReplayProgress
from identity_cli.cli.terminal.text import number_text, read_back, value_text, visible, visible_json
from identity_cli.errors import ExitCode
from identity_cli.reports.person_report import person as person_report
from identity_cli.reports.property_history import properties_written
from identity_cli.reports.run_summary import Sum
from identity_cli.rules import RULE_SETS
from identity_cli.store.reading import run
from identity_cli.tables.run_tables import TABLES
from identity_cli.warning_types import WARNING_TYPES

TESTS = Path(__file__).parent
SAMPLE = TESTS.parent / "sample_data"
GOLDEN = TESTS / "golden" / "cli"
VARIABLES = ("COLUMNS", "IDCLI_RUN", "NO_COLOR", "FORCE_COLOR", "LINES")

ABOUT_ONE = ("person", "how", "blame", "culprits", "repair")

Invoke = Callable[..., Result]
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample data, as it stands in the repository, and its run."""
    place = tmp_path_factory.mktemp("shop")
    shutil.copytree(SAMPLE, place / "sample_data")
    with chdir(place):
        replay("sample_data/events.ndjson").close()
    return place


@pytest.fixture
def cli(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """cli("person", "user_ana"): runs idcli where the sample is; code: how it must end."""
    monkeypatch.chdir(shop)

    def invoke(*arguments: str, code: int = 0, **options: Any) -> Result:
        result = CliRunner().invoke(idcli, arguments, prog_name="idcli", **options)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke


def event(name: str, distinct_id: str, second: int, **properties: Any) -> Event:
    moment = f"2024-01-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000Z"
    return {
        "event": name,
        "uuid": f"uuid-{second}",
        "distinct_id": distinct_id,
        "timestamp": moment,
        "now": moment,
        "properties": {"$device_id": distinct_id, **properties},
    }


HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "[bold]markup[/bold]",
    "=1+1",
    "new\nline",
    "\u202eright to left",
    "zero\u200bwidth",
    "\x9b31m",
    "\x07bell\x7f",
    "日本語のとても長いユーザー名" * 4,
    "😀" * 60,
    "x" * 500,
    "-dash",
    " blank ",
)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run of a log full of what must never reach a terminal, and of long ids."""
    place = tmp_path_factory.mktemp("hostile")
    events = []
    for number, nasty in enumerate(HOSTILE):
        written = {f"key {nasty}": nasty, "list": [nasty], "same": number}
        events.append(event("$pageview", nasty, 3 * number, **{"$set": {"same": nasty}}))
        events.append(
            event(
                "$identify", f"user {nasty}", 3 * number + 1, **{"$anon_distinct_id": nasty, "$set": written}
            )
        )
        events.append(event("$create_alias", "undefined", 3 * number + 2, alias=nasty))
    events.append(event("$create_alias", f"user {HOSTILE[1]}", 90, alias=f"user {HOSTILE[0]}"))
    for number in range(2_998):
        device = f"device-{number:04}-{'z' * 30}"
        events.append(event("$identify", "hub", 100 + number, **{"$anon_distinct_id": device}))
    lines = [json.dumps(one) for one in events] + ['{"event": "\x1b[31m', '{"event":"\\u001b[2J"}', "[1]"]
    (place / "log\x1b[31m.ndjson").write_text("\n".join(lines), encoding="utf-8")
    with chdir(place):
        replay("log\x1b[31m.ndjson", with_events=True).close()
    return place


def in_terminal(command: list[str], place: Path, columns: Any = 80, **environment: str) -> str:
    """What a command writes when its output and errors go to a terminal."""
    leader, follower = pty.openpty()
    surroundings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "identity_cli", *command],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        cwd=place,
        env=surroundings,
    )
    os.close(follower)
    output = b""
    while process.poll() is None or select.select([leader], [], [], 0)[0]:
        try:
            output += os.read(leader, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
    process.wait()
    os.close(leader)
    return output.decode().replace("\r\n", "\n")


STYLING = re.compile(r"\x1b\[[0-9;]*m|\r\x1b\[2?K(?:[A-Z][a-z ]+, \d+ s)?")
"""Colours, and what is said of what takes a while and is taken away again."""


FOUND = {"verify": ExitCode.FINDINGS, "diff": ExitCode.FINDINGS}
"""Commands that find something in the sample."""

# What is printed


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("help.txt", "--help"),
        ("replay.txt", "replay sample_data/events.ndjson --run other-run"),
        ("replay-verbose.txt", "replay sample_data/events.ndjson --run other-run --verbose"),
        ("replay.json", "replay sample_data/events.ndjson --run other-run --format json"),
        ("replay-current.txt", "replay sample_data/events.ndjson --rules current --run other-run"),
        ("person-hanna.txt", "person user_hanna"),
        ("person-kaspar.txt", "person user_kaspar_k"),
        ("person-kaspar.json", "person user_kaspar_k --format json"),
        ("person-tilda.txt", "person user_tilda"),
        ("person-nils.txt", "person user_olga"),
        ("person-guest.txt", "person guest"),
        ("persons.txt", "persons"),
        ("find.txt", "find olga"),
        ("events.txt", "events user_ivo"),
        ("persons-where.csv", "persons --where plan=plus --format csv"),
        ("warnings.txt", "warnings"),
        ("warnings.json", "warnings --format json"),
        ("warnings-all.txt", "warnings --all"),
        ("warnings-code.txt", "warnings --code missing_reset"),
        ("warnings-type.txt", "warnings --type cannot_merge_already_identified"),
        ("audits-one.txt", "audits silent_attach"),
        ("dialects.txt", "dialects"),
        ("dialects-rudderstack.txt", "dialects rudderstack"),
        ("dialects.json", "dialects --format json"),
        ("trend.txt", "trend"),
        ("audit.txt", "audit"),
        ("how.txt", "how user_olga"),
        ("blame.txt", "blame user_hanna"),
        ("blame-one.txt", "blame user_hanna name"),
        ("as-of-a-line.txt", "person user_olga --as-of 296"),
        ("as-of-a-time.txt", "person user_nils --as-of 2023-03-16T22:05:02Z"),
        ("why.txt", "why user_olga anon-19ac46"),
        ("why-one.txt", "why user_nils"),
        ("why-not.txt", "why user_olga user_hanna"),
        ("whatif.txt", "whatif --block-id user_olga"),
        ("whatif-rules.txt", "whatif --rules current"),
        ("culprits.txt", "culprits user_nils"),
        ("repair.txt", "repair user_nils"),
        ("repair-nothing.txt", "repair user_lina"),
        ("verify.txt", "verify --persons sample_data/persons_export.jsonl --suggest"),
        ("verify.json", "verify --persons sample_data/persons_export.jsonl --format json"),
    ],
)
def test_golden_output(
    cli: Invoke, terminal: Callable[[int], None], request: pytest.FixtureRequest, name: str, command: str
) -> None:
    terminal(80)
    output = cli(*command.split(), code=FOUND.get(command.split(maxsplit=1)[0], 0)).stdout
    path = GOLDEN / name
    if request.config.getoption("--update"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output, encoding="utf-8")
    assert output == path.read_text(encoding="utf-8"), "pytest --update writes it anew"


def test_the_summary_fits_a_screen() -> None:
    for name in ("replay.txt", "replay-current.txt"):
        assert len((GOLDEN / name).read_text(encoding="utf-8").splitlines()) < 24


def test_golden_tables_fit_eighty_columns() -> None:
    for path in GOLDEN.glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert width_of(line) <= 80, f"{path.name}: {line}"


def test_no_golden_file_is_left_over() -> None:
    marks: list[pytest.Mark] = getattr(test_golden_output, "pytestmark")  # noqa: B009 -- pytest put it there
    (marker,) = (mark for mark in marks if mark.name == "parametrize")
    assert {name for name, _ in marker.args[1]} == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_the_help_of_a_command_works(cli: Invoke, name: str) -> None:
    output = cli(name, "--help").stdout
    example = output.split("Example: idcli ")[1].split(">")[0].split()
    assert example[0] == name
    if name == "replay":
        example += ["--run", "example-run"]
    if name == "report":
        pytest.importorskip("jinja2", reason="no template engine for reports: pip install 'idcli[report]'")
    if name == "diff":
        cli("replay", "sample_data/events.ndjson", "--rules", "current", "--run", example[2], "--quiet")
    assert cli(*example, code=FOUND.get(name, 0)).output


def test_the_table_of_commands_is_complete() -> None:
    modules = (TESTS.parent / "identity_cli" / "cli" / "commands").glob("*.py")
    assert {module for module, _ in COMMANDS.values()} == {
        path.stem for path in modules if "\n@click.command(" in path.read_text()
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_each_command_says(name: str) -> None:
    command = idcli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.name == name
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name][1]


@pytest.mark.parametrize("name", ["persons", "warnings", "person", "replay"])
def test_every_command_that_shows_something_has_a_format(name: str) -> None:
    command = idcli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    (output,) = (parameter for parameter in command.params if parameter.name == "output")
    assert {"table", "json"} <= set(output.type.choices)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["persons", "warnings", "warnings --all", "audits"])
def test_machine_formats_say_the_same(cli: Invoke, command: str) -> None:
    as_lines = [json.loads(line) for line in cli(*command.split(), "--format", "ndjson").stdout.splitlines()]
    as_array = json.loads(cli(*command.split(), "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(cli(*command.split(), "--format", "csv").stdout)))
    assert as_lines
    assert as_lines == (as_array if isinstance(as_array, list) else as_array["findings"])
    assert len(rows) == len(as_lines)
    for row, record in zip(rows, as_lines, strict=True):
        assert row.keys() == record.keys()
        for key, value in record.items():
            cell = row[key]
            assert (cell or None if value is None or isinstance(value, str) else json.loads(cell)) == value


# Person


def test_a_person_is_found_by_any_of_its_names(cli: Invoke, shop: Path) -> None:
    kaspar = json.loads(cli("person", "user_kaspar", "--format", "json").stdout)
    (merged_away,) = kaspar["merged_person_ids"]
    for name in ("anon-07d2ba", kaspar["person"]["person_id"], merged_away, merged_away.upper()):
        found = json.loads(cli("person", name, "--format", "json").stdout)
        assert found == {**kaspar, "asked_for": name}


def test_every_property_of_every_person_follows_from_the_journal_under_all_rules(tmp_path: Path) -> None:
    for rules in RULE_SETS:
        with chdir(SAMPLE.parent):
            done = replay("sample_data/events.ndjson", run=tmp_path / rules, rules=rules)
        wrote = 0
        for person in done.persons():
            report = person_report(done, person.creator_distinct_id, person.team_id)
            assert {key: item.value for key, item in report.properties.items()} == json.loads(
                person.properties
            )
            wrote += len(report.properties)
            assert len(report.distinct_ids) == person.id_count
        assert wrote > 50
        done.close()


def test_a_value_that_came_with_a_merge_names_the_line_that_wrote_it(run_of: Callable[..., Run]) -> None:
    done = run_of(
        "\n".join(
            json.dumps(one)
            for one in (
                event("a", "anon", 0, **{"$set": {"kept": 1, "lost": 1, "gone": 1}}),
                event("a", "user", 1, **{"$set_once": {"lost": 2}}),
                event("$identify", "user", 2, **{"$anon_distinct_id": "anon", "$set": {"new": 3}}),
                event("a", "user", 3, **{"$unset": ["gone"], "$set": {"new": 4}}),
            )
        )
    )
    report = person_report(done, "user")
    told = {key: (one.value, one.operation, one.seq, one.replaced) for key, one in report.properties.items()}
    assert told == {
        "kept": (1, "set", 1, []),
        "lost": (2, "set_once", 2, []),
        "new": (4, "set", 4, [3]),
    }
    assert report.links[0].dropped == {"lost": 1}


def test_properties_that_do_not_follow_from_the_journal_are_an_error(
    cli: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "changes_of", lambda self, parts: [])
    assert "do not follow from the journal (email, name, plan)" in cli("person", "user_hanna", code=2).stderr


def test_events_held_by_the_buffer_are_folded_when_they_were_processed(run_of: Callable[..., Run]) -> None:
    held = event("a", "user", 0, **{"$device_id": "server", "$set": {"plan": "old"}})
    during = event("$identify", "user", 10, **{"$anon_distinct_id": "anon", "$set": {"plan": "new"}})
    after = event("a", "anon", 90)
    done = run_of("\n".join(map(json.dumps, (held, during, after))))
    (plan,) = person_report(done, "user").properties.values()
    assert (plan.value, plan.seq, plan.replaced) == ("old", 1, ["new"])


def test_an_id_is_told_by_the_merge_that_brought_it_to_its_last_person(run_of: Callable[..., Run]) -> None:
    chain = [event("a", f"id{number}", number) for number in range(4)]
    chain += [event("$merge_dangerously", f"id{n + 1}", 10 + n, alias=f"id{n}") for n in range(3)]
    report = person_report(run_of("\n".join(map(json.dumps, chain))), "id0")
    assert [(one.distinct_id, one.how, one.seq) for one in report.distinct_ids] == [
        ("id0", "merged", 7),
        ("id1", "merged", 7),
        ("id2", "merged", 7),
        ("id3", "created", 4),
    ]


def test_a_refusal_shows_on_both_sides(cli: Invoke) -> None:
    for name in ("user_fynn", "user_gesa"):
        found = json.loads(cli("person", name, "--format", "json").stdout)
        assert 177 in {link["line"] for link in found["links"] if link["outcome"] == "refused_identified"}
        assert 177 in {one["line"] for one in found["warnings"]}


@pytest.mark.parametrize(
    "shown", [r"\x1b[31mred\x1b[0m", r"new\nline", r"\u202eright to left", r"\x07bell\x7f"]
)
@pytest.mark.parametrize(
    "command",
    [
        ("person", "ID"),
        ("how", "ID"),
        ("blame", "ID"),
        ("culprits", "ID"),
        ("repair", "ID"),
        ("why", "ID", "hub"),
        ("warnings", "--id", "ID"),
        ("whatif", "--block-id", "ID"),
    ],
    ids=repr,
)
@pytest.mark.slow
def test_an_id_may_be_typed_as_it_is_shown(hostile: Path, command: tuple[str, ...], shown: str) -> None:
    (distinct_id,) = (one for one in HOSTILE if visible(one) == shown)
    with chdir(hostile):
        raw, typed = (
            CliRunner().invoke(idcli, [one if part == "ID" else part for part in command])
            for one in (distinct_id, shown)
        )
    assert "no distinct_id" not in typed.stderr
    assert (typed.exit_code, typed.stdout) == (raw.exit_code, raw.stdout)


def test_an_id_that_reads_like_an_escape_is_itself(run_of: Callable[..., Run], cli: Invoke) -> None:
    log = "\n".join(json.dumps(event("a", one, 0)) for one in (r"a\x41", "aA", r"c:\new"))
    where = ("--run", run_of(log).name, "--format", "json")
    for distinct_id in (r"a\x41", r"c:\new"):
        found = json.loads(cli("person", distinct_id, *where).stdout)
        assert [one["distinct_id"] for one in found["distinct_ids"]] == [distinct_id]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("person ID", 2),
        ("how ID", 2),
        ("blame ID", 2),
        ("culprits ID", 2),
        ("repair ID", 2),
        ("why ID user_hanna", 2),
        ("whatif --block-id ID", 2),
        ("whatif --without ID", 2),
        ("whatif --without ID:1", 2),
        ("whatif --reset-before ID:1", 2),
        ("person user_hanna --as-of ID:1", 2),
        ("warnings --id ID", 0),
        ("warnings --type ID", 2),
        ("persons --where ID=ID", 0),
    ],
)
@pytest.mark.parametrize("typed", ["\udcff", "a\\b\udcff"], ids=ascii)
def test_what_is_no_text_is_nobody(cli: Invoke, command: str, code: int, typed: str) -> None:
    result = cli(*(part.replace("ID", typed) for part in command.split()), code=code)
    assert "Traceback" not in result.stderr


def test_an_unknown_id_is_told_its_neighbours(cli: Invoke) -> None:
    result = cli("person", "user_hana", code=2)
    assert result.stdout == ""
    assert "'user_hana'" in result.stderr
    assert "Alike, but perhaps of others: user_hanna." in result.stderr


def test_ids_of_several_teams_ask_for_one(run_of: Callable[..., Run], cli: Invoke) -> None:
    teams = [{**event("a", "both", 0), "team_id": 3}, {**event("a", "both", 1), "team_id": 4}]
    where = ("--run", run_of("\n".join(map(json.dumps, teams))).name)
    assert "is in teams 3, 4: say which with --team-id" in cli("person", "both", *where, code=2).stderr
    assert "is not in team 5, but in 3, 4" in cli("person", "both", "--team-id", "5", *where, code=2).stderr
    found = json.loads(cli("person", "both", "--team-id", "4", "--format", "json", *where).stdout)
    assert found["person"]["team_id"] == 4
    assert "team" in cli("persons", *where).stdout.splitlines()[0]


def test_an_id_without_a_profile_is_told_so(run_of: Callable[..., Run], cli: Invoke) -> None:
    log = json.dumps(event("a", "ghost", 0, **{"$process_person_profile": False}))
    done = run_of(log, rules="current")
    assert "'ghost' has no person" in cli("person", "ghost", "--run", done.name, code=2).stderr


def test_a_long_list_folds_for_people_and_for_nobody_else(cli: Invoke, hostile: Path) -> None:
    where = ("--run", str(hostile / "idcli-run"))
    folded = cli("person", "hub", *where).stdout
    assert len(folded.splitlines()) < 45
    assert "… and 2,989 more; --all shows them" in folded
    everything = cli("person", "hub", "--all", *where).stdout
    assert len(everything.splitlines()) > 2 * 2_998
    assert len(json.loads(cli("person", "hub", "--format", "json", *where).stdout)["distinct_ids"]) == 2_999


# Persons, warnings, export


def persons_of(cli: Invoke, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in cli("persons", *options, "--format", "ndjson").stdout.splitlines()]


def test_persons_are_filtered(cli: Invoke) -> None:
    everyone = persons_of(cli)
    identified = persons_of(cli, "--identified")
    assert len(everyone) == 49
    assert len(identified) == 22
    assert all(one["is_identified"] for one in identified)
    assert len(persons_of(cli, "--anonymous")) == 27
    assert {one["id_count"] for one in persons_of(cli, "--min-ids", "4")} == {4, 6}
    assert len(persons_of(cli, "--limit", "7")) == 7
    both = persons_of(cli, "--where", "plan=plus", "--where", "newsletter=true")
    assert {one["creator_distinct_id"] for one in both} < {
        one["creator_distinct_id"] for one in everyone if one["properties"].get("plan") == "plus"
    }


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("v=1", {"number", "text"}),
        ("v=true", {"truth"}),
        ("v=null", {"nothing"}),
        ("v=[1, 2]", {"list"}),
        ("v=2", set()),
    ],
)
def test_a_condition_means_the_text_or_the_json_value(
    run_of: Callable[..., Run], cli: Invoke, condition: str, found: set[str]
) -> None:
    values = {"number": 1, "text": "1", "truth": True, "nothing": None, "list": [1, 2]}
    log = "\n".join(
        json.dumps(event("a", name, 0, **{"$set": {"v": value}})) for name, value in values.items()
    )
    persons = persons_of(cli, "--where", condition, "--run", run_of(log).name)
    assert {one["creator_distinct_id"] for one in persons} == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("v=abc", {"abc"}),
        ("v!=abc", {"none", "ABC", "9", "10", "2024", "list"}),
        ("v~b", {"abc"}),
        ("v~b -i", {"abc", "ABC"}),
        ("v=aBc -i", {"abc", "ABC"}),
        ("v>9", {"10"}),
        ("v>=9", {"9", "10"}),
        ("v<10", {"9"}),
        ("v<=2024-06", {"2024"}),
        ("v_exists", {"abc", "ABC", "9", "10", "2024", "list"}),
        ("v_missing", {"none"}),
        ("v~[1", {"list"}),
        ("w=old", set()),
        ("w=old --ever", {"none"}),
        ("w_missing --ever", {"abc", "ABC", "9", "10", "2024", "list"}),
    ],
)
def test_conditions(conditioned: Run, cli: Invoke, options: str, found: set[str]) -> None:
    condition, *more = options.split()
    asked = ("--where", condition.replace("_", " "), *more, "--run", conditioned.name)
    assert {one["creator_distinct_id"] for one in persons_of(cli, *asked)} == found


@pytest.fixture(scope="module")
def conditioned(tmp_path_factory: pytest.TempPathFactory) -> Run:
    values = {"abc": "abc", "ABC": "ABC", "9": 9, "10": 10, "2024": "2024-05-31", "list": [1]}
    log = [event("a", name, 0, **{"$set": {"v": value}}) for name, value in values.items()]
    log += [
        event("a", "none", second, **{"$set": {"w": value}}) for second, value in enumerate(("old", "new"))
    ]
    return replay(log, run=tmp_path_factory.mktemp("conditions") / "run")


def test_a_property_that_nobody_has_is_told_from_one_that_nobody_has_so(
    conditioned: Run, cli: Invoke
) -> None:
    asked = ("persons", "--run", conditioned.name, "--where")
    assert "nobody has a property 'nosuch'" in cli(*asked, "nosuch=1").stderr
    assert "nobody" not in cli(*asked, "v=nosuch").stderr


def test_persons_are_sorted_by_any_property(conditioned: Run, cli: Invoke) -> None:
    found = persons_of(cli, "--sort", "v", "--run", conditioned.name)
    assert [one["creator_distinct_id"] for one in found] == ["9", "10", "2024", "ABC", "list", "abc", "none"]
    turned = persons_of(cli, "--sort", "-v", "--run", conditioned.name)
    others = ["abc", "list", "ABC", "2024", "10", "9", "none"]
    assert [one["creator_distinct_id"] for one in turned] == others
    for order in ("nope", "-nope", "xv"):
        assert f"no order or property of persons '{order}'" in cli("persons", "--sort", order, code=2).stderr


def test_the_columns_of_persons_agree_wherever_they_stand(cli: Invoke, shop: Path) -> None:
    listed = cli("persons", "--format", "csv").stdout.splitlines()[0]
    assert listed == cli("export", "persons").stdout.splitlines()[0]
    assert listed == (shop / "idcli-run" / "persons.csv").read_text().splitlines()[0]
    exported = [
        json.loads(line) for line in cli("export", "persons", "--format", "ndjson").stdout.splitlines()
    ]
    assert sorted(map(str, exported)) == sorted(map(str, persons_of(cli)))
    for form in ("csv", "ndjson"):
        lines = [
            cli(command, *table, "--format", form).stdout
            for command, *table in (("persons",), ("export", "persons"))
        ]
        assert sorted(lines[0].splitlines()) == sorted(lines[1].splitlines())


@pytest.mark.parametrize("order", list(run.PERSON_ORDERS))
def test_persons_are_sorted(cli: Invoke, order: str) -> None:
    key = {"ids": "id_count", "events": "event_count"}.get(order, order)
    values = [one[key] for one in persons_of(cli, "--sort", order)]
    falling = order in ("ids", "events", "last_seen")
    assert values == sorted(values, reverse=falling)
    assert len(set(values)) > 2


def test_a_table_of_persons_says_how_many_are_left_out(cli: Invoke) -> None:
    assert cli("persons", "--limit", "4").stderr == "… and 45 more; --limit 49 shows them\n"
    assert cli("persons", "--where", "plan=free", "--limit", "1").stderr.count("more; --limit") == 1
    assert cli("persons", "--limit", "49").stderr == "49 persons\n"


def test_the_first_column_of_persons_can_be_given_to_person(cli: Invoke) -> None:
    _, *rows = cli("persons", "--limit", "49").stdout.splitlines()
    assert len(rows) == 49
    for row in rows[::12]:
        assert cli("person", row.split()[0]).stdout


def test_people_are_shown_by_what_one_knows_them_by(cli: Invoke) -> None:
    (shown,) = cli(
        "persons", "--where", "name=Olga", "--ever", "--show", "plan", "--show", "email"
    ).stdout.splitlines()[1:]
    assert shown.split()[:2] == ["user_nils", "free"]


def test_warnings_are_narrowed(cli: Invoke) -> None:
    illegal = "cannot_merge_with_illegal_distinct_id"
    of_type = cli("warnings", "--type", illegal, "--all", "--format", "ndjson").stdout.splitlines()
    of_id = cli("warnings", "--id", "undefined", "--all", "--format", "ndjson").stdout.splitlines()
    assert len(of_type) == 8
    assert [json.loads(line)["line"] for line in of_id] == [192, 225, 261]
    assert "no such warnings" in cli("warnings", "--type", "errManyIDs").stdout


def test_every_warning_that_a_replay_can_emit_is_explained(run_of: Callable[..., Run]) -> None:
    linked = {"$anon_distinct_id": "anon"}
    log = (
        event("a", "anon", 0),
        event("$identify", "one", 1, **linked),
        event("a", "two", 2),
        event("$identify", "two", 3, **linked),
        event("$identify", "two", 4, **{"$anon_distinct_id": "null"}),
        event("$identify", "two", 5, **linked, **{"$process_person_profile": False}),
        event("a", "two", 6, **{"$process_person_profile": "yes"}),
        event("a", "x" * 401, 7),
    )
    done = run_of("\n".join(map(json.dumps, log)), rules="current")
    assert set(done.warning_examples()) == set(list(WARNING_TYPES)[:5])
    source = (TESTS.parent / "identity_cli" / "resolver" / "fact_makers.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"((?:cannot|skipping|invalid|merge)_[a-z_]+)"', source)) <= set(WARNING_TYPES)


@pytest.mark.parametrize("table", ["persons", "distinct_ids", "links", "warnings", "events"])
@pytest.mark.parametrize("table_format", ["csv", "ndjson"])
def test_an_export_is_the_file_of_the_run_folder(
    cli: Invoke, tmp_path: Path, table: str, table_format: str
) -> None:
    place = tmp_path / "run"
    cli("replay", "sample_data/events.ndjson", "--run", str(place), "--tables", "csv,ndjson", "--events")
    output = cli("export", table, "--format", table_format, "--run", str(place)).stdout
    assert output.encode() == (place / f"{table}.{table_format}").read_bytes()


def test_rejected_lines_are_exported_as_they_are_kept(cli: Invoke, shop: Path) -> None:
    kept = (shop / "idcli-run" / "rejected.ndjson").read_text(encoding="utf-8")
    assert cli("export", "rejected", "--format", "ndjson").stdout == kept
    assert json.loads(cli("export", "rejected", "--format", "json").stdout) == list(
        map(json.loads, kept.splitlines())
    )
    shown = cli("export", "rejected").stdout
    assert shown.startswith("file,line,reason,raw,nth\nsample_data/events.ndjson,128,")


def test_an_export_as_json_is_one_array(cli: Invoke) -> None:
    links = json.loads(cli("export", "links", "--format", "json").stdout)
    assert len(links) == 47
    assert list(links[0]) == list(TABLES["links"].names)


def test_an_empty_export_is_still_json(run_of: Callable[..., Run], cli: Invoke) -> None:
    assert json.loads(cli("export", "links", "--format", "json", "--run", run_of("").name).stdout) == []


# Replay


def test_tables_and_quiet(cli: Invoke, tmp_path: Path) -> None:
    log = "sample_data/events.ndjson"
    for asked, suffixes in {"none": set(), "ndjson": {".ndjson"}, "csv,ndjson": {".csv", ".ndjson"}}.items():
        place = tmp_path / asked
        result = cli("replay", log, "--run", str(place), "--tables", asked, "--quiet")
        assert (result.stdout, result.stderr) == ("", "")
        assert {path.suffix for path in place.glob("persons.*")} == suffixes
        assert (place / "run.db").exists()


def test_the_summary_is_on_stdout_and_the_rate_is_not(
    cli: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ("replay", "sample_data/events.ndjson", "--run", str(tmp_path / "run"))
    monkeypatch.setattr(ReplayProgress, "WAIT_SECONDS", 3600)
    assert cli(*log).stderr == ""  # it did not take long
    monkeypatch.setattr(ReplayProgress, "WAIT_SECONDS", 0)
    first, second = cli(*log), cli(*log)
    assert first.stdout == second.stdout
    assert re.fullmatch(r"333 lines in \d+\.\d s, [\d,]+ a second\n", first.stderr)


def test_the_next_step_can_be_typed(cli: Invoke, tmp_path: Path) -> None:
    place = tmp_path / "it's"
    output = cli("replay", "sample_data/events.ndjson", "--run", str(place)).stdout
    (line,) = (line for line in output.splitlines() if "idcli person " in line)
    script = f"printf '%s\\n' {line.split('idcli ')[1]}"
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert cli(*shell.stdout.splitlines()).stdout.startswith("user_ivo is person ")


def test_books_that_do_not_balance_are_a_failure(
    cli: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "books", lambda self: [("lines", 333, {"events": 330, "rejected": 2})])
    result = cli("replay", "sample_data/events.ndjson", "--run", str(tmp_path / "run"), code=2)
    assert "The books do NOT balance" in result.stdout
    assert "333 lines is not 330 events + 2 rejected" in result.stderr


@pytest.mark.parametrize("quiet", [[], ["-q"]], ids=["told", "quiet"])
def test_a_log_without_one_event_is_questioned(cli: Invoke, tmp_path: Path, quiet: list[str]) -> None:
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty").write_bytes(b"")
    for name, reason in (
        (str(tmp_path / "binary"), "binary:1: not JSON"),
        (str(tmp_path / "empty"), "it has no lines"),
        ("/dev/null", "it has no lines"),
    ):
        for beside in ([], ["sample_data/events.ndjson"]):
            told = cli("replay", *beside, name, "--run", str(tmp_path / "run"), *quiet, code=2).stderr
            assert "is it the right file?" in told
            assert reason in told
            assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("quiet", [[], ["-q"]], ids=["told", "quiet"])
@pytest.mark.parametrize(
    "refused",
    [["empty"], ["/dev/null"], ["bad"], ["good", "bad"], ["half", "--max-rejected", "1"]],
    ids=" ".join,
)
def test_a_log_that_is_refused_leaves_the_run_before_as_it_was(
    cli: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: list[str], quiet: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    good = b'{"event": "e", "distinct_id": "ada"}\n'
    for name, content in (("good", good), ("empty", b""), ("bad", b"no\n"), ("half", (b"no\n" + good) * 2)):
        Path(name).write_bytes(content)
    cli("replay", "good")
    before = {path: path.read_bytes() for path in Path("idcli-run").iterdir()}
    assert cli("replay", *refused, *quiet, code=2).stderr
    assert {path: path.read_bytes() for path in Path("idcli-run").iterdir()} == before


@pytest.mark.parametrize("quiet", [[], ["-q"]], ids=["told", "quiet"])
def test_so_many_lines_may_be_rejected_and_not_one_more(
    cli: Invoke, tmp_path: Path, quiet: list[str]
) -> None:
    log = tmp_path / "log"
    log.write_bytes((b"no\n" + b'{"event": "e", "distinct_id": "ada"}\n' * 3) * 2)
    for limit, code in (("2", 0), ("1", 2), ("25%", 0), ("24.9%", 2)):
        run = tmp_path / limit
        done = cli("replay", str(log), "--max-rejected", limit, "--run", str(run), *quiet, code=code)
        assert run.exists() == (code == 0)
        assert ("log:1: not JSON" in done.stderr) == (code == 2)


def test_that_most_lines_are_rejected_is_what_the_summary_begins_with(cli: Invoke, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b'{"event": "e", "distinct_id": "ada"}\n' + b"no\n" * 2 + b'{"event": "e"}\n')
    told = cli("replay", str(log), "--run", str(tmp_path / "run")).stdout.splitlines()
    assert told[0] == "3 of 4 lines could not be used: is it the right file?"
    assert told[1].startswith("Most of them: not JSON")
    assert (
        "could not be used"
        not in cli("replay", "sample_data/events.ndjson", "--run", str(tmp_path / "r")).stdout
    )


def test_the_run_may_be_named_by_the_environment(cli: Invoke, shop: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "named")
    cli("replay", "sample_data/events.ndjson", env={"IDCLI_RUN": place})
    assert "user_ivo" in cli("person", "user_ivo", env={"IDCLI_RUN": place}).stdout
    assert "no run in" in cli("person", "user_ivo", env={"IDCLI_RUN": f"{place}-not"}, code=2).stderr


@pytest.mark.parametrize(
    ("asked", "found"),
    [("n=1", 1), ("n=1.0", 1), ("n=true", 0), ("n=one", 0), ('o={"b":2,"a":1}', 1), ("s=1", 1), ('s="1"', 0)],
)
def test_a_value_is_asked_for_as_text_or_as_json(
    run_of: Callable[..., Run], cli: Invoke, asked: str, found: int
) -> None:
    written = {"n": 1, "o": {"a": 1, "b": 2}, "s": "1"}
    run = run_of(json.dumps({"event": "e", "distinct_id": "ada", "$set": written}))
    shown = cli("persons", "--where", asked, "--format", "ndjson", "--run", run.name).stdout
    assert len(shown.splitlines()) == found


# What goes wrong


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("person x --run nowhere", "no run in nowhere. Make one with `idcli replay LOG`"),
        ("persons --where plan", "cannot read --where 'plan': write KEY=VALUE"),
        ("export events", "replay with --events"),
        ("export nothing", "is not one of 'persons'"),
        ("persons --sort nope", "no order or property of persons 'nope': choose one of ids"),
        ("replay missing.ndjson --run r", "cannot read missing.ndjson: No such file or directory"),
        ("replay sample_data/events.ndjson --run sample_data", "which idcli did not write"),
        (
            "replay sample_data/events.ndjson --run sample_data/README.md/x",
            "README.md is a file. Name another",
        ),
        ("replay sample_data/events.ndjson --run .", "it is the current folder. Name another"),
        ("replay sample_data/events.ndjson --run /", "no run can be made at /: "),
        ("persons --run .", "no run in .. Make one with"),
        ("persons --run /", "no run in /. Make one with"),
        (
            "replay sample_data/events.ndjson --run r --strict",
            "sample_data/events.ndjson:128: no distinct_id",
        ),
        ("replay", "Missing argument 'LOG...'"),
        ("nothing", "no command 'nothing'"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_a_reason(
    cli: Invoke, shop: Path, command: str, told: str
) -> None:
    result = cli(*command.split(), code=2)
    assert told in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert not (shop / "r").exists()


def test_a_damaged_run_is_told_from_a_bug(cli: Invoke, shop: Path, tmp_path: Path) -> None:
    place = tmp_path / "run"
    shutil.copytree(shop / "idcli-run", place)
    database = place / "run.db"
    whole = database.read_bytes()
    for damage in (whole[:30_000], b"not a database at all", b"\0" * 200):
        database.write_bytes(damage)
        for command in (("person", "user_hanna"), ("persons",), ("export", "links")):
            stderr = cli(*command, "--run", str(place), code=2).stderr
            assert stderr.startswith("idcli: ")
            assert len(stderr.splitlines()) == 1


def test_a_file_name_that_is_no_text_is_refused(cli: Invoke, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.ndjson"
    with open(path, "wb") as log:
        log.write(json.dumps(event("a", "x", 0)).encode())
    stderr = cli("replay", os.fsdecode(path), "--run", str(tmp_path / "run"), code=2).stderr
    assert "\\udcff.ndjson: its name is not UTF-8 text" in stderr


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, shop: Path) -> None:
    script = (
        "import sys; from identity_cli.store.reading.run import Run; from identity_cli.__main__ import main;"
        "Run.find_person = lambda *_: 1 / 0; sys.argv = ['idcli', 'person', 'x']; main()"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" in done.stderr


def test_who_stops_reading_is_not_an_error(hostile: Path) -> None:
    command = [sys.executable, "-m", "identity_cli", "export", "links"]
    with subprocess.Popen(command, cwd=hostile, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.parametrize(
    "command",
    [
        *("persons", "warnings", "export links", "export log", "diff idcli-run damaged"),
        *("person user_ivo", "how user_ivo", "blame user_ivo", "why user_ivo user_gesa"),
        *("whatif --block-id user_ivo", "culprits user_ivo", "repair user_ivo"),
    ],
)
def test_a_damaged_run_is_told_so(shop: Path, cli: Invoke, tmp_path: Path, command: str) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(shop / "idcli-run", damaged)
    database = (damaged / "run.db").read_bytes()
    (damaged / "run.db").write_bytes(database[:16384] + b"\xff" * (len(database) - 16384))  # after the schema
    asked = command.replace("damaged", str(damaged)).split()
    if asked[0] != "diff":
        asked += ["--run", str(damaged)]
    told = cli(*asked, code=2).stderr  # of the file, where its schema is hit too
    reason = "cannot be read: database disk image is malformed. Replay the log again."
    assert re.fullmatch(rf"idcli: {re.escape(str(damaged))}(/run\.db)? {reason}\n", told)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_named_with_what_to_do(shop: Path) -> None:
    """Of standard output too, which has no name of its own."""
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "identity_cli", "persons"]
        told = subprocess.run(command, cwd=shop, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    reason = "cannot be written: No space left on device. Free some there, or write to another disk."
    assert (told.returncode, told.stderr) == (2, f"idcli: standard output {reason}\n")


def test_a_limit_on_the_size_of_files_is_named_with_what_to_do(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "graph.svg"
    command = f"ulimit -f 1; {sys.executable} -m identity_cli graph user_nils --format svg -o {out}"
    told = subprocess.run(["bash", "-c", command], cwd=shop, capture_output=True, text=True, check=False)
    reason = "cannot be written: File too large. There is room for "
    assert told.returncode == 2
    assert told.stderr.startswith(f"idcli: {out} {reason}")
    limit = (
        "No file may have more than 0.0 MB until `ulimit -f` is raised. Free some, or write to another disk."
    )
    assert told.stderr.endswith(f" MB in {tmp_path}. {limit}\n")
    assert [*tmp_path.iterdir()] == []


FULL = [">/dev/full", "2>/dev/full"] if Path("/dev/full").exists() else []


@pytest.mark.parametrize("redirected", [">&-", "<&-", "2>&-", "<&- >&- 2>&-", *FULL])
@pytest.mark.parametrize(
    ("command", "code"),
    first_quick([("persons", 0), ("--help", 0), ("person nobody", 2), ("replay log.ndjson --run other", 0)]),
)
def test_a_stream_that_is_closed_or_full_is_nobodys_bug(
    tmp_path: Path, redirected: str, command: str, code: int
) -> None:
    (tmp_path / "log.ndjson").write_text('{"event":"e","distinct_id":"ada"}\n')
    replay(tmp_path / "log.ndjson", run=tmp_path / "idcli-run")
    shell = f"exec {sys.executable} -m identity_cli {command} {redirected}"
    result = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == (2 if redirected == ">/dev/full" else code)
    assert "Traceback" not in result.stderr
    if command.startswith("replay"):
        assert Run(tmp_path / "other").find_person("ada").event_count == 1


@pytest.mark.parametrize(
    ("how", "code", "line"),
    [
        (signal.SIGINT, 130, b"idcli: interrupted\n"),
        (signal.SIGTERM, 143, b""),
        (signal.SIGHUP, 129, b""),
    ],
    ids=("interrupted", "killed", "terminal closed"),
)
def test_a_replay_that_is_stopped_leaves_no_run(
    tmp_path: Path, how: signal.Signals, code: int, line: bytes
) -> None:
    with begun("replay", "-", "--rules", "guide", "--run", str(tmp_path / "run")) as process:
        wait_for(lambda: list(tmp_path.glob(".run.*.partial/run.db")))
        process.send_signal(how)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (code, line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_a_trial_replay_that_is_stopped_leaves_no_files(tmp_path: Path, how: signal.Signals) -> None:
    log, run, scratch = tmp_path / "log.ndjson", str(tmp_path / "run"), tmp_path / "scratch"
    log.write_text('{"event":"e","distinct_id":"ada"}\n')
    replay(log, run=run)
    log.write_bytes(b"\n" * (15 << 20))  # which takes a while to read, and is no event
    scratch.mkdir()
    with begun("whatif", "--rules", "current", "--run", run, TMPDIR=str(scratch)) as process:
        wait_for(lambda: list(scratch.iterdir()))
        process.send_signal(how)
        process.communicate()
    assert process.returncode == 128 + how
    assert list(scratch.iterdir()) == []


def test_a_replay_under_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    with begun(
        "replay", "-", "--rules", "guide", "--run", str(tmp_path / "run"), before=("nohup",)
    ) as process:
        wait_for(lambda: list(tmp_path.glob(".run.*.partial/run.db")))
        process.send_signal(signal.SIGHUP)
        process.communicate(b'{"event":"e","distinct_id":"ada"}\n')
    assert process.returncode == 0
    assert Run(tmp_path / "run").find_person("ada").event_count == 1


@contextmanager
def begun(
    *command: str, before: tuple[str, ...] = (), **environment: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """A command that runs, and ends with the block; before: what starts it."""
    with subprocess.Popen(
        [*before, sys.executable, "-m", "identity_cli", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        preexec_fn=heed_hangup,  # noqa: PLW1509 (there are no threads here)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def heed_hangup() -> None:
    """Though the tests may run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def wait_for(seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Terminals


IN_FULL = ("person", "why", "culprits", "repair")
"""Commands that tell the ids asked for in full, however long."""
EVERY_SCREEN = [
    ("replay", "log\x1b[31m.ndjson", "--run", "again"),
    *(("person", f"user {nasty}", "--all") for nasty in HOSTILE),
    *((name, f"user {nasty}") for nasty in HOSTILE for name in ("how", "blame", "culprits", "repair")),
    *(("why", f"user {nasty}", f"user {HOSTILE[0]}") for nasty in HOSTILE),
    *(("whatif", "--block-id", f"user {nasty}") for nasty in HOSTILE),
    ("person", f"user {HOSTILE[0]}", "--as-of", "90"),
    ("diff", "idcli-run", "idcli-run"),
    ("person", "undefined", "--all"),
    ("person", "\x1b[31mblue"),
    ("persons", "--limit", "100"),
    ("warnings",),
    ("warnings", "--all"),
]


@pytest.mark.parametrize("command", EVERY_SCREEN, ids=repr)
def test_tables_show_no_control_characters_and_fit(
    hostile: Path,
    terminal: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    terminal(80)
    monkeypatch.chdir(hostile)
    result = CliRunner().invoke(idcli, command)
    assert result.exit_code == (2 if command == EVERY_SCREEN[-4] else 0)
    for line in (result.stdout + result.stderr).split("\n"):
        assert line.isprintable(), ascii(line)
    if len(command[-1]) < 100 and result.exit_code == 0 and command[0] not in IN_FULL:
        assert max(width_of(line) for line in result.stdout.split("\n")) <= 80


@pytest.mark.parametrize("command", EVERY_SCREEN, ids=repr)
def test_json_says_the_same_without_control_characters(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(hostile)
    arguments = [argument for argument in command if argument != "--all"]
    result = CliRunner().invoke(idcli, [*arguments, "--format", "json"])
    for line in result.stdout.split("\n"):
        assert line.isprintable(), ascii(line)
    if result.exit_code == 0:
        json.loads(result.stdout)


@pytest.mark.parametrize(
    "command",
    [
        ("person", f"user {HOSTILE[0]}"),
        ("person", f"user {HOSTILE[1]}"),
        ("replay", "log\x1b[31m.ndjson", "--run", "again-in-terminal"),
        ("persons",),
        ("warnings",),
        ("person", "\x1b[31mnobody"),
        *((name, f"user {HOSTILE[0]}") for name in ("how", "blame", "culprits", "repair")),
        ("why", f"user {HOSTILE[0]}", f"user {HOSTILE[1]}"),
        ("whatif", "--block-id", f"user {HOSTILE[0]}"),
        *(("export", table, "--format", "csv") for table in ("distinct_ids", "events", "rejected")),
        *(("export", table, "--format", "ndjson") for table in ("persons", "links", "rejected")),
        ("export", "persons", "--format", "json"),
    ],
    ids=repr,
)
def test_nothing_from_a_log_commands_a_terminal(hostile: Path, command: tuple[str, ...]) -> None:
    output = STYLING.sub("", in_terminal(list(command), hostile))
    assert output.strip()
    for line in output.split("\n"):
        assert line.isprintable(), ascii(line)


@pytest.mark.parametrize("table", ["persons", "distinct_ids", "links", "warnings", "events", "rejected"])
@pytest.mark.parametrize("table_format", ["json", "ndjson"])
def test_exported_json_has_no_control_characters_through_a_pipe_either(
    cli: Invoke, hostile: Path, monkeypatch: pytest.MonkeyPatch, table: str, table_format: str
) -> None:
    monkeypatch.chdir(hostile)
    output = cli("export", table, "--format", table_format).stdout
    assert all(line.isprintable() for line in output.split("\n"))
    for line in output.splitlines() if table_format == "ndjson" else [output]:
        json.loads(line)


@pytest.mark.parametrize(
    "command",
    ["persons", "how user_hanna", "blame user_hanna", "culprits user_hanna", "diff idcli-run idcli-run"],
)
def test_a_limit_may_have_any_number_of_digits(cli: Invoke, command: str) -> None:
    answer = CliRunner().invoke(idcli, [*command.split(), "--limit", "9" * 23])
    assert answer.exit_code in (0, 1, 2), answer.exception
    assert answer.exit_code < 2 or "No such option" in answer.stderr


def test_an_id_may_be_typed_where_the_locale_knows_no_utf_8(run_of: Callable[..., Run]) -> None:
    run = run_of([{"event": "e", "distinct_id": "Zo\u00eb"}])
    command: list[Any] = [sys.executable, "-m", "identity_cli", "person", "--run", str(run.folder)]
    command.append("Zo\u00eb".encode())
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    assert b"1 event" in subprocess.run(command, env=env, capture_output=True, check=True).stdout


def test_markup_from_a_log_is_text(hostile: Path) -> None:
    output = in_terminal(["person", f"user {HOSTILE[1]}"], hostile)
    assert "[bold]markup[/bold]" in STYLING.sub("", output)
    assert STYLING.search(output)


def test_a_terminal_shows_what_a_pipe_gets_in_colour(shop: Path, cli: Invoke) -> None:
    coloured = in_terminal(["person", "user_hanna"], shop, columns=200)
    piped = cli("person", "user_hanna").stdout
    assert [line.rstrip() for line in STYLING.sub("", coloured).splitlines()] == piped.splitlines()
    assert coloured != piped
    for variable in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert in_terminal(["person", "user_hanna"], shop, columns=200, **variable) == piped
    assert in_terminal(["--color", "never", "person", "user_hanna"], shop, columns=200) == piped
    assert in_terminal(["person", "user_hanna", "--color", "never"], shop, columns=200) == piped


@pytest.mark.parametrize("how", ["--color always", "FORCE_COLOR"])
def test_colours_in_a_pipe_are_there_for_the_asking(
    cli: Invoke, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    plain = cli("person", "user_hanna").stdout
    if how == "FORCE_COLOR":
        monkeypatch.setenv(how, "1")
    coloured = cli("person", "user_hanna", *how.split()[1 if how == "FORCE_COLOR" else 0 :]).stdout
    assert STYLING.search(coloured)
    assert STYLING.sub("", coloured) == plain


def test_a_wide_terminal_shows_more(shop: Path) -> None:
    wide = STYLING.sub("", in_terminal(["person", "user_kaspar"], shop, columns=140))
    assert "…" not in wide
    assert "when" in wide


class Bar:
    """Stands in for rich's progress bar."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.stopped = False

    def add_task(self, description: str, total: int | None) -> None:
        self.total = total

    def update(self, task: int, completed: int) -> None:
        self.told.append(completed)

    def stop(self) -> None:
        self.stopped = True

    def start(self) -> None: ...
    def refresh(self) -> None: ...


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bar]:
    bar = Bar()
    monkeypatch.setattr("identity_cli.cli.terminal.render._progress_bar", lambda: bar)
    yield bar


def test_progress_shows_once_it_takes_a_while(bar: Bar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReplayProgress, "WAIT_SECONDS", 0)
    monkeypatch.setattr(ReplayProgress, "REFRESH_SECONDS", 0)
    with ReplayProgress(100) as progress:
        progress(40)
        progress(100)
        assert bar.stopped  # from now on a timer tells
    assert bar.total == 100
    assert bar.told == [40]


def test_progress_of_a_moment_shows_nothing(bar: Bar) -> None:
    with ReplayProgress(100) as progress:
        progress(100)
    assert bar.told == []


def test_rich_draws_the_progress_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ReplayProgress, "WAIT_SECONDS", 0)
    monkeypatch.setenv("FORCE_COLOR", "1")  # to rich: as on a terminal
    with ReplayProgress(None) as progress:
        progress(5)
    assert "Replaying" in capsys.readouterr().err


# Spreadsheets


def test_csv_cells_are_no_formulas(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hostile)
    everything = (
        ["export", "distinct_ids"],
        ["persons", "--format", "csv"],
        ["blame", "user =1+1", "--format", "csv"],
        ["blame", "user -dash", "--format", "csv"],
    )
    for command in everything:
        rows = list(csv.reader(io.StringIO(CliRunner().invoke(idcli, command).stdout)))
        cells = [cell for row in rows for cell in row]
        assert any(
            cell.startswith(("'=1+1", "'-dash")) or "=1+1" in cell or "-dash" in cell for cell in cells
        )
        assert not any(cell.startswith(("=", "@", "-", "+")) for cell in cells)


def test_what_is_too_wide_for_a_line_becomes_several(
    cli: Invoke, run_of: Callable[..., Run], terminal: Callable[[int], None]
) -> None:
    terminal(80)
    giant = "i" * 1_000_000
    run = run_of(json.dumps({"event": "e", "distinct_id": giant, "team_id": 1}) + "\n")
    person_id = run.find_person(giant).person_id
    told = cli("person", person_id, "--run", str(run.folder)).stdout
    assert told.startswith(f"{person_id} is person\n{person_id}, ")
    assert len(told) < 1_000
    assert giant not in cli("person", "iiiiiii", "--run", str(run.folder), code=2).stderr


# What a start costs


def modules_after(statement: str, place: Path) -> set[str]:
    script = (
        f"import sys\nfrom identity_cli.cli import idcli\n{statement}\nprint(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=place, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_a_page(cli: Invoke, name: str) -> None:
    assert max(map(len, cli(name, "--help").stdout.splitlines())) <= 80


def test_help_imports_no_command(shop: Path) -> None:
    loaded = modules_after("idcli(['--help'], standalone_mode=False)", shop)
    assert not loaded & {"rich", "msgspec", "sqlite3", "json", "identity_cli.store"}
    assert {name for name in loaded if name.startswith("identity_cli.cli")} == {
        "identity_cli.cli",
        "identity_cli.cli.terminal",
        "identity_cli.cli.terminal.color",
        "identity_cli.cli.terminal.fitting",
        "identity_cli.cli.terminal.help_text",
        "identity_cli.cli.terminal.command",
    }


def test_what_only_help_needs_is_not_run_before(shop: Path) -> None:
    def imports(*arguments: str) -> str:
        tool = [sys.executable, "-X", "importtime", "-m", "identity_cli", *arguments]
        return subprocess.run(tool, cwd=shop, capture_output=True, text=True, check=True).stderr

    needs_inspect = re.compile(r"\b(dis|inspect|tokenize)$", re.MULTILINE)
    assert not needs_inspect.search(imports("person", "user_hanna"))
    assert needs_inspect.search(imports("person", "--help"))


def test_looking_up_a_person_imports_little(shop: Path) -> None:
    loaded = modules_after("idcli(['person', 'user_hanna'], standalone_mode=False)", shop)
    heavy = {
        "rich",
        "msgspec",
        "xxhash",
        "pathlib",
        "shutil",
        "tempfile",
        "dataclasses",
        "unicodedata",
        "locale",
    }
    bare = modules_after("", shop)
    assert not (loaded - bare) & heavy


# Pieces


def test_visible_text() -> None:
    assert visible("plain ünï 日本 😀") == "plain ünï 日本 😀"
    assert visible("\x1b[0m\n\t\x7f\x9b\u202e\u200b\ud800") == r"\x1b[0m\n\t\x7f\x9b\u202e\u200b\ud800"


@pytest.mark.parametrize(
    "unseen", ["\u034f", "\u115f", "\u17b4", "\u180b", "\u2800", "\u3164", "\ufe0f", "\U000e0100"]
)
def test_what_prints_nothing_is_shown(unseen: str) -> None:
    """Though it counts as printable, two ids that differ in it look alike."""
    assert visible(f"ada{unseen}") == "ada" + ascii(unseen)[1:-1]
    assert json.loads(visible_json(json.dumps(f"ada{unseen}", ensure_ascii=False))) == f"ada{unseen}"
    assert visible_json(f'"ada{unseen}"').isascii()


@pytest.mark.parametrize("words", [("export", "\u3164"), ("--\u034fjoined\ufe0f",), ("persons", "\u2800")])
def test_what_prints_nothing_is_shown_where_it_is_refused(words: tuple[str, ...], cli: Invoke) -> None:
    assert ascii(words[-1])[1:-1] in cli(*words, code=ExitCode.FAILED).stderr


def test_more_digits_than_anything_has_list_all(cli: Invoke) -> None:
    assert cli("persons", "--limit", "9" * 23).stdout == cli("persons", "--limit", "99").stdout


@pytest.mark.slow
def test_a_page_of_names_of_a_megabyte_can_be_read(
    tmp_path: Path, cli: Invoke, run_of: Callable[..., Run]
) -> None:
    one, two = "x" * 10**6, "y" * 10**6
    log = [
        event("$identify", one, 0, **{"$anon_distinct_id": two, "$set": {"k": one}}),
        event("z" * 10**6, one, 1),
        event("$identify", "short", 2, **{"$anon_distinct_id": two}),
        event("$create_alias", one, 3, alias="short"),
    ]
    folder = run_of("\n".join(map(json.dumps, log)), buffer=0).folder
    for words in ("persons", "warnings", *(f"{name} short" for name in ABOUT_ONE)):
        assert len(cli(*words.split(), "--run", str(folder)).stdout) < 10**5


@given(st.text().filter(lambda text: "\\" not in text))
def test_visible_text_can_be_read_back(text: str) -> None:
    assert read_back(visible(text)) == text


def test_half_a_surrogate_pair_is_not_read_back() -> None:
    assert read_back(visible("\ud800")) == r"\ud800"


def test_visible_json_says_the_same() -> None:
    value = ["\x7f\x9b\u202e\U000e0041", "日本 😀"]
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert text.isprintable()
    assert json.loads(text) == value
    assert "日本 😀" in text


@pytest.mark.parametrize(
    ("text", "width", "keep", "short"),
    [
        ("abcdefghij", 10, "ends", "abcdefghij"),
        ("abcdefghij", 6, "ends", "abc…ij"),
        ("abcdefghij", 6, "start", "abcde…"),
        ("abcdefghij", 6, "end", "…fghij"),
        ("some/folder/log:12", 12, "end", "…/log:12"),
        ("日本語日本語", 7, "ends", "日…語"),
    ],
)
def test_shortened_text_fits(text: str, width: int, keep: str, short: str) -> None:
    assert shortened(text, width, keep) == short
    assert width_of(short) <= width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("pro", "pro"),
        ("2023-03-13", "2023-03-13"),
        ("10", '"10"'),
        (10, "10"),
        ("true", '"true"'),
        (True, "true"),
        ("", '""'),
        (None, "null"),
    ],
)
def test_values_of_different_kinds_look_different(value: Any, text: str) -> None:
    assert value_text(value) == text


TOO_WIDE = (
    [id_column(), Column("fixed"), origin_column(), Column("extra", extra=True)],
    [["i" * 100, "f" * 20, "folder/" * 20 + "log:7", "e" * 50]],
)


def test_a_table_gives_way_where_it_may_and_says_what_is_missing(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(80)
    Page().table(*TOO_WIDE)
    header, line, missing = capsys.readouterr().out.splitlines()
    assert width_of(line) <= 80
    assert "f" * 20 in line
    assert line.endswith("/log:7")
    assert "extra" not in header
    assert missing == "  (no room for: extra)"


@pytest.mark.parametrize("columns", ["", "40"])
def test_nothing_is_cut_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    Page().table(*TOO_WIDE)
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == TOO_WIDE[1][0]


def test_ids_of_a_usual_length_are_the_last_to_be_cut(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(80)
    uuid = "01902fa5-7d41-7cc3-9f0e-8b0f298dd13a"
    columns = [id_column(), origin_column(), Column("value", "start")]
    Page().table(columns, [[uuid, "exports/2024/part-0001.ndjson:123456", "v" * 40]])
    assert uuid in (line := capsys.readouterr().out.splitlines()[1])
    assert ":123456  vvv" in line


def test_properties_written_needs_no_run() -> None:
    assert properties_written(1, [], []) == {}


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (0.0, "0"), (0.5, "0.5"), (86400.0, "86,400"), (1200, "1,200")]
)
def test_numbers_have_no_more_digits_than_they_need(number: float, text: str) -> None:
    assert number_text(number) == text


def test_one_of_a_thing_is_told_in_the_singular() -> None:
    assert str(Sum("lines", 1, {"events": 1, "rejected": 0})) == "1 line = 1 event"
    assert str(Sum("links", 2, {"created": 1, "same_id": 1})) == "2 links = 1 created + 1 same_id"
    assert str(Sum("distinct ids", 1, {"on persons": 0})) == "1 distinct id is not none"
