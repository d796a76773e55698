"""Zip archives: their members in order, as an export that comes as one file of many parts has them."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from identity_cli.files.raw_file import Damaged

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 1 << 16
_ENCRYPTED = 1
"""The bit of a member's flags."""
_UNPACK = "unpack it, then replay the folder"
_OFFICE = {
    "xl/": "an Excel workbook; save the sheet as CSV (UTF-8)",
    "word/": "a Word document",
    "ppt/": "a presentation",
    "Index/": "a Numbers or Pages document; export it as CSV",
    "content.xml": "an OpenDocument file; save the sheet as CSV (UTF-8)",
    "META-INF/MANIFEST.MF": "a Java archive",
}
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    ValueError,
    OSError,
)


class ZipMembers:
    """The members of an archive; Damaged where it is none from its beginning to its very end."""

    def __init__(self, path: str) -> None:
        try:
            self._check_end(path)
            self._archive = zipfile.ZipFile(path)
        except _ERRORS as error:
            raise Damaged(f"zip damaged: {error}") from None
        if len(self._archive.infolist()) % (1 << 16) != self._count:
            self._archive.close()
            raise Damaged("zip damaged: its directory lists fewer members than it has")

    @property
    def office_document(self) -> str | None:
        """What it is, where it is no archive but a document that is one inside."""
        names = self._archive.namelist()
        found = (what for start, what in _OFFICE.items() if any(name.startswith(start) for name in names))
        return next(found, None)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Names and bytes of the members that are files, in their order."""
        for member in self._archive.infolist():
            if not member.is_dir():
                if member.flag_bits & _ENCRYPTED:
                    raise Damaged(f"{member.filename} in it is encrypted: {_UNPACK}")
                try:
                    content = self._archive.open(member)
                except NotImplementedError:
                    how = f"compressed by method {member.compress_type}, which is not known here"
                    raise Damaged(f"{member.filename} in it is {how}: {_UNPACK}") from None
                except _ERRORS as error:
                    raise Damaged(f"zip damaged: {member.filename}: {error}") from None
                yield member.filename, _Checked(content)

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def _check_end(self, path: str) -> None:
        """The library looks for the end somewhere near the end, and believes what it says."""
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - _END_BYTES - _LONGEST_COMMENT)
            file.seek(start)
            tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < _END_BYTES:
            raise zipfile.BadZipFile("it is cut off: its directory, which is at its end, is not there")
        self._count, directory, offset, comment = struct.unpack("<H2IH", tail[at + 10 : at + _END_BYTES])
        if at + _END_BYTES + comment != len(tail):
            raise zipfile.BadZipFile(
                f"bytes follow its end, which is at byte {start + at + _END_BYTES + comment:,}"
            )
        if offset + directory > start + at and offset != 0xFFFFFFFF:
            raise zipfile.BadZipFile("its directory is not where it should be")


class _Checked:
    """A member's bytes, errors of reading them told as Damaged."""

    def __init__(self, content: Any) -> None:
        self._content = content

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        try:
            count: int = self._content.readinto(buffer)
        except _ERRORS as error:
            raise Damaged(f"zip damaged: {error}") from None
        return count

    def close(self) -> None:
        """Let go of the member."""
        self._content.close()
