"""Files that are no logs, told by their first bytes: what each is, and the command that makes it readable."""

import json
from typing import NamedTuple


class Signature(NamedTuple):
    """What a file begins with, what it then is, and what to do. {path}: the file."""

    start: bytes
    what: str
    advice: str = "a log is text, or a table of events"
    at: int = 0


_BY_PANDAS = "turn it into JSON lines: pandas.{reader}(...).to_json(..., orient='records', lines=True)"

SIGNATURES: tuple[Signature, ...] = (
    Signature(b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
    Signature(b"\xff\xd8\xff", "an image (JPEG)"),
    Signature(b"GIF8", "an image (GIF)"),
    Signature(b"WEBP", "an image (WebP)", at=8),
    Signature(b"BM", "an image (BMP)"),
    Signature(b"II*\0", "an image (TIFF)"),
    Signature(b"MM\0*", "an image (TIFF)"),
    Signature(b"\0\0\1\0", "an icon"),
    Signature(b"ftyp", "a video", at=4),
    Signature(b"%PDF-", "a PDF document"),
    Signature(b"{\\rtf", "a text document (RTF)", "save it as plain text"),
    Signature(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "save the sheet as CSV (UTF-8)"),
    Signature(
        b"SQLite format 3\0", "a SQLite database", "sqlite3 {path} -json 'SELECT * FROM events' > events.json"
    ),
    Signature(b"Obj\x01", "an Avro file", "avro-tools tojson {path} > events.ndjson"),
    Signature(b"ORC", "an ORC file", "orc-contents {path} > events.ndjson"),
    Signature(b"ARROW1", "an Arrow (Feather) file", _BY_PANDAS.replace("{reader}", "read_feather")),
    Signature(b"\x89HDF\r\n\x1a\n", "an HDF5 file", _BY_PANDAS.replace("{reader}", "read_hdf")),
    Signature(b"\x93NUMPY", "a NumPy array"),
    Signature(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "7z x {path}, then replay the folder"),
    Signature(b"Rar!\x1a\x07", "a RAR archive", "unrar x {path}, then replay the folder"),
    Signature(b"\x04\x22\x4d\x18", "compressed with LZ4", "lz4 -dc {path} | idcli replay -"),
    Signature(b"\xff\x06\x00\x00sNaPpY", "compressed with Snappy", "snzip -dc {path} | idcli replay -"),
    Signature(b"LZIP", "compressed with lzip", "lzip -dc {path} | idcli replay -"),
    Signature(b"\x5d\x00\x00", "compressed with lzma", "xz -dc --format=lzma {path} | idcli replay -"),
    Signature(b"\x1f\x9d", "compressed with compress", "gzip -dc {path} | idcli replay -"),
    Signature(b"\x7fELF", "a program"),
    Signature(b"MZ", "a program"),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body")
"""How a web page begins, in small letters."""
_OF_AN_ERROR = {"detail", "error", "errors", "message"}
_BESIDE_AN_ERROR = {*("attr", "code", "request", "request_id", "status", "status_code", "success", "type")}
"""The keys of what an API answers where it refuses; nobody's id is among them."""
PEEKED_BYTES = 512


def described(start: bytes, path: str) -> str | None:
    """What a file of that path is and what to do, in one clause, if it is one of these; else None."""
    for one in SIGNATURES:
        if start[one.at :].startswith(one.start) and not _is_text_after_all(one, start):
            return f"it is {one.what}; {one.advice.format(path=path)}"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        return (
            "it is a web page, perhaps a sign-in page or an error in place of the download; download it again"
        )
    if text.startswith((b"<?xml", b"<svg")):
        return "it is XML; a log is JSON lines, CSV or Parquet"
    return _refusal(start) if text.startswith(b"{") and len(start) < PEEKED_BYTES else None


def _refusal(whole: bytes) -> str | None:
    try:
        answer = json.loads(whole)
    except (ValueError, RecursionError):
        return None
    if not answer or answer.keys() - _OF_AN_ERROR - _BESIDE_AN_ERROR or not answer.keys() & _OF_AN_ERROR:
        return None
    reason = next(answer[key] for key in sorted(_OF_AN_ERROR) if key in answer)
    return f"it is an API's refusal, {json.dumps(reason)}, and no events; download it again"


def _is_text_after_all(one: Signature, start: bytes) -> bool:
    """Whether a short signature is but the beginning of a word, as BM or ORC may be."""
    return one.start.isalnum() and start.isascii() and not any(byte < ord("\t") for byte in start)
