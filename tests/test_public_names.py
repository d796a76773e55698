"""What others may import, and how they use it: in Python, in a notebook, with type checkers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import identity_cli
from identity_cli import (
    Change,
    IdcliError,
    Run,
    export,
    person,
    persons,
    public_names,
    repair,
    replay,
    summary,
    verify,
    warnings,
)
from identity_cli.errors import ExtraMissing, NoDataFrames, NoExport, UnknownChoice, UnknownId
from identity_cli.store.reading.queries import RECORDS
from identity_cli.tables.run_tables import TABLES

PUBLIC: list[str] = getattr(identity_cli, "__all__")  # noqa: B009  # made when asked for
SAMPLE = Path("sample_data/events.ndjson")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("public") / "run", with_events=True, table_formats="none")


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    assert dir(identity_cli) == sorted(PUBLIC)
    assert set(vars(public_names)) >= set(PUBLIC) - {"__version__"}
    for name in set(PUBLIC) - {"__version__"}:
        assert getattr(identity_cli, name).__doc__, name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = identity_cli.nonsense  # type: ignore[attr-defined]


def test_names_are_public_only_where_the_list_says_so() -> None:
    for name, value in vars(public_names).items():
        if not name.startswith("_"):
            assert getattr(identity_cli, name) is value


def test_the_package_is_typed() -> None:
    assert Path(identity_cli.__file__).with_name("py.typed").is_file()


def test_to_import_the_package_costs_next_to_nothing() -> None:
    imports = "import sys, identity_cli; print(*(m for m in sys.modules if m.startswith('identity_cli.')))"
    told = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_what_the_commands_answer_functions_answer(run: Run) -> None:
    assert person(run, "user_ivo").person.id_count == 3
    (ivo,) = persons(run, where={"name": "Ivo"})
    assert (ivo.person_id, ivo.creator_distinct_id) == (
        person(run, "user_ivo").person.person_id,
        "anon-f9027a",
    )
    assert len([*persons(run, identified=True)]) == 22
    assert [one.id_count for one in persons(run, limit=2)] == [6, 4]
    assert {group.type: group.times for group in warnings(run)} == {
        "cannot_merge_with_illegal_distinct_id": 8,
        "cannot_merge_already_identified": 5,
    }
    assert len(warnings(run, "cannot_merge_already_identified")) == 1
    assert summary(run).persons == 49
    assert sum(summary(run).outcomes.values()) == 47


def test_what_is_not_there_is_an_error_of_ours(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UnknownId):
        person(run, "nobody")
    with pytest.raises(IdcliError, match="no order or property of persons 'nope': choose one of ids, "):
        persons(run, sort="nope")
    with pytest.raises(UnknownChoice, match="no table 'person'"):
        run.records("person")
    export(run, "links", tmp_path / "links.json")
    assert len(json.loads((tmp_path / "links.json").read_text())) == 47


def test_one_may_stand_for_several(run: Run, tmp_path: Path) -> None:
    """A text is one path, one id, one event, never its letters."""
    assert verify(run, persons="sample_data/persons_export.jsonl").comparison.persons_before > 0
    for nothing in ({}, {"persons": "a", "events": "b"}):
        with pytest.raises(NoExport, match="give an export of persons or one of events"):
            verify(run, **nothing)
    assert Change(without="298") == Change(without=["298"]) == Change(("298",))
    assert repair(run, "user_nils").person_ids == repair(run, ["user_nils"]).person_ids
    assert replay({"event": "e", "distinct_id": "a"}, tmp_path / "one").count("persons") == 1


def test_a_run_closes_itself(run: Run) -> None:
    with Run(run.folder) as opened:
        assert opened.count("persons") == 49
    with pytest.raises(Exception, match="closed"):
        opened.count("persons")


def test_every_table_can_be_read() -> None:
    assert RECORDS.keys() == TABLES.keys()


def test_what_waited_says_what_let_it_go(tmp_path: Path) -> None:
    early = {"event": "e", "distinct_id": "ada", "now": "2023-03-08T12:00:00Z"}
    log = tmp_path / "log.ndjson"
    log.write_text("".join(json.dumps(early | {"now": f"2023-03-08T12:0{at}:00Z"}) + "\n" for at in range(3)))
    with replay(log, tmp_path / "run", buffer=60) as run:
        held = [dict(zip(TABLES["held"].names, record, strict=True)) for record in run.records("held")]
        assert [(one["line"], one["released_before"]) for one in held] == [(1, f"{log}:2")]


def test_a_change_of_properties_is_of_the_person_of_then(tmp_path: Path) -> None:
    log = [
        {"event": "e", "distinct_id": "anon", "$set": {"plan": "free"}},
        {"event": "$identify", "distinct_id": "ada", "properties": {"$anon_distinct_id": "anon"}},
    ]
    with replay(log, tmp_path / "run") as run:
        (change,) = run.records("property_changes")
        names = dict(zip(TABLES["property_changes"].names, change, strict=True))
        assert (names["line"], names["changes"]) == (1, '[["set","plan","free"]]')
        assert names["person_id"] == person(run, "ada").person.person_id


# In a notebook


@pytest.mark.parametrize("table", TABLES)
def test_every_table_as_arrow(run: Run, table: str) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'idcli[parquet]'")
    records = [*run.records(table)]
    found = run.arrow(table)
    assert (found.column_names, found.num_rows) == ([*TABLES[table].names], len(records))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_table_as_a_data_frame(run: Run, library: str) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'idcli[parquet]'")
    module = pytest.importorskip(library, reason=f"needs {library}: pip install {library}")
    links, people = run.frame("links", library), run.frame("persons", library)
    assert isinstance(links, module.DataFrame)
    assert (links["outcome"] == "merged").sum() == 10
    assert {json.loads(one).get("name") for one in people["properties"]} >= {"Ivo"}
    assert max(map(len, people["distinct_ids"])) == 6
    assert str(people["created_at"].min()).startswith("2023-03-")
    assert str(links["line"].dtype).lower() == "int64"


def test_without_pyarrow_or_a_library_of_frames_one_sentence_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownChoice, match="no library 'dask': choose one of pandas, polars"):
        run.frame("links", "dask")
    monkeypatch.setattr("identity_cli.answering.LIBRARIES", ())
    with pytest.raises(NoDataFrames):
        run.frame("links")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'idcli\[parquet\]'"):
        run.arrow("links")


def test_without_docstrings_and_assertions_it_does_the_same(tmp_path: Path) -> None:
    def told(*options: str) -> list[bytes]:
        script = [
            f"replay {SAMPLE} --run {tmp_path / 'run'} --format json",
            "dialects --format json",
            "replay --help",
            "--help",
            f"why user_petra user_nils --run {tmp_path / 'run'} --format json",
        ]
        commands = [[sys.executable, *options, "-m", "identity_cli", *one.split()] for one in script]
        return [subprocess.run(one, capture_output=True, check=True).stdout for one in commands]

    assert told("-OO") == told()
