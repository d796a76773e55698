"""What a dialect is: how the lines of one input format become events.

Bad input is a value: where a line holds several events and one of them is none, that one
stands among the others as an Unusable.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

from identity_cli.events import Event, Pairs

POSTHOG = "PostHog"
"""Whose rules persons follow where those of a log's own vendor are not modelled."""


class Unusable(Exception):
    """The line is no event of this dialect; the message is the reason, for the log's reader.

    moment: when it arrived, where that decides what it means.
    """

    def __init__(self, reason: str, moment: datetime | None = None) -> None:
        super().__init__(reason)
        self.moment = moment


class Dangling(Unusable):
    """A line of the dialect that refers to others, of which none stands before it: of use in another log."""


class TouchesNobody(NamedTuple):
    """An event that concerns no person, such as an update of a group; why, in words.

    event: what it is called. moment: when it arrived, as far as its line tells.
    """

    why: str
    event: str
    uuid: Any = None
    moment: datetime | None = None


class Weight(IntEnum):
    """What a mark proves: one line with it outweighs nine with a lighter one.

    But NAMED and TELLING, which decide between vendors on one line, count nearly the same over many.
    """

    NAMED = 1_500  # the vendor's own name, or a field that nobody else has
    TELLING = 1_000  # what its libraries or servers write and others as good as never
    LIKELY = 100  # what it always writes and others sometimes
    FAINT = 10  # what others always write is missing
    SHAPE = 1  # a line that could be its own, and as well another's


class Mark(NamedTuple):
    """Something by which lines of a dialect are known; shows: whether a line, parsed, has it."""

    weight: Weight
    shows: Callable[[Any], bool]


class Foresight(Protocol):
    """What a dialect has to know of all lines before the first of them means anything."""

    def see(self, line: bytes) -> None:
        """Take one line of the log; a line that is none of the dialect's says nothing."""


class Wanted(NamedTuple):
    """What a replay wants of the events that it is given.

    copied_names: event properties that the rules copy onto persons. as_of: the date of the
    rules, for mappings that their vendor changed. pairs: what they make of a user and a device on
    one line, for vendors that have several ways to say who is who. every_link: links that a dialect
    makes where a pair of ids first stands on a line are wanted of each such line, as the first may be
    left out. foreseen: what the dialect's own foresight has
    seen, of the whole log; None where it can be read only once. stateful: what decoders keep from line to
    line, each with its attributes and their types in `remembers`; None where nobody asks.
    """

    copied_names: tuple[str, ...] = ()
    as_of: date = date.max
    pairs: Pairs = Pairs.LINK
    every_link: bool = False
    foreseen: Foresight | None = None
    stateful: list[Any] | None = None

    def note(self, stateful: Any) -> None:
        """A decoder keeps this from line to line."""
        if self.stateful is not None:
            self.stateful.append(stateful)


class Notice(NamedTuple):
    """What whoever replays the log should know of one event: the kind of thing, and what stood there."""

    kind: str
    what: str


UNREADABLE_TIME = "unreadable_time"
"""Something stands where a time should, and it is none."""

LONG_ID = "long_id"
"""A distinct id, as sent, of more characters than capture leaves."""
COOKIELESS = "cookieless"
"""An event of a visitor whose id the platform makes, and nobody else can."""
LONG_LINE = "long_line"
"""A line of so many bytes that what it sets is a burden to memory, where the persons' properties live."""
ONE_PAGE = "one_page"
"""An answer of an API that says that there are more pages; counted by the answer."""
UNREADABLE_COLUMN = "unreadable_column"
"""A column of a table that cannot be decoded and that no event needs; counted by the table."""
NO_TIME_TO_SORT_BY = "no_time_to_sort_by"
"""The log is sorted, and the line has no time to sort it by."""


class Decoded(Event, Protocol):
    """An event, with the links that its line asks for beside it, and what is to be told of it.

    These links come before the event and are part of it: it is one event, at one place of the log.
    """

    @property
    def notices(self) -> Sequence[Notice]:
        """What its line shows beside its meaning; mostly nothing."""


Item = Decoded | TouchesNobody | Unusable
"""What an event of a line may turn out to be."""
Decode = Callable[[bytes], Decoded]
DecodeAll = Callable[[bytes], Sequence[Item]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One input format.

    vendor: whose it is, as in a sentence. own_rules: the names of the rule sets that say who
    is who as that vendor does, each with the marks by which lines show that it is that one's, the
    likeliest first; none where its rules are not modelled. guide: how its identify,
    alias, merge and traits become links and property writes, what the vendor itself does
    differently, and what its log cannot tell.
    marks: by which its lines are known, the heaviest first, see recognition; each says what it knows
    of its own lines, and nothing of other dialects.
    decoder and lenient_decoder are asked once per replay, so they may keep state from line to
    line (those that keep some or make links give the events of a line); a line that fails must
    leave that state alone. The fast decoder may raise anything, and
    gives one event a line, or, where several is true, the events of a line: what one call of a
    vendor's comes to is one event, with the links that it makes beside. The lenient one
    is asked about the lines on which the fast one failed; it gives the events of a line, and
    raises Unusable for a line that is none. Without it the decoder takes every line and raises
    Unusable itself, so that there is one state.
    is_line_by_line: whether a line means the same wherever the reading begins; but for what ids it has,
    which is checked.
    foresight: where the whole log has to be read before its first line can be decoded, what sees it.
    order_key: which time of an event says best when it arrived, in words; None where the
    order of the file is all there is.
    form_of: the dialect that reads these lines as well, only more slowly.
    """

    name: str
    title: str
    vendor: str
    guide: str
    marks: tuple[Mark, ...]
    decoder: Callable[[Wanted], Decode | DecodeAll]
    lenient_decoder: Callable[[Wanted], DecodeAll] | None = None
    several: bool = False
    is_line_by_line: bool = False
    foresight: Callable[[], Foresight] | None = None
    order_key: str | None = None
    form_of: str | None = None
    own_rules: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)
