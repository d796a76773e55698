"""Tables and graphs in every format: the same records, each value as the type that it is."""

import io
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from nasty_logs import nasty_log
from outcomes import rows_of

from identity_cli import Run
from identity_cli.cli import idcli
from identity_cli.errors import ExtraMissing, OutputIsInput, UnknownChoice
from identity_cli.store.reading.exports import export
from identity_cli.tables import parquet_format
from identity_cli.tables.formats import TABLE_FORMATS
from identity_cli.tables.graph_formats import GRAPH_FORMATS
from identity_cli.tables.run_tables import TABLES
from identity_cli.tables.table import ColumnKind, Table, TableFormat, write_table

pa = pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'idcli[parquet]'")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'idcli[parquet]'")

RunOf = Callable[..., Run]
OF_EVERY_KIND = {
    ColumnKind.TEXT: ("=1+1", None),
    ColumnKind.NUMBER: (1, 2),
    ColumnKind.NTH: (None, 3),
    ColumnKind.WORD: ("merged", None),
    ColumnKind.TIME: ("0001-01-01T00:00:00.000Z", None),
    ColumnKind.BOOL: (1, False),
    ColumnKind.LIST: ('["a,b"]', "[]"),
    ColumnKind.JSON: ('{"a":[1]}', None),
}
FOLDER_TABLES = [name for name, table in TABLES.items() if table.is_in_folder]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    from identity_cli import replay

    folder = tmp_path_factory.mktemp("formats")
    (folder / "log.ndjson").write_text("\n".join([*map(json.dumps, nasty_log(Random(7), 150)), "torn"]))
    formats = ("ndjson", "json", "parquet")
    return replay(folder / "log.ndjson", folder / "run", table_formats=formats, with_events=True)


@pytest.mark.parametrize("form", TABLE_FORMATS.values(), ids=list(TABLE_FORMATS))
def test_every_format_has_every_kind_of_column(form: TableFormat) -> None:
    assert list(OF_EVERY_KIND) == list(ColumnKind)
    table = Table("t", tuple((kind.name, kind) for kind in ColumnKind))
    file = io.BytesIO()
    write_table(file, table, zip(*OF_EVERY_KIND.values(), strict=True), form)
    assert file.tell() > 0


@pytest.mark.parametrize("form", [one for one in TABLE_FORMATS.values() if one.is_text and not one.is_json])
def test_no_text_is_a_formula_to_a_spreadsheet_unless_programs_ask(form: TableFormat) -> None:
    table = Table("t", (("n", ColumnKind.NUMBER), ("text", ColumnKind.TEXT)))
    for one, is_guarded in ((form, True), (form.for_programs(), False)):
        file = io.BytesIO()
        write_table(file, table, [(7, "=1+1")], one)
        assert (b"'=1+1" in file.getvalue()) == is_guarded


@pytest.mark.parametrize("form", TABLE_FORMATS.values(), ids=list(TABLE_FORMATS))
def test_a_table_may_be_empty(form: TableFormat) -> None:
    file = io.BytesIO()
    write_table(file, TABLES["links"], [], form)
    empty = {"ndjson": b"", "json": b"[]\n", "csv": (",".join(TABLES["links"].names) + "\n").encode()}
    assert file.getvalue() == empty.get(form.name, file.getvalue())
    if form.name == "parquet":
        assert parquet.read_table(io.BytesIO(file.getvalue())).num_rows == 0


