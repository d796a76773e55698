"""What a replay may be asked: refused alike in a shell and in Python, before anything is read or written."""

from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from identity_cli import replay
from identity_cli.cli import idcli
from identity_cli.errors import IdcliError
from identity_cli.reading.options import ReplayOptions
from identity_cli.rules import RULE_SETS
from identity_cli.tables.formats import TABLE_FORMATS

EVENT = {"event": "e", "distinct_id": "a"}

# What is asked in Python and in a shell, and a part of what both are told.
REFUSED = [
    ({"table_formats": ("xlsx",)}, "--tables xlsx", "no table format 'xlsx': choose one of csv, ndjson"),
    ({"table_formats": "none,csv"}, "--tables none,csv", "no table format 'none': choose one of"),
    ({"graph_formats": "gexf"}, "--graphs gexf", "no graph format 'gexf': choose one of json, dot"),
    ({"rules": "2021"}, "--rules 2021", "no rule set '2021': did you mean"),
    ({"order": "nonsense"}, "--order nonsense", "no order 'nonsense': choose one of arrival, time"),
    (
        {"buffer_seconds": -5.0},
        "--buffer -5",
        "the buffer cannot be -5.0: give between 0 and 31622400 seconds",
    ),
    ({"buffer_seconds": float("nan")}, "--buffer nan", "the buffer cannot be nan"),
    ({"team_id": -1}, "--team-id -1", "the team id cannot be -1: give a whole number from 0 to 2147483647"),
    ({"team_id": 2**31}, f"--team-id {2**31}", f"the team id cannot be {2**31}"),
    ({"max_rejected": "101%"}, "--max-rejected 101%", "cannot read --max-rejected '101%'"),
    ({"dialect": "nonsense"}, "--dialect nonsense", "no dialect 'nonsense': there are posthog"),
    ({"mapping": ("x",)}, "--map x", "cannot read --map 'x'"),
]
# What only Python can ask.
MEANINGLESS: list[tuple[dict[str, Any], str]] = [
    ({"team_id": "x"}, "the team id cannot be 'x'"),
    ({"team_id": True}, "the team id cannot be True"),
    ({"buffer_seconds": "60"}, "the buffer cannot be '60'"),
    ({"longest_line": 0}, "the longest line cannot be 0"),
    ({"left_out": "log:1"}, "left_out cannot be 'log:1': give several, in a list"),
    ({"left_out": ("log",)}, "log cannot be left out: that is no FILE:LINE"),
    ({"left_out": ("log:9",)}, "log:9 cannot be left out: the log has no event there"),
    ({"table_formats": (1,)}, "no table format 1"),
]


@pytest.mark.parametrize(("asked", "typed", "told"), REFUSED, ids=[typed for _, typed, _ in REFUSED])
def test_a_shell_and_python_are_refused_in_the_same_words(
    tmp_path: Path, asked: dict[str, Any], typed: str, told: str
) -> None:
    log = tmp_path / "log"
    log.write_text('{"event": "e", "distinct_id": "a"}\n')
    asked = {"buffer" if name == "buffer_seconds" else name: value for name, value in asked.items()}
    with pytest.raises(IdcliError) as refused:
        replay(log, tmp_path / "run", **asked)
    shell = CliRunner().invoke(idcli, ["replay", str(log), "--run", str(tmp_path / "run"), *typed.split()])
    assert (shell.exit_code, shell.stderr) == (2, f"idcli: {refused.value}\n")
    assert told in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("asked", "told"), MEANINGLESS, ids=[told for _, told in MEANINGLESS])
def test_what_means_nothing_is_refused(tmp_path: Path, asked: dict[str, Any], told: str) -> None:
    asked = {"buffer" if name == "buffer_seconds" else name: value for name, value in asked.items()}
    with pytest.raises(IdcliError) as refused:
        replay([EVENT], tmp_path / "run", **asked)
    assert told in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_the_events_of_a_file_that_is_not_read_need_not_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    run = replay([EVENT], tmp_path / "run", left_out=(f"{tmp_path / 'other'}:9",))
    assert run.metadata["events"] == 1


def test_formats_may_be_one_text_as_in_a_shell() -> None:
    assert ReplayOptions(table_formats="csv, ndjson,csv").table_formats == ("csv", "ndjson")
    assert ReplayOptions(table_formats=["csv"]).table_formats == ("csv",)
    assert ReplayOptions(table_formats="none", graph_formats=()).table_formats == ()


@pytest.mark.parametrize(
    ("typed", "last", "offered"),
    [
        (["replay", "--tables"], "csv,p", ["csv,parquet"]),
        (["replay", "--tables"], "", [*TABLE_FORMATS, "none"]),
        (["replay", "--rules"], "2", [name for name in RULE_SETS if name.startswith("2")]),
        (["whatif", "--rules"], "gu", ["guide"]),
        (["export", "links", "--format"], "", [*TABLE_FORMATS]),
    ],
)
def test_a_shell_completes_names(typed: list[str], last: str, offered: list[str]) -> None:
    completed = ShellComplete(idcli, {}, "idcli", "_IDCLI_COMPLETE").get_completions(typed, last)
    assert [one.value for one in completed] == offered
