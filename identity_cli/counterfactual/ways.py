"""The way between two ids over links."""

from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Protocol, TypeVar


class _Ends(Protocol):
    @property
    def source_distinct_id(self) -> str: ...
    @property
    def target_distinct_id(self) -> str: ...


L = TypeVar("L", bound=_Ends)


def way_between(links: Iterable[L], start: str, end: str) -> list[L]:
    """The links that lead from one id to another; links that joined ids are a forest, with one way."""
    neighbours: dict[str, list[tuple[str, L]]] = defaultdict(list)
    for link in links:
        neighbours[link.source_distinct_id].append((link.target_distinct_id, link))
        neighbours[link.target_distinct_id].append((link.source_distinct_id, link))
    came: dict[str, tuple[str, L] | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for there, link in neighbours[here]:
            if there not in came:
                came[there] = here, link
                waiting.append(there)
    way: list[L] = []
    while (before := came.get(end)) is not None:
        end, link = before
        way.append(link)
    return way[::-1]
