"""A replay whose ids need not fit into memory: through files in the run's folder, part by part.

The log is read as ever, and watched; what is resolved waits in files until it is known which ids are ever
linked. The run is the same, row for row.
"""

from dataclasses import replace
from functools import partial

from identity_cli.audits.config import Config
from identity_cli.facts import PersonCreated
from identity_cli.pieces.joining import Whole
from identity_cli.reading.either_process import is_in_blocks, items_of
from identity_cli.reading.intake import Log, Progress
from identity_cli.reading.log_items import ItemReader, KeptLine, LogRead
from identity_cli.reading.room_for_ids import audits_fit
from identity_cli.reading.watchers import NOBODY
from identity_cli.replaying.at_end.finishing import Whoever, persons_at_once
from identity_cli.replaying.at_end.log_end import LogEnd
from identity_cli.replaying.in_parts.gathering import Gathered, Gathering
from identity_cli.replaying.in_parts.parts import ResolvedInParts
from identity_cli.replaying.one_replay import Replay
from identity_cli.store.writing.filed_names import FiledNames


class SpilledReplay(Replay):
    """The same through files."""

    def _reader(self, log: Log, on_progress: Progress | None) -> ItemReader:
        options = self._options
        in_blocks = is_in_blocks(log, options)
        gathered = [Gathered(self._folder) for _ in range(options.processes if in_blocks else 1)]
        self._parts = ResolvedInParts(gathered, options, self._folder)
        self._names = self._journal.names = FiledNames(self._folder)
        self._journal.spare_memory()
        watchers, self._watchers = self._watchers, NOBODY  # here no event comes by
        if in_blocks:
            from identity_cli.replaying.in_parts.block_readers import BlockReaders  # takes its time to import

            everyone = [*watchers.reading, *watchers.resolving]
            return BlockReaders(log, options, everyone, gathered, on_progress, self._folder)
        through = partial(Gathering, gathered=gathered[0], options=options, watchers=watchers.resolving)
        return items_of(log, options, watchers.reading, self._folder, on_progress, through)

    def _whoever(self) -> Whoever:
        return self._parts

    def _resolve_rest(self, read: LogRead) -> None:
        at_once = persons_at_once(has_large_values=self._has_large_values)
        self._parts.resolve(at_once)
        self._finishing.begin(read, self._parts, self._parts.persons, at_once)
        for told in self._parts.journal(read.origins):
            if isinstance(told, Whole):
                self._write_whole(told, read)
            elif isinstance(told, LogEnd):
                self._remember(replace(told, next_person=self._journal.count(PersonCreated)))
            else:
                self._take(told)

    @property
    def _marks(self) -> dict[str, int]:
        return self._journal.marks_since(self._finishing.marks)

    def _write_whole(self, whole: Whole, read: LogRead) -> None:
        self._kept = {seq: KeptLine(read.origins[seq], line) for seq, line in whole.lines.items()}
        self._write_facts(whole.facts)
        self._kept = {}

    def _note_findings(self, config: Config) -> None:
        """Not where memory would not hold what audits add up of each id: the run then has none."""
        if audits_fit(self._options, self._parts.ids):
            super()._note_findings(config)

    def close(self) -> None:
        """Let go of the files."""
        self._parts.close()
        self._names.close()
