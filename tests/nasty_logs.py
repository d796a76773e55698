"""Random logs nobody would write by hand: few ids, many links, everything that ever went wrong in one.

All chance comes from the `random.Random` given, so a seed names a log.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

START = datetime(2023, 3, 8, 12, tzinfo=UTC)

GOOD_IDS = ["ada", "bob", "dev-1", "dev-2", "anon-1", "Ada", "42", "ünï-😀", "a,b"]
ODD_IDS = [
    *("anonymous", "GUEST", "None", "none", "null", "NULL", "0", "undefined", "[object Object]", "NaN"),
    *("'null'", '"id"', "'Guest'", "\"none'", '""', "''", '"', " null ", "true"),
    *(" ", "\ufeff", "\u3000\t", "\u0085", "\x1c", "n\0l", "x" * 400, "y" * 401, "😀" * 201),
]
NO_TEXT_IDS = [42, 42.0, 12.5, 1e-7, 1e21, -0.0, 2**53 + 1, 10**30, True, False]
OTHER_IDS = [None, "", 0, False, [], {}, [None], ["ada"], ["a", "b"], [["bob"], 42], {"ada": 1}, 1.5]

LINKING = ["$identify", "$create_alias", "$merge_dangerously"]
EVENTS = [
    *("$pageview", "purchase", "$set", "$groupidentify", "$exception", "$snapshot", "$$heatmap"),
    *("$performance_event", "$ai_span", "survey shown", "$$client_ingestion_warning", "$feature_flag_called"),
]

KEYS = [
    *("plan", "email", "n", "0", "$browser", "$current_url", "utm_source", "$initial_os", "$geoip_latitude"),
    *("$os", "$os_name", "$initial_os_name", "$geoip_city_name", "$survey_last_seen_date", "n\0", "n\ufffd"),
]
VALUES = [
    *(None, True, False, 0, 1, 1.0, 1.5, -3, "", "free", "pro", "a\0b", "ünï", [], [1], [True], {}, {"k": 1}),
    *([1, [None]], {"k": {"z": "\0"}}),
]
ODD_OPERATORS = [None, [], ["a", "b"], "", "ab", "😀", 0, 7, True, False]
ODD_UNSETS = [
    None,
    {},
    {"plan": 1, "n": None},
    "n",
    "01",
    "",
    0,
    1,
    True,
    False,
    ["plan", 0, None, True, ["n"]],
    [0],
    ["n\0"],
]
COPIED = [
    *("utm_source", "gclid", "msclkid", "twclid", "$browser", "$current_url", "$os", "$os_name"),
    *("$os_version", "$app_name", "$screen_width", "$is_server"),
]
LIBRARIES = ["web", "posthog-node", "posthog-ios", "posthog-flutter", None, 3]
GROUPS: list[Any] = [None, [], {}, {"org": "o1"}]
FLAGS = [True, False, False, False, None, "no", 0]


def nasty_log(random: Random, events: int) -> list[dict[str, Any]]:
    """A log of so many events, as JSON objects."""
    ids = random.sample(GOOD_IDS, random.randint(2, 6)) + random.sample(ODD_IDS, random.randint(0, 4))
    keys = random.sample(KEYS, random.choice([1, 2, 4]))
    has_times, is_ordered = random.random() < 0.8, random.random() < 0.6
    has_profile_flags, has_copies = random.random() < 0.4, random.random() < 0.4
    arrival = START
    log = []
    for _ in range(events):
        arrival += timedelta(milliseconds=random.choice([0, 1, 500, 5_000, 20_000, 30_000, 60_000]))
        if not is_ordered and random.random() < 0.2:
            arrival -= timedelta(milliseconds=random.choice([1, 5_000, 60_000, 200_000]))
        event = nasty_event(random, ids, keys)
        if has_times:
            event |= _times(random, arrival)
        if has_profile_flags and random.random() < 0.4:
            event["properties"]["$process_person_profile"] = random.choice(FLAGS)
        if has_copies:
            event["properties"] |= _copies(random)
        log.append(event)
    return log


def nasty_event(random: Random, ids: Sequence[str], keys: Sequence[str]) -> dict[str, Any]:
    """One event of these ids that writes these keys."""
    own: Any = random.choice(ids)
    if random.random() < 0.15:
        own = f"fresh-{random.randint(1, 30)}"
    elif random.random() < 0.03:
        own = random.choice([*NO_TEXT_IDS, "", None])
    name = random.choice(LINKING if random.random() < 0.5 else EVENTS)
    properties: dict[str, Any] = {}
    event = {
        "uuid": str(uuid.UUID(int=random.getrandbits(128))),
        "event": name,
        "distinct_id": own,
        "properties": properties,
    }
    if event["uuid"][-1] in "01234567":
        event["options"] = {}  # of capture v1
    if random.random() < 0.2:
        event["team_id"] = random.choice([1, 2, 3, None])
    if name in LINKING or random.random() < 0.1:
        other = random.choice([*OTHER_IDS, *NO_TEXT_IDS]) if random.random() < 0.1 else random.choice(ids)
        if random.random() < 0.2:
            other = f"fresh-{random.randint(1, 30)}"
        properties["$anon_distinct_id" if name == "$identify" else "alias"] = other
        if random.random() < 0.1:
            properties.clear()
    _oddities(random, name, properties, ids)
    _operators(random, event, keys)
    if random.random() < 0.3:
        properties["$lib"] = random.choice(LIBRARIES)
    if random.random() < 0.2:
        properties["$device_id"] = random.choice([own, random.choice(ids), [own], None])
    if random.random() < 0.03:
        del event["properties"]
        event["properties"] = {}
    return event


def _oddities(random: Random, name: str, properties: dict[str, Any], ids: Sequence[str]) -> None:
    if name == "$feature_flag_called" and random.random() < 0.3:
        properties["$groups"] = random.choice(GROUPS)
    if name == "$$client_ingestion_warning" and random.random() < 0.8:
        properties["$$client_ingestion_warning_message"] = random.choice(VALUES)
    if random.random() < 0.03:
        properties["distinct_id"] = random.choice([*ids, *NO_TEXT_IDS])


def _operators(random: Random, event: dict[str, Any], keys: Sequence[str]) -> None:
    def values() -> dict[str, Any]:
        return {random.choice(keys): random.choice(VALUES) for _ in range(random.randint(0, 3))}

    for operator in ("$set", "$set_once"):
        if random.random() < 0.35:
            odd = random.random() < 0.08
            event["properties"][operator] = random.choice(ODD_OPERATORS) if odd else values()
        if random.random() < 0.08:
            event[operator] = random.choice(ODD_OPERATORS) if random.random() < 0.1 else values()
    if random.random() < 0.2:
        odd = random.random() < 0.2
        removed = random.sample(keys, random.randint(0, min(2, len(keys))))
        event["properties"]["$unset"] = random.choice(ODD_UNSETS) if odd else removed
    if random.random() < 0.03:
        event["$unset"] = list(keys)


def _times(random: Random, arrival: datetime) -> dict[str, str]:
    """When it happened by its own account, and when it arrived; either may be missing."""
    times = {}
    if random.random() < 0.9:
        happened = arrival - timedelta(milliseconds=random.choice([0, 40, 2_000, 90_000, -500]))
        times["timestamp"] = happened.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if random.random() < 0.8:
        times["now"] = arrival.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return times


def _copies(random: Random) -> dict[str, Any]:
    copies: dict[str, Any] = {}
    while random.random() < 0.5:
        name = random.choice(COPIED)
        copies[name] = random.choice([True, False]) if name == "$is_server" else random.choice(VALUES[:12])
    return copies
