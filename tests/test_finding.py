"""The way to an id: what may be typed for one, and what is found of a text, now and ever."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from identity_cli import Run, find, replay
from identity_cli.cli import idcli
from identity_cli.store.reading.typed_ids import completed, ids_beginning, meant

SAMPLE = "sample_data/events.ndjson"
UUID = "01902fa5-7d41-7cc3-9f0e-8b0f298dd13a"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("finding") / "run", table_formats="none")


def cli(run: Run, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(idcli, [*arguments, "--run", run.name])
    assert result.exit_code == code, result.output
    return result


def sets(distinct_id: str, second: int, **values: Any) -> str:
    moment = f"2024-01-01T00:00:{second:02}.000Z"
    properties = {"$set": values}
    return json.dumps(
        {"event": "e", "distinct_id": distinct_id, "timestamp": moment, "properties": properties}
    )


def told(run: Run, text: str) -> list[tuple[Any, ...]]:
    return [
        (
            one.what,
            one.value,
            one.match,
            one.origin and one.origin.line,
            one.then and one.then.known_as,
            one.now and one.now.known_as,
            one.is_current,
        )
        for one in find(run, text)
    ]


def test_the_victim_of_a_merge_is_found_by_the_address_that_was_overwritten(run: Run) -> None:
    assert told(run, "olga@example.org") == [
        ("email", "olga@example.org", "exact", 64, "user_olga", "user_nils", False)
    ]


def test_what_is_exact_comes_first_then_prefix_substring_and_other_case(run_of: Callable[..., Run]) -> None:
    log = [sets("ANA", 0), sets("susana", 1), sets("anatol", 2), sets("ana", 3, nick="ana")]
    found = told(run_of("\n".join(log)), "ana")
    assert [(value, match) for _, value, match, *_ in found] == [
        ("ana", "exact"),
        ("ana", "exact"),
        ("anatol", "prefix"),
        ("susana", "substring"),
        ("ANA", "other case"),
    ]


def test_any_value_is_found_also_numbers_and_letters_of_other_alphabets(run_of: Callable[..., Run]) -> None:
    log = [sets("a", 0, seats=42, city="Ørsta"), sets("a", 1, city="50%_\\off"), sets("b", 2, city="x50y")]
    done = run_of("\n".join(log))
    assert [(what, value, match) for what, value, match, *_ in told(done, "42")] == [("seats", 42, "exact")]
    assert [(value, match) for _, value, match, *_ in told(done, "øRSTA")] == [("Ørsta", "other case")]
    assert [value for _, value, *_ in told(done, "50%_\\")] == ["50%_\\off"]
    assert told(done, "nowhere") == []


def test_a_value_written_again_is_told_once_and_one_removed_is_no_longer(run_of: Callable[..., Run]) -> None:
    log = [
        sets("a", 0, plan="plus"),
        sets("a", 1, plan="free"),
        sets("a", 2, plan="plus"),
        sets("b", 3, plan="plus"),
    ]
    done = run_of("\n".join(log))
    assert [(line, of, now) for *_, line, of, _, now in told(done, "plus")] == [
        (1, "a", True),
        (4, "b", True),
    ]
    assert [now for *_, now in told(done, "free")] == [False]


def test_a_person_id_is_found_also_of_one_merged_away(run: Run) -> None:
    now = run.find_person("user_nils")
    away = next(one for one in run.parts_of(now.person).values() if one != now.person_id)
    assert told(run, away)[0][:3] == ("person_id", away, "exact")
    assert told(run, away)[0][-1] is False


def test_machines_get_every_place_and_people_a_page(run: Run) -> None:
    records = json.loads(cli(run, "find", "olga", "--format", "json").stdout)
    assert [one["what"] for one in records] == ["email", "distinct_id", "name"]
    assert {one["now"] for one in records} == {"user_nils"}
    assert "1 place, 1 exact" in cli(run, "find", "olga@example.org").stdout
    assert "was ever in this run" in cli(run, "find", "zzz").stdout


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("user_ol", "user_olga"),
        ("anon-19…46", "anon-19ac46"),
        ("an…c46", "anon-19ac46"),
        ("c4fda500", "c4fda500-3772-5d45-92bf-082f3cb5308a"),
        ("C4FDA500", "c4fda500-3772-5d45-92bf-082f3cb5308a"),
        ("OLGA@example.org", "user_olga"),
        ("nils@example.net", "user_nils"),
    ],
)
def test_an_id_may_be_typed_by_its_beginning_as_it_is_cut_or_by_an_address(
    run: Run, typed: str, taken: str
) -> None:
    result = cli(run, "person", typed)
    assert result.stdout == cli(run, "person", taken).stdout
    assert result.stderr == f"idcli: {typed} is taken for {taken}\n"


@pytest.mark.parametrize("command", ["how", "why", "blame"])
def test_other_commands_take_an_address_too(run: Run, command: str) -> None:
    address, other = ("olga@example.org", ["user_hanna"] if command == "why" else [])
    assert cli(run, command, address, *other).stdout == cli(run, command, "user_olga", *other).stdout


def test_an_address_of_two_persons_is_nobody_s_name(run_of: Callable[..., Run]) -> None:
    log = [
        sets("a", 0, email="x@example.org"),
        sets("b", 1, email="X@example.org"),
        sets("c", 2, by="y@x.org"),
    ]
    done = run_of("\n".join(log))
    assert "is or was of 2 persons: a, b." in cli(done, "person", "x@example.org", code=2).stderr
    assert meant(done, "y@x.org") == "y@x.org"  # no address of c's


def test_the_beginning_of_several_ids_or_of_a_number_stands_for_none(run_of: Callable[..., Run]) -> None:
    done = run_of("\n".join([sets("user_12", 0), sets("user_ab1", 1), sets("user_ab2", 2), sets(UUID, 3)]))
    assert completed(done, "user_1") is None
    assert completed(done, "user_a") is None
    assert completed(done, "use") is None
    assert completed(done, UUID[:8]) == UUID
    assert completed(done, f"{UUID[:3]}…{UUID[-2:]}") == UUID
    assert ids_beginning(done, "user_", limit=2) == ["user_12", "user_ab1"]


def test_ids_with_other_digits_are_not_offered(run_of: Callable[..., Run]) -> None:
    done = run_of("\n".join([sets("user_12", 0), sets("user_21", 1), sets("user_x", 2)]))
    assert "Alike" not in cli(done, "person", "user_13", code=2).stderr


def test_a_block_is_of_the_id_as_typed(run: Run) -> None:
    assert "taken for" not in cli(run, "warnings", "--id", "user_ol").stderr
    assert Path(run.name).is_dir()


@pytest.mark.parametrize("command", ["export persons", "persons"])
def test_csv_for_programs_has_no_apostrophe(run_of: Callable[..., Run], command: str) -> None:
    done = run_of(sets("=1+1", 0, name="'=x"))
    asked = [*command.split(), "--format", "csv"]
    assert "'=1+1" in cli(done, *asked).stdout
    assert "'=1+1" not in cli(done, *asked, "--csv-guard", "off").stdout
    assert "=1+1" in cli(done, *asked, "--csv-guard", "off").stdout


def test_persons_tell_how_many_findings_each_has(run: Run) -> None:
    """As many as the page of each one lists."""
    lines = cli(run, "persons", "--limit", "60").stdout.splitlines()
    told = {words[0]: words[-2] for words in map(str.split, lines[1:])}
    assert told["user_hanna"] == "1"
    for login, number in told.items():
        known = json.loads(cli(run, "person", login, "--format", "json").stdout)
        assert len(known["findings"]) == (int(number) if number.isdecimal() else 0), login
