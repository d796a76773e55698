"""Tar archives, read from front to end as they come, from a pipe too."""

import tarfile
from collections.abc import Iterator
from typing import Any

from identity_cli.files.raw_file import BUFFER_BYTES, Damaged, Peekable


class TarMembers:
    """The members of an archive, each to be read before the next is asked for; Damaged where it is none."""

    def __init__(self, raw: Peekable) -> None:
        self._raw = raw

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Names and bytes of the members that are files, in their order."""
        try:
            archive = tarfile.open(fileobj=self._raw, mode="r|", tarinfo=_StrictHeader, bufsize=BUFFER_BYTES)
            for member in archive:
                if member.isfile():
                    content = archive.extractfile(member)
                    yield member.name, _Checked(content, member.size)
                archive.members = []  # type: ignore[attr-defined]  # or it would remember each
            _check_padding(archive)
        except tarfile.TarError as error:
            raise Damaged(f"tar damaged: {error}") from None

    def close(self) -> None:
        """Close what is below."""
        self._raw.close()


def _check_padding(archive: tarfile.TarFile) -> None:
    """What follows the end is zeros, and is read: what it is compressed with is checked to its end, too."""
    rest: Any = archive.fileobj
    while block := rest.read(BUFFER_BYTES):
        if block.strip(b"\0"):
            raise Damaged("tar damaged: something follows its end")


class _StrictHeader(tarfile.TarInfo):
    """The library takes a header that is damaged or missing for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "_StrictHeader":
        """The next header."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise  # two blocks of zeros, which is how it ends
        except tarfile.HeaderError as error:
            where = tarfile_.offset
            raise tarfile.ReadError(f"no header at its byte {where:,}: {error}") from None


class _Checked:
    """A member's bytes, its end checked."""

    def __init__(self, content: Any, size: int) -> None:
        self._content, self._left = content, size

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        try:
            data = self._content.read(min(len(buffer), self._left))
        except tarfile.TarError as error:
            raise Damaged(f"tar damaged: {error}") from None
        if self._left and not data:
            raise Damaged("tar damaged: it is cut off within a member")
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Nothing to let go of."""
