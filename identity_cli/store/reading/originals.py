"""What the ids of a copy with pseudonyms stand for, in the run that it is of."""

from collections.abc import Iterable, Iterator

from identity_cli.store.reading.opened import OpenedRun

Key = tuple[int, str]
"""Team and distinct id."""


def keys_behind(copy: OpenedRun, original: OpenedRun, keys: Iterable[Key]) -> Iterator[tuple[Key, str]]:
    """The ids with their teams that ids of the copy stand for, and these; a run is its own original."""
    for team_id, distinct_id in keys:
        query = "SELECT rowid FROM distinct_ids WHERE distinct_id = ? AND team_id = ?"
        row = copy.database.execute(query, (distinct_id, team_id)).fetchone()
        query = "SELECT distinct_id FROM distinct_ids WHERE rowid = ?"
        for (meant,) in original.database.execute(query, row or (None,)):
            yield (team_id, meant), distinct_id
