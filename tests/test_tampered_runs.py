"""A run that somebody or something has changed is told as damaged, in one line: no traceback, no hang."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from nasty_logs import nasty_log
from patience import within
from tampering import change

from identity_cli import Run, replay
from identity_cli.cli import idcli
from identity_cli.errors import RunUnreadable
from identity_cli.rules import RULE_SETS
from identity_cli.store.reading.damage import damage_in

SAMPLE = Path(__file__).parent.parent / "sample_data"
QUESTIONS = [
    *("person user_nils", "person user_nils --as-of 200", "persons", "warnings", "how user_nils"),
    *(
        "why anon-19ac46 user_nils",
        "blame user_nils",
        "export persons",
        "export distinct_ids",
        "export links",
    ),
    *("export warnings", "export events", "export rejected"),
]
REPLAYING = [
    "culprits user_nils",
    "repair user_nils",
    "whatif --rules current",
    "whatif --block-id user_nils",
]
ODD_CELLS = [
    *(
        None,
        -1,
        0,
        2**63 - 1,
        1.5,
        "",
        "x",
        "{",
        "[]",
        "{}",
        "null",
        '"a"',
        b"\xff\xfe",
        b"",
        "[[1,2]]",
        "NaN",
    ),
    *("[" * 2_000, "2023-99-99T00:00:00.000Z", "\x1b[2J"),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("good") / "run"
    replay(SAMPLE / "events.ndjson", place, with_events=True, table_formats=()).close()
    return place


@pytest.fixture
def run(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "run"))


def ask(question: str, run: Path, changed: str = "") -> int:
    """The exit code, of which each stands for an answer or for one line of what is wrong."""
    with within(20):
        answer = CliRunner().invoke(idcli, [*question.split(), "--run", str(run)])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), (
        f"{question}: {answer.exception!r} after {changed}"
    )
    assert answer.exit_code in (0, 1, 2)
    if answer.exit_code == 2:
        assert answer.stderr.startswith("idcli: ")
        assert len(answer.stderr.splitlines()) == 1
    return answer.exit_code


def test_a_run_as_it_was_written_has_no_damage(good: Path) -> None:
    with closing(sqlite3.connect(good / "run.db")) as database:
        assert damage_in(database) is None
    assert {ask(question, good) for question in (*QUESTIONS, *REPLAYING)} <= {0, 1}


@pytest.mark.parametrize("rules", list(RULE_SETS))
@pytest.mark.parametrize("seed", range(3))
def test_no_replay_writes_what_counts_as_damage(rules: str, seed: int, tmp_path: Path) -> None:
    run = replay(nasty_log(Random(seed), 400), tmp_path / "run", rules=rules, with_events=True)
    assert run.damage() is None


VIEW = (
    "CREATE VIEW persons AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT x AS person, 1 AS team_id, 'p' AS person_id, 'c' AS creator_distinct_id, NULL AS survivor FROM c"
)
NOT_OPENED = {
    "a view without an end": ["ALTER TABLE persons RENAME TO p", VIEW],
    "a view": ["DROP TABLE persons", "CREATE VIEW persons AS SELECT 1"],
    "a trigger": ["CREATE TRIGGER t AFTER INSERT ON persons BEGIN DELETE FROM run; END"],
    "no links": ["DROP TABLE links"],
    "a column too many": ["ALTER TABLE links ADD COLUMN mine TEXT"],
    "no index": ["DROP INDEX persons_by_id"],
    "an older version": ["PRAGMA user_version = 1"],
    "a version to come": ["PRAGMA user_version = 99"],
}


@pytest.mark.parametrize("state", list(NOT_OPENED))
def test_other_tables_are_not_opened(state: str, run: Path) -> None:
    change(run, *NOT_OPENED[state])
    with pytest.raises(RunUnreadable):
        Run(run)


STATES = {
    "run is empty": "DELETE FROM run",
    "sources is empty": "DELETE FROM sources",
    "persons survive in themselves": "UPDATE persons SET survivor = person",
    "persons survive in a circle": "UPDATE persons SET survivor = person % 40 + 1",
    "ids of persons that are not": "UPDATE distinct_ids SET person = person + 100000",
    "no persons": "DELETE FROM persons",
    "no ids": "DELETE FROM distinct_ids",
}


@pytest.mark.parametrize("state", list(STATES))
def test_rows_that_contradict_one_another(state: str, run: Path) -> None:
    change(run, STATES[state])
    for question in (*QUESTIONS, *REPLAYING):
        ask(question, run)


def columns(run: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(run / "run.db")) as database:
        yield from database.execute(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        ).fetchall()


def odd_runs(run: Path, good: Path, chance: Random) -> Iterator[str]:
    """The run with one odd value in a row, in some or in all rows of a column; one after the other."""
    wheres = ("", "WHERE rowid = 1", "WHERE rowid % 3 = 0")
    odd = [(*column, cell, where) for column in columns(run) for cell in ODD_CELLS for where in wheres]
    chance.shuffle(odd)
    for table, column, cell, where in odd:
        shutil.copy(good / "run.db", run / "run.db")
        statement = f"UPDATE {table} SET {column} = ? {where}"
        try:
            change(run, statement, cell=cell)
        except sqlite3.Error:
            continue
        yield f"{statement}, {cell!r}"


def tables_of(run: Path) -> list[str]:
    return sorted({table for table, _ in columns(run)})


def test_whatever_is_taken_out_of_a_run_by_hand_is_noticed_when_it_is_opened(run: Path, good: Path) -> None:
    """A row from the middle of a table too, of any, and one of the run's own figures."""
    for table in tables_of(good):
        shutil.copy(good / "run.db", run / "run.db")
        with closing(sqlite3.connect(run / "run.db")) as database, database:
            first = next(database.execute(f"PRAGMA table_info({table})"))[1]
            deleted = database.execute(
                f"DELETE FROM {table} WHERE {first} = (SELECT {first} FROM {table} LIMIT 1)"
            )
            if not deleted.rowcount:
                continue
        with pytest.raises(RunUnreadable, match="something has written into it since its replay"):
            Run(run)