@pytest.mark.parametrize("name", FOLDER_TABLES)
def test_json_and_parquet_tell_what_ndjson_tells(run: Run, name: str) -> None:
    rows = rows_of(run, name)
    assert rows
    assert json.loads((run.folder / f"{name}.json").read_text()) == rows
    assert [*map(as_json, parquet.read_table(run.folder / f"{name}.parquet").to_pylist())] == [
        {key: as_in_parquet(key, value) for key, value in row.items()} for row in rows
    ]


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Parquet, but for the time, which comes as one, and JSON, which comes as text."""
    return {
        key: value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if isinstance(value, datetime)
        else value
        for key, value in row.items()
    }


def as_in_parquet(key: str, value: Any) -> Any:
    if key in ("properties", "dropped", "details") and value is not None:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value


def test_parquet_has_times_lists_and_json(run: Run) -> None:
    schema = parquet.read_schema(run.folder / "persons.parquet")
    assert schema.field("created_at").type == pa.timestamp("ms", "UTC")
    assert schema.field("distinct_ids").type == pa.list_(pa.string())
    assert schema.field("properties").type == pa.json_()
    assert schema.field("is_identified").type == pa.bool_()


def test_row_groups_are_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_format, "ROWS_OF_A_GROUP", 7)
    file = io.BytesIO()
    write_table(
        file, Table("t", (("n", ColumnKind.NUMBER),)), ((n,) for n in range(16)), TABLE_FORMATS["parquet"]
    )
    found = parquet.ParquetFile(file)
    assert [found.metadata.row_group(one).num_rows for one in range(found.num_row_groups)] == [7, 7, 2]
    assert found.read()["n"].to_pylist() == [*range(16)]


def test_a_large_value_ends_a_row_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_format, "BYTES_OF_A_GROUP", 100)
    file = io.BytesIO()
    writer = TABLE_FORMATS["parquet"].writer(Table("t", (("n", ColumnKind.TEXT),)), file)
    for text in ("a" * 200, "b", "c"):
        writer.write([[text]])
    writer.finish()
    assert parquet.ParquetFile(file).num_row_groups == 2


def test_graphs_may_be_left_out(run_of: RunOf) -> None:
    log = '{"event": "$identify", "distinct_id": "b", "properties": {"$anon_distinct_id": "a"}}\n'
    every = {form.file for form in GRAPH_FORMATS.values()}
    for asked in [*GRAPH_FORMATS, "none"]:
        there = {path.name for path in run_of(log, graph_formats=asked).folder.iterdir()}
        assert there & every == {form.file for name, form in GRAPH_FORMATS.items() if name == asked}


def test_a_run_with_every_kind_of_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"event": "e", "distinct_id": "a"}\ntorn\n')
    command = [
        *("replay", str(tmp_path / "log"), "--run", str(tmp_path / "run"), "--events", "-q"),
        *("--tables", ",".join(TABLE_FORMATS)),
    ]
    for _ in range(2):
        assert CliRunner().invoke(idcli, command).exit_code == 0


# Exports


@pytest.mark.parametrize("table_format", TABLE_FORMATS)
@pytest.mark.parametrize("name", [*FOLDER_TABLES, "rejected"])
def test_an_export_is_the_same_from_a_shell_and_in_python(
    run: Run, tmp_path: Path, name: str, table_format: str
) -> None:
    file = tmp_path / f"{name}.{table_format}"
    export(run, name, file)
    told = CliRunner().invoke(idcli, ["export", name, "--format", table_format, "--run", str(run.folder)])
    assert told.exit_code == 0
    if TABLE_FORMATS[table_format].is_text:
        assert escaped(told.stdout, table_format) == escaped(file.read_text(), table_format)
    else:
        assert told.stdout_bytes == file.read_bytes()


def escaped(text: str, table_format: str) -> Any:
    """JSON from a shell has what does not print as escapes, which say the same."""
    if not TABLE_FORMATS[table_format].is_json:
        return text
    return (
        json.loads(text)
        if table_format == "json"
        else [json.loads(line) for line in text.split("\n") if line]
    )


def test_an_export_refuses_what_is_not_there(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UnknownChoice, match="no table 'person': did you mean persons"):
        export(run, "person", tmp_path / "one.csv")
    with pytest.raises(UnknownChoice, match="no table format 'xlsx': choose one of csv, "):
        export(run, "persons", tmp_path / "one.xlsx")
    assert not [*tmp_path.iterdir()]


def test_an_export_never_takes_the_place_of_the_run(run: Run) -> None:
    with pytest.raises(OutputIsInput):
        export(run, "persons", run.folder / "links.ndjson")


def test_without_its_library_parquet_is_refused_before_anything_is_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r"idcli\[parquet\]"):
        export(run, "persons", tmp_path / "persons.parquet")
    told = CliRunner().invoke(idcli, ["replay", "no-such-log", "--tables", "parquet"])
    assert (told.exit_code, "idcli[parquet]" in told.stderr) == (2, True)
