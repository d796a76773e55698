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

import pytest

brotli = pytest.importorskip("brotli")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
zstandard = pytest.importorskip("zstandard")


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
NAMES = ("event", "distinct_id", "properties", "uuid", "now")


Events = list[dict[str, Any]]


def rows(events: Events) -> list[list[str]]:
    """The events as a table's cells, properties as text."""
    return [
        [json.dumps(event[name]) if name == "properties" else event.get(name, "") for name in NAMES]
        for event in events
    ]


def delimited(events: Events, delimiter: str) -> bytes:
    """A table with a header; a line end of a property stands in its cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([NAMES, *rows(events)])
    return text.getvalue().encode()


def dotted(events: Events) -> bytes:
    """A table whose properties have columns of their own; a quoted cell holds two lines."""
    text = io.StringIO()
    columns = ("properties.$lib", "properties.$anon_distinct_id", "properties.$set.note")
    writer = csv.writer(text)
    writer.writerow(["event", "distinct_id", *columns, "uuid", "now"])
    for event in events:
        inside = event["properties"]
        cells = ("web", inside.get("$anon_distinct_id", ""), inside.get("$set", {}).get("note", ""))
        writer.writerow([event["event"], event["distinct_id"], *cells, event.get("uuid", ""), event["now"]])
    return text.getvalue().encode()


def answer(events: Events, indent: int | None = None) -> bytes:
    """What an API of events gives."""
    return json.dumps({"next": None, "results": events}, indent=indent).encode()


def query_answer(events: Events, indent: int | None = None) -> bytes:
    """What a query gives: rows as arrays."""
    return json.dumps({"columns": NAMES, "results": rows(events), "hasMore": False}, indent=indent).encode()


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


def parquet(events: Events) -> bytes:
    """A batch export."""
    file = io.BytesIO()
    columns = {name: [row[index] for row in rows(events)] for index, name in enumerate(NAMES)}
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def ndjson(events: Events) -> bytes:
    """An event a line."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def parts(events: Events) -> list[tuple[str, bytes]]:
    """Each event in a part of its own, as some exports come."""
    return [(f"100/100_{hour}.json.gz", gzip.compress(ndjson([event]))) for hour, event in enumerate(events)]


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


def kinds_of(events: Events) -> dict[str, Callable[[], bytes]]:
    """By what each kind is called, what makes a file of it."""
    lines = ndjson(events)
    each = [line[:-1] for line in lines.splitlines(keepends=True)]
    return {
        "NDJSON": lambda: lines,
        "NDJSON after a mark": lambda: b"\xef\xbb\xbf" + lines,
        "NDJSON with blank lines first": lambda: b"\n \r\n" + lines,
        "an array on one line": lambda: json.dumps(events).encode(),
        "an array, an event a line": lambda: b"[\n" + b",\n".join(each) + b"\n]\n",
        "an array that begins on the first line": lambda: b"[" + b",\n".join(each) + b"]",
        "a pretty array": lambda: json.dumps(events, indent=2).encode(),
        "pretty objects": lambda: b"\n".join(json.dumps(event, indent=4).encode() for event in events),
        "an answer": lambda: answer(events),
        "a pretty answer": lambda: answer(events, 2),
        "a query's answer": lambda: query_answer(events),
        "a query's pretty answer": lambda: query_answer(events, 1),
        "CSV": lambda: delimited(events, ","),
        "CSV after a mark": lambda: b"\xef\xbb\xbf" + delimited(events, ","),
        "CSV with semicolons": lambda: delimited(events, ";"),
        "TSV": lambda: delimited(events, "\t"),
        "CSV with carriage returns": lambda: delimited(events, ",").replace(b"\r\n", b"\r"),
        "CSV with dots": lambda: dotted(events),
        "UTF-16": lambda: lines.decode().encode("utf-16"),
        "UTF-16 without a mark": lambda: lines.decode().encode("utf-16-le"),
        "CSV in UTF-16": lambda: delimited(events, "\t").decode().encode("utf-16"),
        "Parquet": lambda: parquet(events),
        "zip of gzip parts": lambda: zipped(*parts(events)),
        "tar of gzip parts": lambda: tarred(*parts(events)),
        **{suffix: (lambda pack=pack: pack(lines)) for suffix, pack in CONTAINERS.items()},  # type: ignore[misc]
        "tar.gz": lambda: gzip.compress(tarred(("a.json", lines))),
        "zst after a skippable frame": lambda: b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstd(lines),
    }


KINDS = kinds_of(EVENTS)
NDJSON = ndjson(EVENTS)
STREAMED = ("gz", "bz2", "xz", "zst")
"""Of which a file may hold several, one after the other."""
