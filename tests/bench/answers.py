"""What an answer takes from a run of many ids: short commands, and those that read the log again."""

import compileall
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.growth import log_of_many_ids
from tests.bench.measure import REPOSITORY, alternate, ratios, run
from tests.bench.rows import Row
from tests.bench.starts import FROM_RUN
from tests.bench.whole_replays import walls
from tests.bench.workshop import IDCLI, PYTHON, Workshop, say

BARE_START = (PYTHON, "-I", "-c", "")
STARTS = 15  # a start takes a tenth of a second and varies by a third


def start(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Commands that answer from the run, against a Python that starts and does nothing."""
    # As pip does when it installs: an editable package, in an environment that keeps Python
    # from writing bytecode, would compile the source again at every start.
    compileall.compile_dir(REPOSITORY / "identity_cli", quiet=1)
    log = _replayed(workshop, events)
    wanted, _ = _two_ids(workshop, log)
    place = ("--run", str(workshop.run_folder(log)))
    questions = {
        f"idcli {' '.join((name, *words))}": (name, *(wanted if word == "ID" else word for word in words))
        for name, words in FROM_RUN.items()
    }
    commands = {name: (*_tool(), *words, *place) for name, words in questions.items()}
    commands |= {"idcli --help": (*_tool(), "--help"), "a bare Python": BARE_START}
    say(f"starting each command {STARTS} times")
    started = {name: partial(run, command, cwd=REPOSITORY) for name, command in commands.items()}
    alternate(started, 1)  # the first start of each reads from disk and compiles
    taken = {name: walls(usages) for name, usages in alternate(started, STARTS).items()}
    bare = taken.pop("a bare Python")
    yield Row("a bare Python starts in", [1000 * wall for wall in bare], "ms", 1)
    for name, of_it in taken.items():
        yield Row(f"{name}, piped", ratios(of_it, bare), "starts")


def explained(workshop: Workshop, events: int, runs: int) -> Iterator[Row]:
    """Commands that read of the log what they need."""
    log = _replayed(workshop, events)
    one, other = _two_ids(workshop, log)
    place = ("--run", str(workshop.run_folder(log)))
    for words in (("why", one, other), ("culprits", one), ("whatif", "--block-id", other)):
        say(f"asking {words[0]}")
        usages = [run((*_tool(), *words, *place), cwd=REPOSITORY) for _ in range(runs)]
        yield Row(f"idcli {words[0]}", walls(usages), "s", remark=f"a run of {5 * events:,} events")


def _tool() -> tuple[str, ...]:
    idcli = Path(PYTHON).with_name("idcli")
    return (str(idcli),) if idcli.exists() else IDCLI


def _replayed(workshop: Workshop, events: int) -> Path:
    log = log_of_many_ids(workshop, events)
    if not workshop.run_folder(log).exists():
        workshop.replay(log)
    return log


def _two_ids(workshop: Workshop, log: Path) -> tuple[str, str]:
    """Two ids of one person who signed up, from the middle of the table."""
    signed_up = "merges WHERE target_distinct_id GLOB 'user_*'"
    middle = workshop.count(log, signed_up) // 2
    names = "target_distinct_id, source_distinct_id"
    ((one, other),) = workshop.rows(log, f"SELECT {names} FROM {signed_up} LIMIT 1 OFFSET {middle}")
    return one, other
