"""What watchers and decoders remember, as bytes: with it a later replay goes on as if the log had not ended.

JSON, compressed, read back by type: a run may come from anybody, and what is not of its type is refused.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, get_args, get_origin

import msgspec

TABLE = "remembered"
RAW = list[bytes]
"""Of what is kept as it stands, piece by piece: numbers as good as random, which do not get smaller."""
BEYOND_WORDS = "beyond words: "
"""What the name of a part begins with where it cannot be remembered as it is: no replay can go on then."""
PIECE = 1_000
"""Of the values of a list or a mapping, as many as are kept together."""
_FASTEST = 1


class NotAsRemembered(ValueError):
    """A part that is missing, or not of its type; the message is the reason."""


WORDLESS = (UnicodeEncodeError, OverflowError, RecursionError)
"""What is raised of a value that JSON has no word for."""
Kinds = Mapping[str, Any]
"""The type of each attribute that is remembered, by its name, with dots for one of an attribute."""
Parts = Mapping[str, Sequence[bytes]]
"""What was remembered, by name; piece by piece."""
Row = tuple[str, int, bytes]


def remembered(name: str, one: Any, kinds: Kinds) -> Iterator[Row]:
    """These attributes as rows of the table; name: of what has them."""
    for attribute, kind in kinds.items():
        value = attrgetter(attribute)(one)
        try:
            pieces = value if kind is RAW else [*_packed_pieces(value, kind)]
        except WORDLESS:
            yield beyond_words(f"{name}.{attribute}")
            return
        for nth, piece in enumerate(pieces):
            yield f"{name}.{attribute}", nth, bytes(piece)


def beyond_words(part: str) -> Row:
    """In place of a part that cannot be remembered as it is."""
    return f"{BEYOND_WORDS}{part}", 0, b""


def recall(name: str, one: Any, kinds: Kinds, parts: Parts) -> None:
    """Give it the attributes of that name again, those that were remembered; NotAsRemembered."""
    for attribute, kind in kinds.items():
        part = f"{name}.{attribute}"
        if part not in parts:
            continue
        value: Any = parts[part] if kind is RAW else part_of(parts, part, kind)
        where, _, last = attribute.rpartition(".")
        owner = attrgetter(where)(one) if where else one
        known = getattr(owner, last)
        if isinstance(known, dict | set):  # perhaps of a kind of its own
            known.clear()
            known.update(value)
            continue
        try:
            setattr(owner, last, value)
        except ValueError as error:  # of what is kept as it stands
            raise NotAsRemembered(f"{part}: {error}") from None


def _packed_pieces(value: Any, kind: Any) -> Iterator[bytes]:
    """The same, what is long in pieces, so that whoever has it in parts need not hold it."""
    if isinstance(value, list) and len(value) > PIECE:
        yield from (packed(value[at : at + PIECE], kind) for at in range(0, len(value), PIECE))
    elif isinstance(value, dict) and len(value) > PIECE:
        items = iter(value.items())
        while some := dict(islice(items, PIECE)):
            yield packed(some, kind)
    else:
        yield packed(value, kind)


def packed(value: Any, kind: Any) -> bytes:
    """A value of that type as bytes."""
    sent = (
        [(key, _in_order(one)) for key, one in value.items()]
        if get_origin(kind) is dict
        else _in_order(value)
    )
    return zlib.compress(msgspec.json.encode(sent), _FASTEST)


def text_of(value: Any) -> bytes:
    """A value as it is packed with others later, see packed_texts; empty where there is no word for it."""
    try:
        return msgspec.json.encode(value)
    except WORDLESS:
        return b""


def packed_texts(texts: Sequence[bytes]) -> bytes:
    """The same as packed, of a list of values that are told as texts."""
    return zlib.compress(b"[" + b",".join(texts) + b"]", _FASTEST)


def _in_order(value: Any) -> Any:
    """A set as a list that does not depend on hashes, which differ from process to process."""
    if not isinstance(value, set):
        return value
    try:
        return sorted(value)
    except TypeError:  # values of different types
        return sorted(value, key=repr)


def part_of(parts: Parts, name: str, kind: Any) -> Any:
    """The part of that name, a value of that type; NotAsRemembered."""
    if name not in parts:
        raise NotAsRemembered(f"{name} is missing")
    try:
        return _unpacked(parts[name], kind)
    except (zlib.error, ValueError, RecursionError) as error:
        raise NotAsRemembered(f"{name}: {error}") from None


def of_kind(value: Any, kind: Any) -> Any:
    """What is of that type, of plain values that stand for it."""
    return msgspec.convert(value, kind)


def _unpacked(pieces: Sequence[bytes], kind: Any) -> Any:
    is_mapping = get_origin(kind) is dict
    sent = list[tuple[get_args(kind)]] if is_mapping else kind  # type: ignore[misc]  # made as it is needed
    value = msgspec.json.decode(zlib.decompress(pieces[0]), type=sent)
    for piece in pieces[1:]:  # of a long list
        value += msgspec.json.decode(zlib.decompress(piece), type=sent)
    return dict(value) if is_mapping else value
