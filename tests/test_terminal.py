"""What a person at a terminal meets: help, tables and errors at three widths, suggestions, completion."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from identity_cli import Outcome, Run, replay, summary
from identity_cli.cli import COMMANDS, GROUPS, idcli
from identity_cli.cli.terminal import text
from identity_cli.cli.terminal.fitting import width_of, wrapped
from identity_cli.cli.terminal.page import Page
from identity_cli.cli.terminal.summary_page import show
from identity_cli.cli.terminal.text import duration_text, print_error

PROJECT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "widths"
LOG, EXPORT = "sample_data/events.ndjson", "sample_data/persons_export.jsonl"
SHOWN = {
    "help": ["--help", *(f"{name} --help" for name in COMMANDS)],
    "begin": [f"replay {LOG} --run again", "warnings", "person user_nils", "person user_nils --as-of 296"],
    "look": [
        *("find olga", "persons --limit 5", "events user_ivo --limit 4", "trend", "graph user_ivo", "graph"),
        *("report user_ivo -o report.html", "pack -o run.zip"),
    ],
    "explain": ["how user_nils", "why user_olga user_nils", "why user_ana user_nils", "blame user_nils"],
    "mend": ["whatif --block-id undefined", "culprits user_nils", "repair user_nils"],
    "check": [f"verify --persons {EXPORT}", "diff idcli-run idcli-run"],
    "know": [
        *("audit", "audits", "audits mega_person", "dialects", "dialects segment", "help persons"),
    ],
    "errors": [
        *("persns", "person user_hana", "persons --where plan", "persons --limit x", "person"),
        *("replay nothing.ndjson", "replay sample_data/README.md", f"replay {LOG} --rules curent"),
        *("warnings --type nonsense", "warnings --code nonsense", "persons --run nowhere", "export nonsense"),
        *("whatif", "whatif --without sample_data/events.ndjson:9999", "why", "why user_ana nobody"),
        *("dialects segmnt", "completion instal", "help warnigs", "verify", "graph user_ivo --format doc"),
    ],
}
"""What each golden page holds: commands, one after the other."""
WIDTHS = (60, 80, 120)
WORDED_BY_CLICK = ("help", "errors")
CLICK = tuple(int(part) for part in version("click").split(".")[:2])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample and its run."""
    place = tmp_path_factory.mktemp("shop")
    (place / "sample_data").symlink_to(PROJECT / "sample_data")
    with chdir(place):
        replay("sample_data/events.ndjson", table_formats="none").close()
    return place


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_golden_widths(
    shop: Path,
    terminal: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    name: str,
    columns: int,
) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.delenv("IDCLI_RUN", raising=False)
    terminal(columns)
    monkeypatch.setattr(text, "is_terminal", lambda stream: True)
    pages = []
    for typed in SHOWN[name]:
        if typed.startswith("report") and find_spec("jinja2") is None:
            pytest.skip("needs jinja2: pip install 'idcli[report]'")
        result = CliRunner().invoke(idcli, typed.split(), prog_name="idcli", terminal_width=columns - 2)
        assert isinstance(result.exception, SystemExit | None), typed
        assert (result.exit_code == 2) == (name == "errors"), (typed, result.output)
        for line in result.output.splitlines():
            assert width_of(line) <= columns or is_one_word(line), (typed, line)
        pages.append(f"$ idcli {typed}\n{result.output}")
    output = "\n".join(pages)
    if name in WORDED_BY_CLICK and CLICK < (8, 5):
        pytest.skip("every line fits; click words some of them otherwise before 8.5")
    path = GOLDEN / f"{name}-{columns}.txt"
    if request.config.getoption("--update"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output, encoding="utf-8")
    assert output == path.read_text(encoding="utf-8"), "pytest --update writes it anew"


def test_no_golden_file_of_a_width_is_left_over() -> None:
    assert {f"{name}-{columns}.txt" for name in SHOWN for columns in WIDTHS} == {
        path.name for path in GOLDEN.iterdir()
    }


def is_one_word(line: str) -> bool:
    """Whether a line is wide only as it is not to be broken: a command or a request to copy."""
    return line.strip().startswith("idcli ") or len(line.split()) <= 2


def test_golden_widths_leave_out_no_command() -> None:
    typed = {line.split()[0] for lines in SHOWN.values() for line in lines}
    assert typed >= COMMANDS.keys() - {"schema"}, "schema prints JSON alone"


