"""Random logs of mutated lines, and random damage to packed ones. All chance comes from the Random given."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random
from typing import Any

from corpus import deep
from dialect_examples import EXAMPLES

from identity_cli.rules import RULE_SETS

MAPPING = (
    "distinct_id=distinct_id",
    "anonymous_id=properties.$device_id",
    "event=event",
    "timestamp=timestamp",
)
FIELDS = [
    *(
        "event",
        "distinct_id",
        "userId",
        "anonymousId",
        "user_id",
        "device_id",
        "type",
        "previousId",
        "timestamp",
    ),
    *("now", "team_id", "uuid", "properties", "$set", "$set_once", "$unset", "$anon_distinct_id", "alias"),
    *("traits", "context", "batch", "data", "user_properties", "amplitude_id", "time", "token", "sent_at"),
    *(
        "receivedAt",
        "messageId",
        "$device_id",
        "$lib",
        "$process_person_profile",
        "$distinct_ids",
        "identify",
    ),
]
ODD = [
    *("null", "true", "[]", "{}", "-0", "1e400", "NaN", "9007199254740993", '" "', '"\\ud800"', '"\\u0000"'),
    *('"\udcff"', '"\\u202e\\u200b\\u001b]0;x"', '"=cmd|calc"', '[[["u"]]]', '{"a":{"b":[1,null]}}'),
    *('{"":1," ":2}', '[{"event":"e","distinct_id":"z"},5,null]', '"{\\"event\\":\\"e\\"}"'),
    *('["a",1,null,{"x":1},true]', '"0001-01-01T00:00:00+05:00"', '"9999-12-31T23:59:59.999999-05:00"'),
    *('"2016-12-31T23:59:60Z"', "1e18", "-62135596801", '"nan"', '"1e999"', '"20240401"', '"2024W01"'),
    '"Wed, 08 Mar 2023 12:00:00 +9999"',
]


def value(chance: Random) -> str:
    """A JSON value that nobody expects."""
    kinds: list[Callable[[], str]] = [
        lambda: chance.choice(ODD),
        lambda: chance.choice(ODD),
        lambda: chance.choice("19") * chance.choice([17, 19, 20, 30, 309, 400, 4301]),
        lambda: '"' + "x" * chance.choice([0, 199, 200, 201, 400, 401, 70_000]) + '"',
        lambda: deep(chance.choice([5, 50, 490, 900, 1_100])),
        lambda: deep(chance.randint(905, 930), '{"a":', "1", "}"),
        lambda: deep(chance.randint(905, 930)),
        lambda: f'"u{chance.randrange(30)}"',
    ]
    return chance.choice(kinds)()


def _with_bits_flipped(line: bytes, chance: Random) -> bytes:
    changed = bytearray(line)
    for _ in range(chance.choice([1, 1, 2, 8])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(line: bytes, chance: Random) -> bytes:
    return line[: chance.randrange(len(line))]


def _with_noise(line: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(line))
    return line[:at] + chance.randbytes(chance.choice([1, 4, 20])) + line[at:]


def _twice(line: bytes, chance: Random) -> bytes:
    return line + line


def _wrapped(line: bytes, chance: Random) -> bytes:
    text = json.dumps(line.decode("utf-8", "replace")).encode()
    kinds = [
        b'{"batch":[%s]}' % line,
        b"[%s,%s]" % (line, line),
        b'{"data":%s}' % text,
        b"\xef\xbb\xbf" + line,
    ]
    return chance.choice([*kinds, b"\t" + line, line + b"\r", b"", b" ", b"\0" * 10])


def _with_a_field(line: bytes, chance: Random) -> bytes:
    """Another value in the place of one, or a field more."""
    new = value(chance).encode("utf-8", "surrogateescape")
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return line
    holders = list(_objects(event))
    if not holders:
        return line
    holder = chance.choice(holders)
    key = chance.choice([*holder, chance.choice(FIELDS)] if chance.random() < 0.7 else FIELDS)
    holder[key] = "PLACE OF IT"
    return json.dumps(event).encode().replace(b'"PLACE OF IT"', new)


def _objects(inside: Any) -> Any:
    if isinstance(inside, dict):
        yield inside
        inside = list(inside.values())
    if isinstance(inside, list):
        for one in inside:
            yield from _objects(one)


MUTATIONS: Sequence[Callable[[bytes, Random], bytes]] = [
    *(_with_bits_flipped, _cut, _with_noise, _twice, _wrapped),
    *[_with_a_field] * 6,
]


def mutated(line: bytes, chance: Random) -> bytes:
    """The line with up to four things done to it."""
    for _ in range(chance.choice([0, 1, 1, 1, 2, 4])):
        line = chance.choice(MUTATIONS)(line, chance).replace(b"\n", b" ") or b" "
    return line


@dataclass
class FuzzedLog:
    """What a seed makes."""

    seed: int
    lines: list[bytes]
    options: dict[str, Any] = field(default_factory=dict)


def fuzzed_log(seed: int, filters: str, count: int = 60) -> FuzzedLog:
    """A log of mutated lines of mostly one dialect. filters: a file of internal users."""
    chance = Random(seed)
    name = chance.choice(list(EXAMPLES))
    own = [json.dumps(line).encode() for line in EXAMPLES[name]]
    others = [json.dumps(line).encode() for log in EXAMPLES.values() for line in log]
    lines = [mutated(chance.choice(own if chance.random() < 0.8 else others), chance) for _ in range(count)]
    options: dict[str, Any] = {"rules": chance.choice([None, *RULE_SETS]), "table_formats": ("ndjson",)}
    match chance.choice(["detected", "detected", "named", "mapped"]):
        case "named":
            options["dialect"] = name
        case "mapped":
            options["mapping"] = MAPPING
    possible: dict[str, list[Any]] = {
        "order": ["arrival", "time"],
        "dedupe": [True],
        "internal_users": [filters],
        "buffer": [0, 1, 1e6],
        "with_events": [True],
    }
    for option, choices in possible.items():
        if chance.random() < 0.25:
            options[option] = chance.choice(choices)
    return FuzzedLog(seed, own + lines, options)


def damaged_log(chance: Random) -> tuple[bytes, bool]:
    """Plain lines in several streams of one kind of container, and whether anything was done to them."""
    packs: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress]
    pack = chance.choice(packs)
    lines = [b'{"event":"e","distinct_id":"u%d"}\n' % number for number in range(100)]
    cuts = [0, *sorted(chance.sample(range(1, 100), chance.choice([0, 1, 2]))), 100]
    streams = [pack(b"".join(lines[start:end])) for start, end in pairwise(cuts)]
    whole = b"".join(streams)
    match chance.choice(["whole", "cut", "flipped", "more"]):
        case "cut":
            ends = set(accumulate(map(len, streams)))  # where a cut cannot be seen
            return whole[: chance.choice([*{*range(1, len(whole))} - ends])], True
        case "flipped":
            return _with_bits_flipped(whole, chance), True
        case "more":
            return whole + chance.randbytes(chance.choice([1, 10, 1_000])), True
        case _:
            return whole, False
