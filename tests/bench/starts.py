"""What each command takes to start and to answer, against a Python that starts and does nothing.

    python -m tests.bench.starts                              # of sample_data, in processor time
    python -m tests.bench.starts --run RUN --ids ID OTHER     # of another run, two ids of one person
    python -m tests.bench.starts --instructions               # counted by valgrind: no noise changes these

Outputs are in pipes. README.md beside says what was measured.
"""

import argparse
import compileall
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.instructions import by_valgrind
from tests.bench.measure import REPOSITORY, alternate, ratios, run

SAMPLE = REPOSITORY / "sample_data" / "events.ndjson"
SAMPLE_IDS = ("user_hanna", "user_ivo")
BARE = (sys.executable, "-I", "-c", "")
ROUNDS = 15  # a start takes a tenth of a second and varies by a third
COMPLETING = "completion of an id"

FROM_RUN = {
    "person": ("ID",),
    "find": ("ID",),
    "persons": ("--limit", "10"),
    "trend": (),
    "how": ("ID",),
    "blame": ("ID",),
    "audit": (),
    "warnings": (),
    "export": ("links",),
}
"""Commands that answer from the run alone."""
FROM_LOG = {
    "events": ("ID",),
    "why": ("ID", "OTHER"),
    "whatif": ("--block-id", "OTHER"),
    "graph": ("ID",),
    "culprits": ("ID",),
    "repair": ("ID",),
}
"""Commands that also read the log again, or a part of it."""
Call = tuple[list[str], dict[str, str]]
"""A command and what its environment has beside ours."""


def calls(folder: Path, ids: Sequence[str]) -> dict[str, Call]:
    """Every call that is measured, by name."""
    idcli = Path(sys.executable).with_name("idcli")
    tool = [sys.executable, *([str(idcli)] if idcli.exists() else ["-m", "identity_cli"])]
    own = {"IDCLI_RUN": str(folder), "PYTHONHASHSEED": "0"}
    meant = dict(zip(("ID", "OTHER"), ids, strict=True))
    asked = {
        name: ([*tool, name, *(meant.get(word, word) for word in words)], own)
        for name, words in (FROM_RUN | FROM_LOG).items()
    }
    typed = {
        "_IDCLI_COMPLETE": "bash_complete",
        "COMP_WORDS": f"idcli person {ids[0][:4]}",
        "COMP_CWORD": "2",
    }
    return {
        "a bare Python": ([*BARE], own),
        "--help": ([*tool, "--help"], own),
        COMPLETING: (tool, own | typed),
        **asked,
    }


def instructions(call: Call) -> float:
    """How many instructions a call takes."""
    return by_valgrind(_words(call))


def seconds(call: Call) -> float:
    """The processor time of a call."""
    return run(_words(call)).cpu


def _words(call: Call) -> list[str]:
    words, own = call
    return ["env", *(f"{name}={value}" for name, value in own.items()), *words]


def starts(
    folder: Path, ids: Sequence[str], measure: Callable[[Call], float], rounds: int
) -> dict[str, list[float]]:
    """By name, what each call takes in bare starts; the first start of each reads from disk."""
    compileall.compile_dir(REPOSITORY / "identity_cli", quiet=1)
    measured = {name: partial(measure, call) for name, call in calls(folder, ids).items()}
    alternate(measured, 1 if rounds > 1 else 0)
    taken = alternate(measured, rounds)
    bare = taken.pop("a bare Python")
    return {name: ratios(values, bare) for name, values in taken.items()}


def rows(found: dict[str, list[float]]) -> Iterator[str]:
    """The lines of a table."""
    yield "| command | bare starts |"
    yield "|---|---|"
    for name, values in found.items():
        several = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
        yield f"| {name} | {median(values):.2f}{several} |"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, help="a run; without it, sample_data is replayed")
    parser.add_argument("--ids", nargs=2, default=SAMPLE_IDS, metavar="ID", help="two of one person in it")
    parser.add_argument("--instructions", action="store_true", help="count these, once each")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"default {ROUNDS}")
    given = parser.parse_args()
    measure, rounds = (instructions, 1) if given.instructions else (seconds, given.rounds)
    with tempfile.TemporaryDirectory(prefix="idcli-starts-") as scratch:
        folder = given.run or Path(scratch) / "run"
        if given.run is None:
            run([sys.executable, "-m", "identity_cli", "replay", str(SAMPLE), "--run", str(folder), "-q"])
        print(*rows(starts(folder.absolute(), given.ids, measure, rounds)), sep="\n")


if __name__ == "__main__":
    main()