def test_words_stay_whole() -> None:
    words = "see --internal-users and idcli-run-repaired, or " + "x" * 50
    for width in (10, 20, 40):
        assert " ".join(wrapped(words, width)) == words
    assert wrapped("", 10) == []


def test_every_command_is_in_one_group_and_three_begin() -> None:
    assert sum(map(len, GROUPS.values())) == len(COMMANDS)
    assert len(next(iter(GROUPS.values()))) == 3


def test_alone_it_shows_what_there_is() -> None:
    alone = CliRunner().invoke(idcli, [], prog_name="idcli")
    assert alone.exit_code == 0
    assert alone.stdout == CliRunner().invoke(idcli, ["--help"], prog_name="idcli").stdout
    assert alone.stdout == CliRunner().invoke(idcli, ["help"], prog_name="idcli").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_its_help(name: str) -> None:
    told = CliRunner().invoke(idcli, ["help", name], prog_name="idcli")
    assert told.exit_code == 0
    assert told.stdout == CliRunner().invoke(idcli, [name, "--help"], prog_name="idcli").stdout


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("persns", "did you mean persons or person?"),
        ("help warnigs", "did you mean warnings?"),
        ("dialects segmnt", "did you mean segment?"),
        ("replay sample_data/events.ndjson --rules curent --run nowhere", "did you mean current?"),
        ("replay sample_data/events.ndjson --dialect posthg --run nowhere", "did you mean posthog?"),
        ("replay sample_data/events.ndjson --rules foo --run nowhere", "mixpanel-original, auto."),
        ("persons --fromat json", "Did you mean"),
        ("persons --sort plam", "or any property that persons have, such as plan, "),
        ("person -dash", "goes behind --, as in idcli person -- -1"),
        ("replay x --jobs x --run nowhere", "the jobs cannot be 'x': give a whole number from 1 to 256"),
        ("replay x --jobs 0 --run nowhere", "the jobs cannot be 0: give a whole number from 1 to 256"),
        ("whatif --buffer abc", "the buffer cannot be 'abc': give a number of seconds, as in --buffer 60"),
        ("events user_ivo --team-id x", "the team id cannot be 'x': give a whole number, as in --team-id 2"),
        (
            "warnings --fail-on error>x",
            "the number of error cannot be 'x': give a whole number, as in 'error>3'",
        ),
        ("completion show bosh", "did you mean bash?"),
        ("warnings --type cannot_merge_alredy_identified", "did you mean cannot_merge_already_identified?"),
        ("warnings --type nonsense", "choose one of cannot_merge"),
        ("nothing", "no command 'nothing': `idcli help` lists them all"),
    ],
)
def test_what_is_mistyped_is_told_what_it_may_mean(
    shop: Path, monkeypatch: pytest.MonkeyPatch, typed: str, meant: str
) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.delenv("IDCLI_RUN", raising=False)
    result = CliRunner().invoke(idcli, typed.split(), prog_name="idcli")
    assert result.exit_code == 2
    assert meant in result.stderr