def test_to_look_into_a_run_by_hand_changes_nothing(run: Path) -> None:
    with closing(sqlite3.connect(run / "run.db")) as database, database:
        assert database.execute("SELECT count(*) FROM people").fetchone()
    assert ask("persons", run) == 0


def test_odd_values_in_some_columns(run: Path, good: Path) -> None:
    chance = Random(5)
    for changed in islice(odd_runs(run, good, chance), 80):
        for question in chance.sample(QUESTIONS, 2):
            ask(question, run, changed)


@pytest.mark.slow
def test_odd_values_in_any_column(run: Path, good: Path, pytestconfig: pytest.Config) -> None:
    """For as long as was asked, see fuzz/README.md; for half a minute unasked."""
    chance, until = Random(6), time.monotonic() + pytestconfig.getoption("--fuzz-seconds") / 2
    for changed in odd_runs(run, good, chance):
        if time.monotonic() > until:
            break
        for question in chance.sample([*QUESTIONS, *REPLAYING], 3):
            ask(question, run, changed)


@pytest.mark.parametrize("seed", range(3))
def test_random_bytes(seed: int, run: Path, good: Path) -> None:
    random, whole = Random(seed), (good / "run.db").read_bytes()
    for _ in range(12):
        changed = bytearray(whole)
        for _ in range(random.choice([1, 3, 20, 200])):
            changed[random.randrange(100 if random.random() < 0.05 else len(changed))] = random.randrange(256)
        if random.random() < 0.15:
            del changed[random.randrange(len(changed)) :]
        (run / "run.db").write_bytes(changed)
        for question in random.sample(QUESTIONS, 3):
            ask(question, run)
