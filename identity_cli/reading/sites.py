"""Where a log's pages are: evidence for whose e-mail is of the house."""

import re
from collections.abc import Iterable
from typing import ClassVar, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run

SITES = "sites"
"""The key in the table `run`: hosts of pages."""
FIRST = 4_096
"""Of a log's lines and events, all looked at; of what comes later, one of EVERY."""
EVERY = 256
MOST = 1_000
"""Hosts; those that come after so many are not told."""
BEGINNING = 1 << 16
"""Bytes of a line; it is looked at once, whatever the number of events on it."""
_HOST = re.compile(rb'"(?:\$host|\$current_url|url)"\s*:\s*"(?:https?://)?([A-Za-z0-9.-]{1,253})[:/?#"]')


class Sites:
    """Notes the hosts of pages, as they stand in a URL or in `$host` of some lines."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_found": set[str]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls() if watching.evidence else None

    def __init__(self) -> None:
        self._found: set[str] = set()

    def look(self, block: Block) -> list[str] | None:
        """The hosts, in order."""
        hosts, before = dict[bytes, None](), b""
        for seq in _looked_at(block.seqs):
            line = block.lines[seq - block.first_seq]
            if line is not before and (found := _HOST.search(line, 0, BEGINNING)) is not None:
                hosts[found[1]] = None
            before = line
        return [host.decode().lower() for host in hosts] or None

    def take(self, looked: Iterable[str]) -> Iterable[Rows]:
        """Note the first many."""
        for host in looked:
            if len(self._found) < MOST:
                self._found.add(host)
        return ()

    def rows(self) -> Iterable[Rows]:
        """All of them."""
        return (of_run(SITES, sorted(self._found)),)


def _looked_at(seqs: range) -> Iterable[int]:
    if seqs.start < FIRST:
        return [seq for seq in seqs if seq < FIRST or seq % EVERY == 0]
    return range(-(-seqs.start // EVERY) * EVERY, seqs.stop, EVERY)
