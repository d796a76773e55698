"""What commands import before they answer: most of what a start costs.

What a start takes in time is measured by `tests/bench/starts.py`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from identity_cli.cli import COMMANDS

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"
ANSWERS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "person": (("user_hanna",), {"reports"}),
    "persons": ((), {"reports", "values"}),
    "find": (("user_hanna",), {"reports"}),
    "trend": ((), {"reports", "tables"}),
    "how": (("user_hanna",), {"reports"}),
    "blame": (("user_hanna",), {"reports", "counterfactual"}),
    "audit": ((), {"reports"}),
    "warnings": ((), {"reports", "answers", "audits", "findings"}),
    "export": (("links",), {"tables", "files", "errors"}),
}
"""Commands that answer from the run alone, and the folders that they need beside those of `OF_ALL`."""
OF_ALL = {"cli", "store"}
TOO_HEAVY = {
    *("rich", "locale", "multiprocessing", "tomllib", "yaml"),
    *("identity_cli.store.writing", "identity_cli.audits.registry", "identity_cli.findings.found"),
    *("importlib.util", "identity_cli.store.reading.graph_rows"),
}
"""What none of these needs: a terminal's colours and bars, help, what settings and redaction ask for."""
HEAVY = {
    "msgspec": {"export"},  # to write CSV
    "pathlib": {"export"},
    "tempfile": {"export"},
    "shutil": {"export"},
    "signal": {"export"},
    "xxhash": {"trend"},  # what events of an hour are kept by
    "dataclasses": {"how", "warnings", "export"},
    "unicodedata": {"trend", "audit"},
    "difflib": set(),
    "identity_cli.outcomes": {"export"},
}
"""What only these need, as it takes its time."""


def imported_by(place: Path, *words: str) -> set[str]:
    """The modules that a call of idcli imports."""
    script = (
        "import os, sys\nleave = os._exit\n"
        "def tell(code):\n    print(*sys.modules, file=sys.stderr)\n    leave(code)\n"
        "os._exit = tell\nfrom identity_cli.__main__ import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *words], cwd=place, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    return {name for name in loaded if not _is_placeholder(name)}


def _is_placeholder(name: str) -> bool:
    """Whether what stands under that name may be empty: main puts it there, until somebody asks for more."""
    return name in ("inspect", "platform", "gettext", "threading")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starts")
    tool = [sys.executable, "-m", "identity_cli", "replay", str(SAMPLE), "-q"]
    subprocess.run(tool, cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("command", ANSWERS)
def test_what_answers_from_the_run_imports_little(place: Path, command: str) -> None:
    words, folders = ANSWERS[command]
    loaded = imported_by(place, command, *words)
    ours = {name.split(".")[1] for name in loaded if name.count(".") > 1 and name.startswith("identity_cli.")}
    assert ours == OF_ALL | folders
    assert loaded & TOO_HEAVY == set()
    assert {name for name in HEAVY if name in loaded} == {name for name in HEAVY if command in HEAVY[name]}


def test_what_click_imports_for_others_is_not_run(place: Path) -> None:
    def imports(*words: str) -> str:
        tool = [sys.executable, "-X", "importtime", "-m", "identity_cli", *words]
        return subprocess.run(tool, cwd=place, capture_output=True, text=True, check=True).stderr

    spared = re.compile(r"\b(dis|tokenize|inspect|platform|gettext|threading|locale)$", re.MULTILINE)
    assert not spared.search(imports("person", "user_hanna"))


def test_what_was_spared_is_there_for_whoever_asks() -> None:
    script = (
        "import os, sys\nfrom identity_cli.__main__ import _spare_imports\n_spare_imports()\n"
        "import gettext, inspect, platform, uuid\nfrom gettext import gettext as told\n"
        "print(told('as it is'), platform.machine(), uuid.UUID(int=1), inspect.signature(lambda a: a), "
        "gettext.NullTranslations().gettext('x'), platform.system())"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    system = os.uname()
    assert said.split(" ", 2)[2] == (
        f"is {system.machine} 00000000-0000-0000-0000-000000000001 (a) x {system.sysname}\n"
    )


def test_every_command_is_one_that_answers_from_the_run_or_does_more() -> None:
    more = {
        *("replay", "events", "graph", "report", "pack", "why", "whatif", "culprits", "repair", "verify"),
        *("diff", "audits", "dialects", "schema", "completion", "help"),
    }
    assert COMMANDS.keys() == ANSWERS.keys() | more
