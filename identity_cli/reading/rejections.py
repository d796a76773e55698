"""When lines that cannot be used stop a replay: where a file has no others, or where there are too many."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, NamedTuple

from identity_cli.errors import TOLD, BadRejectionLimit, NoEventIn, TooManyRejected
from identity_cli.files.sources import PassedOver, Source
from identity_cli.origins import Origin

_JUDGED_BYTES = 1 << 16
"""Of a line that may tell what the file is; a longer one is not kept for it."""
_LIMIT = r"(\d{1,15})|(\d{1,3}(?:\.\d{1,9})?)\s*%"


class RejectionLimit(NamedTuple):
    """How many lines may be rejected, or what share of them; text: as it was asked for."""

    text: str
    lines: int | None
    share: float | None


def rejection_limit(text: str) -> RejectionLimit:
    """A limit written as N or P%; BadRejectionLimit."""
    found = re.fullmatch(_LIMIT, text.strip())
    if found is None or (found[2] and float(found[2]) > 100):
        raise BadRejectionLimit(text)
    return RejectionLimit(
        text, int(found[1]) if found[1] else None, float(found[2]) / 100 if found[2] else None
    )


class Rejections:
    """Counts the lines that cannot be used."""

    remembers: ClassVar[Mapping[str, Any]] = {"_of": dict[str, int], "_first": dict[str, list[str]]}

    def __init__(self, limit: str | None, dialect: str | None = None, mapping: Sequence[str] = ()) -> None:
        """dialect, mapping: as they were asked for."""
        self._dialect, self._mapping = dialect, mapping
        self._limit = None if limit is None else rejection_limit(limit)
        self._of: Counter[str] = Counter()
        self._first: dict[str, list[str]] = {}
        self._lines: dict[str, list[bytes]] = {}

    def add(self, origin: Origin, reason: str, line: bytes) -> None:
        """Count a line, or an event of several on a line; TooManyRejected beyond the number allowed."""
        self._of[origin.path] += 1
        first = self._first.setdefault(origin.path, [])
        if len(first) < TOLD:
            first.append(f"{origin}: {reason}")
            self._lines.setdefault(origin.path, []).append(line if len(line) <= _JUDGED_BYTES else b"")
        if self._limit and self._limit.lines is not None and self._of.total() > self._limit.lines:
            raise TooManyRejected(f"{self._of.total():,} lines were rejected", self._limit.text, first)

    @property
    def count(self) -> int:
        """How many so far: events that the platform lost are none of them, their lines could be used."""
        return self._of.total()

    def check_share(self, sources: Sequence[Source]) -> None:
        """TooManyRejected beyond the share allowed."""
        items = sum(source.items for source in sources)
        if self._limit and self._limit.share is not None and self._of.total() > self._limit.share * items:
            first = self.reasons(())
            what = f"{self._of.total():,} of {items:,} lines were rejected"
            raise TooManyRejected(what, self._limit.text, first[:TOLD])

    def check_named(self, sources: Sequence[Source], passed_over: Sequence[PassedOver]) -> None:
        """NoEventIn of a file that the user named, in which not one line is an event."""
        all_named = [*(source.named for source in sources), *(one.named for one in passed_over)]
        for named in filter(None, dict.fromkeys(all_named)):
            inside = [source for source in sources if source.named == named]
            others = [one for one in passed_over if one.named == named]
            unusable = sum(self._of[path] for path in {source.path for source in inside})
            if sum(source.items for source in inside) <= unusable:
                from identity_cli.reading.unknown_lines import advice  # nobody asks for it but here

                lines = [line for source in inside for line in self._lines.get(source.path, ())]
                raise NoEventIn(
                    named, self._reasons(inside, others), advice(lines, self._dialect, self._mapping)
                )

    def reasons(self, passed_over: Iterable[PassedOver]) -> list[str]:
        """Of the first lines of each file, and of files that were passed over."""
        return [*chain(*self._first.values()), *(f"{one.path}: {one.reason}" for one in passed_over)]

    def _reasons(self, sources: Sequence[Source], passed_over: Iterable[PassedOver]) -> list[str]:
        found = [reason for source in sources for reason in self._first.get(source.path, ())]
        found += [f"{one.path}: {one.reason}" for one in passed_over]
        is_empty = not any(source.lines for source in sources)
        return found[:TOLD] or ["it has no lines" if is_empty else "its lines are blank"]
