"""A replay that goes on where an earlier one ended, as if the log had not.

Every file has the bytes that one replay of all files gives. Beyond a million events only the database's rows
are the same, but for the order of the hashes by which repeats are counted: these are then on disk, in pieces.
"""

from typing import Any

from identity_cli.audits.config import Config
from identity_cli.events import Event
from identity_cli.reading.earlier import Earlier
from identity_cli.reading.log_items import Batch
from identity_cli.reading.room_for_ids import audits_fit
from identity_cli.replaying.at_end.finishing import Whoever
from identity_cli.replaying.going_on.earlier_run import EarlierRun
from identity_cli.replaying.one_replay import Replay
from identity_cli.resolver.open_end import OpenEnd


class ContinuedReplay(Replay):
    """The same, begun with what an earlier run knows."""

    def __init__(self, earlier: EarlierRun, *replay: Any) -> None:
        """replay: what any replay is given."""
        self._earlier = earlier
        super().__init__(*replay)
        end = earlier.end(self._names_kept)
        self._met_again.go_on(end)
        earlier.go_on(end, self._journal)
        earlier.go_on_watching(self._watchers.resolving)
        earlier.go_on_rejecting(self._rejected, self._rejections)
        self._earlier_ids = self._ids
        self._kept, self._has_large_values = end.kept, end.has_large_values

    @property
    def _earlier_reading(self) -> Earlier:
        return self._earlier.reading

    def _whoever(self) -> Whoever:
        self._met_again = self._earlier.met_again(self._resolver, self._options)
        return self._met_again

    def _resolve(self, batch: Batch[Event]) -> None:
        self._met_again.meet(batch)
        super()._resolve(batch)

    @property
    def _ids_held(self) -> int:
        return self._met_again.ids + self._ids - self._earlier_ids + self._resolver.personless_count

    def _note_findings(self, config: Config) -> None:
        """As after any replay whose ids need not fit into memory."""
        if audits_fit(self._options, self._ids):
            super()._note_findings(config)

    def _open_end(self) -> OpenEnd:
        return self._met_again.open_end()
