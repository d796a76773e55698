"""From lines to events: which dialect a source is of, and its decoders."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, cast

from identity_cli.dialects import detected, is_followed_by
from identity_cli.dialects.base import (
    Decode,
    DecodeAll,
    Decoded,
    Dialect,
    Foresight,
    Item,
    Unusable,
    Wanted,
)
from identity_cli.dialects.nesting import TOO_DEEP, is_any_too_deep, is_too_deep, room_for_nesting
from identity_cli.errors import MixedVendors
from identity_cli.files.sources import LineSource
from identity_cli.reading.remembering import Parts, recall
from identity_cli.reading.source_choice import BLOCK_BYTES

DECODERS = "decoders"
"""What their part of what is remembered begins with."""
FAULT_OF_OURS = "idcli failed on this line, which is a bug: please report it"

Items = Sequence[Item | None]
"""Of a line: its events, or why it is none; None for a blank line."""


class Made(NamedTuple):
    """What lines are decoded to: an event of each, or, where some are none or several, what each comes to."""

    events: list[Decoded]
    items: list[Items] | None = None

    @property
    def seqs(self) -> int:
        """How many they take."""
        return len(self.events) if self.items is None else sum(map(len, self.items))


DecodeBlock = Callable[[list[bytes]], Made]


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read, for what is wanted; dialect: of every source, None to detect that of each.

    own_rules: the rule set, where it was chosen as that of the log's vendor and not asked for. again: what
    opens the sources once more, in turn, for dialects with foresight; None where that cannot be done. parts:
    what decoders kept of a log that is gone on with. stateful: what keeps something, by dialect.
    """

    wanted: Wanted
    dialect: Dialect | None = None
    own_rules: str | None = None
    again: Callable[[], Iterator[LineSource]] | None = None
    parts: Parts = field(default_factory=dict)
    stateful: dict[str, list[Any]] = field(default_factory=dict)
    _decoders: dict[str, tuple[Decode | DecodeAll, DecodeAll]] = field(default_factory=dict)

    def dialect_of(self, path: str, lines: list[bytes]) -> Dialect:
        """The dialect of a source by its first lines; MixedVendors if the rules are not its vendor's."""
        dialect = self.dialect or detected(path, lines)
        if self.own_rules is not None and not is_followed_by(self.own_rules, dialect):
            raise MixedVendors(path, dialect.name, self.own_rules)
        return dialect

    def decoders(self, dialect: Dialect) -> tuple[Decode | DecodeAll, DecodeAll]:
        """The dialect's decoders; the same for every source, as they may keep state."""
        if dialect.name not in self._decoders:
            stateful = self.stateful[dialect.name] = []
            wanted = self.wanted._replace(foreseen=self._foreseen(dialect), stateful=stateful)
            fast = dialect.decoder(wanted)
            patient = dialect.lenient_decoder
            self._decoders[dialect.name] = (
                fast,
                cast(DecodeAll, fast) if patient is None else patient(wanted),
            )
            for nth, one in enumerate(stateful):
                recall(f"{DECODERS}.{dialect.name}.{nth}", one, one.remembers, self.parts)
        return self._decoders[dialect.name]

    def _foreseen(self, dialect: Dialect) -> Foresight | None:
        """What the dialect's foresight sees in all sources of it, where they can be read twice."""
        if dialect.foresight is None or self.again is None:
            return None
        foresight = dialect.foresight()
        for source in self.again():
            with closing(source) as file:
                is_ours = None
                while lines := file.read_lines(BLOCK_BYTES):
                    if is_ours is None:
                        is_ours = (self.dialect or detected(file.path, lines)) is dialect
                    if not is_ours:
                        break
                    for line in lines:
                        foresight.see(line)
        return foresight

    def block_decoder(self, dialect: Dialect) -> DecodeBlock:
        """What decodes consecutive lines of that dialect."""
        strict, lenient = self.decoders(dialect)
        if dialect.several:
            return lambda lines: _each_made(lines, cast(DecodeAll, strict), lenient)
        return lambda lines: _made(lines, cast(Decode, strict), lenient)

    @property
    def keeps_anything(self) -> bool:
        """Whether decoders keep something of lines they saw, by which others may mean something else."""
        return any(keeps_anything(one) for stateful in self.stateful.values() for one in stateful)

    def several(self, dialect: Dialect) -> tuple[DecodeAll, DecodeAll]:
        """The same, the first giving the events of a line whatever the dialect."""
        strict, lenient = self.decoders(dialect)
        if dialect.several:
            return cast(DecodeAll, strict), lenient
        decode = cast(Decode, strict)
        return (lambda line: (decode(line),)), lenient

    def afresh(self, dialect: Dialect) -> Callable[[bytes], Items]:
        """What makes events of a line, or says why it is none, with decoders whose state nobody else has."""
        strict, lenient = Reading(self.wanted, dialect).several(dialect)
        return partial(decoded_or_reason, decode=strict, lenient=lenient)


def keeps_anything(stateful: Any) -> bool:
    """Whether what may keep something of lines does."""
    return any(attrgetter(name)(stateful) for name in stateful.remembers)


def _made(lines: list[bytes], decode: Decode, lenient: DecodeAll) -> Made:
    try:
        with room_for_nesting():
            if is_any_too_deep(lines):
                raise Unusable(TOO_DEEP)
            return Made(list(map(decode, lines)))
    except Exception:  # whatever the fast decoder found, the lenient one tells line by line
        return _each_made(lines, lambda line: (decode(line),), lenient)


def _each_made(lines: list[bytes], decode: DecodeAll, lenient: DecodeAll) -> Made:
    with room_for_nesting():
        return Made([], [decoded_or_reason(line, decode, lenient) for line in lines])


def decoded_or_reason(line: bytes, decode: DecodeAll, lenient: DecodeAll) -> Items:
    """The events of a line, or why it is none, whatever the dialect stumbled over; None for a blank line."""
    if is_too_deep(line):
        return (Unusable(TOO_DEEP),)
    try:
        if events := decode(line):
            return events
    except Exception:  # the strict decoder may raise whatever it likes; the lenient one decides
        pass
    if not line.strip():
        return (None,)
    try:
        return lenient(line) or (Unusable("no event in the batch"),)
    except Unusable as unusable:
        return (unusable,)
    except Exception as bug:  # of ours: the line shows it, and the others are not to blame
        return (Unusable(f"{FAULT_OF_OURS}: {type(bug).__name__}: {bug}"),)
