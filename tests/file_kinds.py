"""The same few events in every container and kind of file that is read."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

EVENTS: list[dict[str, Any]] = [
    {
        "event": "$pageview",
        "distinct_id": "anon-1",
        "properties": {"$lib": "web"},
        "now": "2026-05-04T09:30:00Z",
    },
    {
        "event": "$identify",
        "distinct_id": "ada",
        "properties": {"$lib": "web", "$anon_distinct_id": "anon-1", "$set": {"note": "two\nlines, \u00e9"}},
        "now": "2026-05-04T09:30:05Z",
    },
    {"event": "paid", "distinct_id": "ada", "properties": {"$lib": "web"}, "now": "2026-05-04T09:30:09Z"},
]
NDJSON = b"".join(json.dumps(event).encode() + b"\n" for event in EVENTS)
NAMES = ("event", "distinct_id", "properties", "now")


def rows() -> list[list[str]]:
    """The events as a table's cells, properties as text."""
    return [
        [json.dumps(event[name]) if name == "properties" else event[name] for name in NAMES]
        for event in EVENTS
    ]


def delimited(delimiter: str) -> bytes:
    """A table with a header; the note's line end stands in its cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([NAMES, *rows()])
    return text.getvalue().encode()


def dotted() -> bytes:
    """A table whose properties have columns of their own; a quoted cell holds two lines."""
    text = io.StringIO()
    columns = ("properties.$lib", "properties.$anon_distinct_id", "properties.$set.note")
    writer = csv.writer(text)
    writer.writerow(["event", "distinct_id", *columns, "now"])
    for event in EVENTS:
        inside = event["properties"]
        cells = ("web", inside.get("$anon_distinct_id", ""), inside.get("$set", {}).get("note", ""))
        writer.writerow([event["event"], event["distinct_id"], *cells, event["now"]])
    return text.getvalue().encode()


def answer(indent: int | None = None) -> bytes:
    """What an API of events gives."""
    return json.dumps({"next": None, "results": EVENTS}, indent=indent).encode()


def query_answer(indent: int | None = None) -> bytes:
    """What a query gives: rows as arrays."""
    return json.dumps({"columns": NAMES, "results": rows(), "hasMore": False}, indent=indent).encode()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    """A tar archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def parquet() -> bytes:
    """A batch export."""
    file = io.BytesIO()
    pq.write_table(pa.table({name: [row[index] for row in rows()] for index, name in enumerate(NAMES)}), file)
    return file.getvalue()


def parts() -> list[tuple[str, bytes]]:
    """Each event in a part of its own, as some exports come."""
    lines = NDJSON.splitlines(keepends=True)
    return [(f"100/100_{hour}.json.gz", gzip.compress(line)) for hour, line in enumerate(lines)]


zstd = zstandard.ZstdCompressor(write_checksum=True).compress
CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
    "br": brotli.compress,
    "zip": lambda data: zipped(("log.json", data)),
    "tar": lambda data: tarred(("log.json", data)),
}
KINDS: dict[str, Callable[[], bytes]] = {
    "NDJSON": lambda: NDJSON,
    "NDJSON after a mark": lambda: b"\xef\xbb\xbf" + NDJSON,
    "NDJSON with blank lines first": lambda: b"\n \r\n" + NDJSON,
    "an array on one line": lambda: json.dumps(EVENTS).encode(),
    "an array, an event a line": lambda: b"[\n" + b",\n".join(NDJSON.splitlines()) + b"\n]\n",
    "an array that begins on the first line": lambda: b"[" + b",\n".join(NDJSON.splitlines()) + b"]",
    "a pretty array": lambda: json.dumps(EVENTS, indent=2).encode(),
    "pretty objects": lambda: b"\n".join(json.dumps(event, indent=4).encode() for event in EVENTS),
    "an answer": answer,
    "a pretty answer": lambda: answer(2),
    "a query's answer": query_answer,
    "a query's pretty answer": lambda: query_answer(1),
    "CSV": lambda: delimited(","),
    "CSV after a mark": lambda: b"\xef\xbb\xbf" + delimited(","),
    "CSV with semicolons": lambda: delimited(";"),
    "TSV": lambda: delimited("\t"),
    "CSV with dots": dotted,
    "UTF-16": lambda: NDJSON.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda: NDJSON.decode().encode("utf-16-le"),
    "CSV in UTF-16": lambda: delimited("\t").decode().encode("utf-16"),
    "Parquet": parquet,
    "zip of gzip parts": lambda: zipped(*parts()),
    "tar of gzip parts": lambda: tarred(*parts()),
    **{suffix: (lambda pack=pack: pack(NDJSON)) for suffix, pack in CONTAINERS.items()},  # type: ignore[misc]
    "tar.gz": lambda: gzip.compress(tarred(("a.json", NDJSON))),
    "zst after a skippable frame": lambda: b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstd(NDJSON),
}
STREAMED = ("gz", "bz2", "xz", "zst")
"""Of which a file may hold several, one after the other."""
