"""A whole column becomes what its values become one by one."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

from hypothesis import example, given, settings
from hypothesis import strategies as st

from identity_cli.facts import NEVER_SINCE, NEVER_YET
from identity_cli.files.raw_file import Peekable
from identity_cli.files.sources import LONGEST_LINE
from identity_cli.files.texts import lines_of
from identity_cli.tables import cells
from identity_cli.tables.csv_format import CSV
from identity_cli.tables.json_formats import NDJSON
from identity_cli.tables.table import ColumnKind, Columns, Table, TableFormat

MILLISECOND = timedelta(milliseconds=1)
texts = st.lists(st.none() | st.text(st.sampled_from("ab=+-@,\"'\n\r\té 1"), max_size=4))
usual_moments = st.integers(0, 10**12).map(
    lambda number: datetime(2023, 3, 8, tzinfo=UTC) + number * MILLISECOND
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.lists(
    st.none() | usual_moments | st.datetimes(timezones=st.just(UTC) | zones) | st.sampled_from([NEVER_YET])
)


def in_format(form: TableFormat, table: Table, columns: Columns) -> bytes:
    """What a table of these columns is in a format."""
    file = io.BytesIO()
    writer = form.writer(table, file)
    writer.write(columns)
    writer.finish()
    return file.getvalue()


@given(texts)
@example(["anna", "bert"])
@example(["anna", "=1+1"])
def test_csv_of_texts(column: list[str | None]) -> None:
    assert [*cells.csv_texts(column)] == [cells.csv_text(text) for text in column]


@given(texts)
def test_csv_is_read_back_but_for_the_guard_of_formulas(column: list[str | None]) -> None:
    table = Table("t", (("one", ColumnKind.TEXT), ("two", ColumnKind.JSON)))
    jsons = cells.json_texts(column)
    written = in_format(CSV, table, [column, jsons]).decode()
    _, *read = csv.reader(io.StringIO(written, newline=""))
    assert [json for _, json in read] == jsons
    for (cell, _), text in zip(read, column, strict=True):
        assert cell in (text or "", f"'{text}")
        assert not cell.startswith(("=", "+", "-", "@"))


@given(texts)
@example(["'=1", "''+1", "'", "''", "'a", "=", "-1"])
def test_every_text_comes_back_from_our_own_csv(column: list[str | None]) -> None:
    ids = [text or "none" for text in column]
    table = Table("t", (("distinct_id", ColumnKind.TEXT), ("person_id", ColumnKind.WORD)))
    written = in_format(CSV, table, [ids, ["p"] * len(ids)])
    lines = lines_of(Peekable(cast("io.RawIOBase", io.BytesIO(written))), LONGEST_LINE).read(1 << 20)
    assert [json.loads(line)["distinct_id"] for line in lines] == ids


@given(moments)
@example([datetime(2023, 3, 8, 12, 0, 0, 123_000, tzinfo=UTC)] * 3)
@example([datetime(2023, 3, 8, 12, 0, 0, 123_456, tzinfo=UTC), datetime(2023, 3, 8, tzinfo=UTC)])
@example([None])
@example([NEVER_YET, None, NEVER_YET])
def test_times(column: list[datetime | None]) -> None:
    one_by_one = [
        None if moment is None or moment is NEVER_YET else cells.time_text(moment) for moment in column
    ]
    assert cells.time_texts(column, NEVER_YET) == one_by_one


def test_an_id_never_seen_at_a_time_has_none() -> None:
    assert cells.time_texts([NEVER_SINCE, NEVER_SINCE], NEVER_SINCE) == [None, None]


@settings(max_examples=40)
@given(st.lists(st.none() | st.text()))
def test_json_of_texts(column: list[str | None]) -> None:
    table = Table("t", (("one", ColumnKind.TEXT),))
    assert in_format(NDJSON, table, [column]).count(b"\n") == len(column)
