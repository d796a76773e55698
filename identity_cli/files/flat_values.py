"""A nested value as a flat list and back: pickle goes less deep than a line may be nested.

How deep that is depends on the version of Python (some 850 levels on 3.12), and on none can it be told.
"""

from typing import Any, NamedTuple


class _Container(NamedTuple):
    """Stands for a list, tuple or dict of the next parts; of a dict each entry is two."""

    kind: type
    parts: int


def flattened(value: Any) -> list[Any]:
    """A value of lists, tuples, dicts and plain values: each container before its parts, these backwards."""
    flat, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            parts = [part for entry in one.items() for part in entry]
        elif isinstance(one, list | tuple):
            parts = list(one)
        else:
            flat.append(one)
            continue
        flat.append(_Container(type(one), len(parts)))
        waiting += parts
    return flat


def restored(flat: list[Any]) -> Any:
    """The value that was flattened."""
    done: list[Any] = []
    for one in reversed(flat):
        if isinstance(one, _Container):
            first = len(done) - one.parts
            parts = done[first:]
            del done[first:]
            done.append(one.kind(zip(parts[::2], parts[1::2], strict=True) if one.kind is dict else parts))
        else:
            done.append(one)
    (value,) = done
    return value
