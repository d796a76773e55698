"""Measures idcli against its budgets, as ratios taken in one run on one machine.

    python -m tests.bench.benchmark [--events 1000000] [--runs 3] [--only NAME ...] [--against IDCLI]

Makes its logs in a temporary folder, where later calls find them again. A measure, not
a test: it ends with 0 whatever it finds. README.md beside says what the units are.
"""

import argparse
import shlex
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.bench import answers, growth, whole_replays
from tests.bench.measure import CommandError
from tests.bench.rows import Row, as_json, table
from tests.bench.workshop import Workshop, say

Measurement = Callable[[Workshop, int, int], Iterable[Row]]
"""From a workshop, the events of its log and how often to measure."""
MEASUREMENTS: dict[str, Measurement] = {
    "replay": whole_replays.replay,
    "parts": whole_replays.parts,
    "scattered": whole_replays.scattered,
    "peers": whole_replays.peers,
    "instructions": whole_replays.instructions,
    "memory": growth.memory,
    "flat": growth.flat,
    "chain": growth.chain,
    "one-person": growth.one_person,
    "start": answers.start,
    "answers": answers.explained,
    "five-times": growth.five_times,
}
TAKES_LONG = "five-times"


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures idcli against its budgets.")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="lines of the log; others follow from it"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured (default 3)")
    parser.add_argument(
        "--only", action="append", choices=MEASUREMENTS, help="what to measure; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help=f"also {TAKES_LONG}, which takes long")
    parser.add_argument(
        "--against", metavar="IDCLI", help="only replays, each beside one by this idcli of another version"
    )
    parser.add_argument("--replay-options", default="", help="further options of idcli replay, in one string")
    default_folder = Path(tempfile.gettempdir()) / "idcli-bench"
    parser.add_argument("--folder", type=Path, default=default_folder, help="where the logs are kept")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every figure in this file")
    return parser.parse_args()


def _measured(
    measurements: Mapping[str, Measurement], workshop: Workshop, events: int, runs: int
) -> list[Row]:
    """The rows of these measurements; one that fails is told and left out."""
    rows: list[Row] = []
    for name, measure in measurements.items():
        try:
            rows += measure(workshop, events, runs)
        except CommandError as error:
            say(f"{name} could not be measured. {error}")
    return rows


def _wanted(only: Sequence[str] | None, other: str | None, *, everything: bool) -> dict[str, Measurement]:
    if other is not None:
        return {"against": partial(whole_replays.against, other)}
    usual = [name for name in MEASUREMENTS if everything or name != TAKES_LONG]
    return {name: MEASUREMENTS[name] for name in only or usual}


def main() -> None:
    """Measure what the command line asks for."""
    given = _parse_arguments()
    workshop = Workshop(given.folder, shlex.split(given.replay_options))
    wanted = _wanted(given.only, given.against, everything=given.all)
    workshop.remove_runs()  # of a call that was stopped
    try:
        rows = _measured(wanted, workshop, given.events, given.runs)
    finally:
        workshop.remove_runs()
    print(table(rows))
    if given.json:
        asked = {"events": given.events, "runs": given.runs, "replay_options": given.replay_options}
        given.json.write_text(as_json(rows, {**asked, "against": given.against}), encoding="utf-8")


if __name__ == "__main__":
    main()
