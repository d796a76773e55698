"""Whole tables of a run for notebooks: in Arrow, pandas or polars."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from identity_cli.answering import frame_library
from identity_cli.tables.arrow_columns import arrow_table
from identity_cli.tables.run_tables import TABLES
from identity_cli.tables.table import batches


def arrow(table: str, records: Iterable[Any]) -> Any:
    """A table of a run as pyarrow.Table; records: its rows."""
    return arrow_table(TABLES[table], ([*zip(*batch, strict=True)] for batch in batches(records)))


def frame(table: str, records: Iterable[Any], library: str | None = None) -> Any:
    """The same as pandas.DataFrame or polars.DataFrame."""
    chosen = frame_library(library)
    return _IN[chosen](_without_json(arrow(table, records)))


def _without_json(found: Any) -> Any:
    """JSON as text, which is what data frames make most of."""
    import pyarrow as pa

    fields = [pa.field(one.name, pa.string()) if one.type == pa.json_() else one for one in found.schema]
    return found.cast(pa.schema(fields))


def _pandas(found: Any) -> Any:
    import pyarrow as pa

    pandas = import_module("pandas")
    # Its own integers have no nulls, and would make floats of the few that have.
    whole = {pa.int64(): pandas.Int64Dtype()}
    return found.to_pandas(types_mapper=whole.get)


def _polars(found: Any) -> Any:
    return import_module("polars").from_arrow(found)


_IN = {"pandas": _pandas, "polars": _polars}
