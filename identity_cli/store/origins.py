"""From a seq, a line's place over all sources, to its file and line."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import repeat

from identity_cli.events import Origin


class Origins:
    """Where each seq stands."""

    def __init__(self, sources: Sequence[tuple[str, int]]) -> None:
        """sources: path and first seq of each, in order."""
        self._paths = [path for path, _ in sources]
        self._starts = [start for _, start in sources]

    def __getitem__(self, seq: int) -> Origin:
        index = bisect_right(self._starts, seq) - 1
        return Origin(self._paths[index], seq - self._starts[index] + 1)

    def places(self, seqs: Sequence[int]) -> tuple[Iterable[str], list[int]]:
        """Paths and lines of many seqs."""
        if len(self._starts) == 1:
            return repeat(self._paths[0], len(seqs)), [*seqs]
        origins = [self[seq] for seq in seqs]
        return [origin.path for origin in origins], [origin.line for origin in origins]
