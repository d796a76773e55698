"""Where a log's pages are: evidence for whose e-mail is of the house."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar, Self

from identity_cli.reading.log_items import Rows
from identity_cli.reading.reader import Block
from identity_cli.reading.remembering import Kinds
from identity_cli.reading.watcher import Watching, of_run

SITES = "sites"
"""The key in the table `run`: hosts of pages, and on how many of the lines looked at each stood."""
FIRST = 4_096
"""Of a log's lines and events, all looked at; of what comes later, one of EVERY."""
EVERY = 256
MOST = 1_000
"""Hosts told apart."""
_HOST = re.compile(rb'"(?:\$host|\$current_url|url)"\s*:\s*"(?:https?://)?([A-Za-z0-9.-]{1,253})[:/?#"]')


class Sites:
    """Counts the hosts of pages, as they stand in a URL or in `$host` of some lines."""

    needs = ()
    remembers: ClassVar[Kinds] = {"_found": dict[str, int]}

    @classmethod
    def asked(cls, watching: Watching) -> Self | None:
        """Unless evidence is not wanted."""
        return cls() if watching.evidence else None

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()

    def see(self, block: Block) -> Iterable[Rows]:
        """Take the next events."""
        for seq in [seq for seq in block.seqs if seq < FIRST or seq % EVERY == 0]:
            found = _HOST.search(block.lines[seq - block.first_seq])
            host = found[1].decode().lower() if found else ""
            if host and (host in self._found or len(self._found) < MOST):
                self._found[host] += 1
        return ()

    def rows(self) -> Iterable[Rows]:
        """All hosts, the most frequent first."""
        return (of_run(SITES, sorted(self._found.items(), key=lambda one: (-one[1], one[0]))),)
