"""Columns of a block of which little is asked: what they take to be sent is paid only where they are sent."""

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from identity_cli.events import Event

ValueT_co = TypeVar("ValueT_co", covariant=True)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_TIME = -(1 << 63)


class Column(Protocol[ValueT_co]):
    """A value of each event."""

    def __getitem__(self, index: int, /) -> ValueT_co:
        """Of that event of the block."""


class OnDemand(Generic[ValueT_co]):
    """A column that is found when it is asked for; once it is pickled, as it was found for all."""

    __slots__ = ("_events", "_value_of")

    def __init__(self, events: Sequence[Event], value_of: Callable[[Any], ValueT_co]) -> None:
        self._events = events
        self._value_of = value_of

    def __getitem__(self, index: int, /) -> ValueT_co:
        """Of that event of the block."""
        return self._value_of(self._events[index])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by what all of them have."""
        return _pickled([*map(self._value_of, self._events)])


class Times(list[datetime | None]):
    """A column of times, pickled as numbers."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by those."""
        return _pickled([*self])


def _pickled(values: list[Any]) -> tuple[Any, ...]:
    """As themselves; times in UTC as numbers, as they take long to be pickled and made again."""
    if any(type(one) is not datetime or one.tzinfo is not UTC for one in values if one is not None):
        return list, (values,)
    numbers = (_NO_TIME if one is None else (one - _EPOCH) // _MICROSECOND for one in values)
    return _Numbers, (array("q", numbers),)


class _Numbers(Sequence[datetime | None]):
    """Times, as microseconds since 1970."""

    def __init__(self, numbers: "array[int]") -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any, /) -> Any:
        number = self._numbers[index]
        return None if number == _NO_TIME else _EPOCH + timedelta(microseconds=number)