def completions(shop: Path, *words: str) -> list[str]:
    """What bash is given for the last of these words, each as kind,value."""
    asked = {"_IDCLI_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["idcli", *words])}
    done = subprocess.run(
        [sys.executable, "-m", "identity_cli"],
        env={**os.environ, **asked, "COMP_CWORD": str(len(words))},
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["person", "user_ni"], ["plain,user_nils"]),
        (["graph", "user_nils", "user_ni"], ["plain,user_nils"]),
        (["repair", "user_ni"], ["plain,user_nils"]),
        (["report", "user_ni"], ["plain,user_nils"]),
        (["pack", "user_ni"], ["plain,user_nils"]),
        (["why", "user_nils", "c4fda5"], ["plain,c4fda500-3772-5d45-92bf-082f3cb5308a"]),
        (["person", "--run", "nowhere", "user_"], []),
        (["pers"], ["plain,persons", "plain,person"]),
        (["persons", "--sort", "first"], ["plain,first_seen"]),
        (["persons", "--run", "idc"], ["dir,idc"]),
        (["replay", "sam"], ["file,sam"]),
        (["replay", "x", "--rules", "2023"], ["plain,2023-09"]),
        (["replay", "x", "--dialect", "snow"], ["plain,snowplow"]),
        (["dialects", "rud"], ["plain,rudderstack"]),
        (["help", "warn"], ["plain,warnings"]),
        (["completion", "install", "f"], ["plain,fish"]),
    ],
    ids=" ".join,
)
def test_completion(shop: Path, words: list[str], offered: list[str]) -> None:
    assert sorted(completions(shop, *words)) == sorted(offered)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_once_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    startup = tmp_path / f".{shell}rc"
    startup.write_text("alias ll='ls -l'")
    install = ["completion", "install", shell]
    for _ in range(2):
        assert CliRunner().invoke(idcli, install).exit_code == 0
    lines = startup.read_text().splitlines()
    assert lines[0] == "alias ll='ls -l'"
    assert len(lines) == {"bash": 2, "zsh": 3, "fish": 1}[shell]
    (script,) = (
        path for path in tmp_path.rglob("*idcli*/*" if shell != "fish" else "*.fish") if path.is_file()
    )
    assert CliRunner().invoke(idcli, ["completion", "show", shell]).stdout in script.read_text()
    script.write_text("somebody's own")
    refused = CliRunner().invoke(idcli, install)
    assert (refused.exit_code, script.read_text()) == (2, "somebody's own")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script(shop: Path) -> None:
    script = CliRunner().invoke(idcli, ["completion", "show", "bash"]).stdout
    bin_folder = str(Path(sys.executable).parent)
    ask = (
        f'PATH="{bin_folder}:$PATH"\n{script}\nCOMP_WORDS=(idcli person user_ni); COMP_CWORD=2\n'
        '_idcli_completion idcli; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", ask], cwd=shop, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "user_nils"


def test_replay_of_standard_input_says_that_it_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = ["replay", "-", "--run", str(tmp_path / "run")]
    waits = "idcli: waiting for events on standard input; Ctrl-D ends them\n"
    assert waits not in CliRunner().invoke(idcli, asked).stderr
    monkeypatch.setattr("identity_cli.cli.commands.replay_log.is_terminal", lambda stream: True)
    assert CliRunner().invoke(idcli, asked).stderr.startswith(waits)
    assert waits not in CliRunner().invoke(idcli, [*asked, "--quiet"]).stderr


def test_a_summary_of_many_outcomes_is_not_cut(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    terminal(80)
    with chdir(shop), Run("idcli-run") as run:
        figures = summary(run)
    many = dict.fromkeys(map(str, Outcome), 1_000)
    show(Page(), figures._replace(outcomes=many), "idcli-run")
    (links,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Links"))
    assert links.split(maxsplit=2)[2] == "6,000 refused, 6,000 others: see --verbose"


def test_the_largest_kinds_of_links_are_told_and_the_rest_counted(
    terminal: Callable[[int], None], capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    terminal(80)
    with chdir(shop), Run("idcli-run") as run:
        figures = summary(run)
    counts = {"created": 2, "attached": 27, "merged": 1, "same_person": 9, "same_id": 3, "failed": 1}
    counts |= {"refused_identified": 8, "refused_taken": 6}
    show(Page(), figures._replace(outcomes=counts), "idcli-run")
    (links,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Links"))
    assert links.split(maxsplit=2)[2] == "27 attached, 14 refused, 16 others: see --verbose"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (7, "7 s"), (61, "1 min 1 s"), (86_400, "1 day"), (187_271, "2 days 4 h")],
)
def test_durations_are_told_as_people_write_them(seconds: int, told: str) -> None:
    assert duration_text(seconds) == told


def test_what_is_said_on_standard_error_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Stream(StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr("sys.stderr", Stream())
    print_error("5 events")
    assert written == ["5 events\n"]


WORKING = """
import sys, time
from identity_cli.cli.terminal import at_work, render
at_work.WAIT_SECONDS, at_work.REFRESH_SECONDS = {wait}, 0.01
def rest():
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        time.sleep(0.01)
with at_work.at_work("Searching"):
    rest()
with render.ReplayProgress(10) as progress:
    progress(10)
    rest()
print("done")
"""


@pytest.mark.parametrize(("wait", "told"), [(0.0, ["Searching", "Writing the run"]), (60.0, [])])
def test_a_terminal_is_told_what_takes_long(wait: float, told: list[str]) -> None:
    """A line of its own, which is gone at the end; nothing of what is done at once, or where nobody looks."""
    reader, writer = pty.openpty()
    script = WORKING.format(wait=wait)
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=writer, check=True, text=True
    )
    os.write(writer, b".")
    shown = ""
    while not shown.endswith("."):
        shown += os.read(reader, 1 << 16).decode()
    os.close(writer)
    os.close(reader)
    assert done.stdout == "done\n"
    lines = shown.split("\r\x1b[2K")
    assert lines[-1] == "."
    assert [*dict.fromkeys(line.split(",")[0] for line in lines[:-1] if line)] == told
    piped = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert piped.stderr == b""
