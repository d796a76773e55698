"""Makes event logs to measure with: the same arguments, the same bytes.

    python -m tests.bench.generate realistic LOG --events 1000000
    python -m tests.bench.generate realistic LOG --events 1000000 --scattered
    python -m tests.bench.generate chain LOG --merges 1000000
    python -m tests.bench.generate one-person LOG --ids 1000000
    python -m tests.bench.generate fixed-ids LOG --events 1000000 --ids 100000

`realistic` is what a web product sends to PostHog; scattered, it is the worst case for every cache:
no event has anything to do with the one before. The others each drive one thing to its extreme.
"""

import argparse
import random
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from json import JSONEncoder
from pathlib import Path
from typing import Any

from tests.bench.visits import Session, Visits, session_at

Properties = dict[str, Any]

COME_ONCE = 0.5
"""Of visits: those of people who were not here before."""
START = datetime(2024, 1, 1)
START_SECONDS = 1_704_067_200  # the same moment since 1970, whatever the machine's time zone
TORN_EVERY = 100_003  # ten lines in a million stop half-way, as when a disk is full
ILLEGAL_IDS = (
    "undefined",
    "null",
    "anonymous",
    "",
    "0",
    "[object Object]",
    "NaN",
    "guest",
    "true",
    "distinct_id",
    "None",
    "  ",
)
SYSTEMS = ("Mac OS X", "Windows", "iOS", "Android", "Linux")
BROWSERS = ("Chrome", "Safari", "Firefox", "Microsoft Edge", "Mobile Safari")
PATHS = (
    "/",
    "/pricing",
    "/docs/getting-started",
    "/blog/how-we-built-it",
    "/app/dashboards/1842",
    "/app/insights/new",
    "/signup",
    "/login",
    "/settings/organization/billing",
    "/app/projects/77/replay",
    "/checkout/übersicht",
    "/kontakt",
)
BACKEND_EVENTS = (
    "order completed",
    "video played",
    "search performed",
    "report exported",
    "invite sent",
    "plan upgraded",
    "item added",
)
LINK_CLICKED = 'a.nav-link:attr__class="nav-link"nth-child="2"text="Docs";nav:nth-child="1"nth-of-type="1"'
BUTTON_CLICKED = (
    'button.btn.btn-primary:attr__class="btn btn-primary"nth-child="2"nth-of-type="1"text="Save changes";'
    'div.modal-footer:attr__class="modal-footer"nth-child="3"nth-of-type="3";'
    'div.modal:attr__class="modal"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1"'
)
ONLY_NEWER_SDKS_SEND = (
    "$raw_user_agent",
    "$active_feature_flags",
    "$feature/new-nav",
    "$feature/checkout-v2",
    "$configured_session_timeout_ms",
    "$autocapture_disabled_server_side",
    "$web_vitals_enabled_server_side",
    "token",
    "$timezone",
    "$browser_language_prefix",
    "$device",
)

_encode = JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


@dataclass(slots=True)
class Device:
    """A browser: the anonymous id it holds now, and what it says about itself in every event."""

    anonymous_id: str
    properties: Properties
    is_faulty: bool  # its page sometimes sends an illegal id
    logged_in: bool = False
    session: Session | None = None


@dataclass(slots=True)
class User:
    """Somebody who visits; only those who sign up ever get their id into the log."""

    number: int
    signs_up: bool
    devices: list[Device]


@dataclass(slots=True)
class Action:
    """What somebody did: an event without the circumstances."""

    event: str
    distinct_id: str
    properties: Properties = field(default_factory=dict)
    at_top: Properties = field(default_factory=dict)
    from_backend: bool = False


def user_id(number: int) -> str:
    """The id of a user who signed up: a mail address, or for every third a number."""
    return f"user_{number}@example.com" if number % 3 else str(100_000 + number)


def iso(milliseconds: float) -> str:
    """A time of the log, as SDKs write it."""
    return (START + timedelta(milliseconds=int(milliseconds))).isoformat(timespec="milliseconds") + "Z"


class RealisticLog:
    """A web product: popular and rare users, their devices, and what they do next.

    Eight events a user unless told otherwise, and those who come but once. bare: leave out the
    properties that identity does not depend on; as many persons come out of a third of the bytes.
    scattered: no visits, each event is of some user and of a session of its own.
    """

    def __init__(
        self,
        events: int,
        users: int | None = None,
        seed: int = 7,
        *,
        bare: bool = False,
        scattered: bool = False,
    ) -> None:
        self._events = events
        self._scattered = scattered
        self._bare = bare
        self._random = random.Random(seed)
        self._roll = self._random.random
        self._user_count = users or max(1, events // 8)
        self._user_numbers = list(range(self._user_count))
        self._random.shuffle(self._user_numbers)
        self._popularity = list(accumulate((rank + 10) ** -0.75 for rank in range(self._user_count)))
        self._users: dict[int, User] = {}
        self._browsers = [self._browser_properties(newer=kind % 5 >= 3) for kind in range(600)]
        self._backends = [_backend_properties(kind) for kind in range(30)]
        self._now = 0.0
        self._visits = Visits(self._random, self._visitor)

    def lines(self) -> Iterator[bytes]:
        """The log, line by line."""
        for number in range(self._events):
            line = _encode(self._next_event()).encode()
            if number % TORN_EVERY == 77:
                line = line[: len(line) // 2]
            yield line + b"\n"

    # Who, and what they do

    def _next_event(self) -> Properties:
        user, device = self._visitor() if self._scattered else self._visits.next(self._now)
        action = (
            self._logging_in_or_out(user, device)
            or self._linking_from_backend(user, device)
            or self._ordinary(user, device)
        )
        self._now += self._random.expovariate(1 / 400)
        sent = self._now - self._roll() * 600_000 if self._roll() < 0.01 else self._now
        if action.from_backend:
            return self._backend_event(action, iso(sent))
        return self._browser_event(action, user, device, sent)

    def _visitor(self) -> tuple[User, Device]:
        is_new = not self._scattered and self._roll() < COME_ONCE
        user = self._user(self._user_count + len(self._users)) if is_new else self._some_user()
        return user, self._one_of(user.devices)

    def _some_user(self) -> User:
        rank = bisect(self._popularity, self._roll() * self._popularity[-1], hi=self._user_count - 1)
        return self._user(self._user_numbers[rank])

    def _user(self, number: int) -> User:
        user = self._users.get(number)
        if user is None:
            size = bisect((0.6, 0.9), self._roll()) + 1
            devices = [self._new_device() for _ in range(size)]
            user = self._users[number] = User(number, self._roll() < 0.45, devices)
        return user

    def _new_device(self) -> Device:
        return Device(self._uuid(), self._one_of(self._browsers), is_faulty=self._roll() < 0.02)

    def _logging_in_or_out(self, user: User, device: Device) -> Action | None:
        roll = self._roll()
        if not device.logged_in:
            return self._first_login(user, device) if user.signs_up and roll < 0.11 else None
        if roll < 0.006:
            return self._login_again(user, device)
        if roll < 0.0075:
            return self._login_of_somebody_else(user, device)
        if roll < 0.012:
            device.logged_in = False
            device.anonymous_id = self._uuid()
            device.session = None
            return Action("$pageview", device.anonymous_id)
        return None

    def _first_login(self, user: User, device: Device) -> Action:
        own, anonymous = user_id(user.number), device.anonymous_id
        mistake = self._roll()
        if mistake < 0.02:
            anonymous = self._one_of(ILLEGAL_IDS)
        elif mistake < 0.03:
            own = self._one_of(ILLEGAL_IDS)
        device.logged_in = own == user_id(user.number)
        stamp = iso(self._now)
        properties = {
            "$anon_distinct_id": anonymous,
            "$set": {
                "email": f"u{user.number}@example.com",
                "name": f"User {user.number}",
                "plan": self._plan(),
                "seats": self._below(40),
                "last_login": stamp,
            },
            "$set_once": {
                "signup_source": "ads" if self._roll() < 0.5 else "seo",
                "$initial_referrer": "https://google.com/",
                "first_seen_at": stamp,
            },
        }
        return Action("$identify", own, properties)

    def _login_again(self, user: User, device: Device) -> Action:
        properties = {
            "$anon_distinct_id": device.anonymous_id,
            "$set": {"email": f"u{user.number}@example.com", "plan": self._plan()},
        }
        return Action("$identify", user_id(user.number), properties)

    def _login_of_somebody_else(self, user: User, device: Device) -> Action:
        """On a shared device, without a logout before: refused, its id is identified."""
        other = (user.number * 7 + 13) % self._user_count
        properties = {
            "$anon_distinct_id": device.anonymous_id,
            "$set": {"email": f"u{other}@example.com"},
        }
        return Action("$identify", user_id(other), properties)

    def _linking_from_backend(self, user: User, device: Device) -> Action | None:
        roll = self._roll()
        if roll < 0.003:
            event, alias = "$create_alias", self._alias_for(user, device)
        elif roll < 0.0035:
            event, alias = "$merge_dangerously", user_id((user.number * 3 + 1) % self._user_count)
        else:
            return None
        return Action(event, user_id(user.number), {"alias": alias}, from_backend=True)

    def _alias_for(self, user: User, device: Device) -> str:
        roll = self._roll()
        if roll < 0.6:
            return f"legacy_{user.number}"
        return device.anonymous_id if roll < 0.97 else self._one_of(ILLEGAL_IDS)

    def _ordinary(self, user: User, device: Device) -> Action:
        current = user_id(user.number) if device.logged_in else device.anonymous_id
        roll = self._roll()
        if roll < 0.0365:
            return self._property_update(current)
        if roll < 0.47:
            return Action("$pageview", current, self._first_touch() if self._roll() < 0.1 else {})
        if roll < 0.81:
            chain = BUTTON_CLICKED if self._roll() < 0.3 else LINK_CLICKED
            clicked = {"$event_type": "click", "$ce_version": 1, "$elements_chain": chain}
            return Action("$autocapture", current, {**clicked, "$el_text": "Save “changes”"})
        if roll < 0.886:
            return Action("$pageleave", current)
        return Action(self._one_of(BACKEND_EVENTS), current, from_backend=True)

    def _property_update(self, distinct_id: str) -> Action:
        properties = {
            "plan": self._plan(),
            "score": self._below(1000),
            "last_page": self._one_of(PATHS),
        }
        if self._roll() < 0.3:
            return Action("$set", distinct_id, at_top={"$set": properties})
        return Action("$set", distinct_id, {"$set": properties})

    def _first_touch(self) -> Properties:
        return {
            "$set_once": {
                "$initial_current_url": f"https://www.example.com{self._one_of(PATHS)}",
                "$initial_referrer": "https://google.com/",
                "$initial_utm_source": "newsletter",
            }
        }

    # The circumstances

    def _backend_event(self, action: Action, timestamp: str) -> Properties:
        surroundings = {"$lib": "posthog-python"} if self._bare else self._one_of(self._backends)
        return {
            "uuid": self._uuid(),
            "event": action.event,
            "distinct_id": action.distinct_id,
            "timestamp": timestamp,
            "properties": {"distinct_id": action.distinct_id, **surroundings, **action.properties},
            **action.at_top,
        }

    def _browser_event(self, action: Action, user: User, device: Device, sent: float) -> Properties:
        distinct_id: str | int = action.distinct_id
        if user.number % 997 == 5 and self._roll() < 0.2:
            distinct_id = 1000 + user.number
        elif device.is_faulty and self._roll() < 0.015:
            distinct_id = self._one_of(ILLEGAL_IDS)
        surroundings = {"$lib": "web"} if self._bare else self._page(user, device, sent)
        return {
            "uuid": self._uuid(),
            "event": action.event,
            "distinct_id": distinct_id,
            "timestamp": iso(sent),
            "properties": {
                **surroundings,
                "distinct_id": distinct_id,
                "$device_id": device.anonymous_id,
                **action.properties,
            },
            "offset": self._below(3000),
            **action.at_top,
        }

    def _page(self, user: User, device: Device, sent: float) -> Properties:
        path = self._one_of(PATHS)
        page = {
            **device.properties,
            "$current_url": f"https://www.example.com{path}?ref={self._hex(8)}",
            "$pathname": path,
            "$referring_domain": "google.com",
            **self._session(device),
            "$insert_id": self._hex(16),
            "$time": round(START_SECONDS + sent / 1000, 3),
            "title": f"Übersicht {path}",
        }
        if self._roll() < 0.25:
            campaign = f"spring-{self._below(10)}"
            page |= {"utm_source": "newsletter", "utm_campaign": campaign, "utm_medium": "email"}
        if user.number % 5 == 0:
            page |= {
                "$groups": {"company": f"org_{user.number % 977}"},
                "custom_a": self._below(1_000_000),
                "custom_b": self._hex(20),
                "custom_c": [1, 2, 3],
                "custom_d": {"x": 1.5, "y": None},
            }
        return page

    def _session(self, device: Device) -> Properties:
        if self._scattered:
            device.session = None
        device.session = session_at(self._now, device.session, self._uuid)
        return {"$session_id": device.session.session_id, "$window_id": device.session.window_id}

    def _browser_properties(self, *, newer: bool) -> Properties:
        system, browser, below = self._one_of(SYSTEMS), self._one_of(BROWSERS), self._below
        properties = {
            "$os": system,
            "$os_version": f"{8 + below(7)}.{below(9)}",
            "$browser": browser,
            "$browser_version": 90 + below(40),
            "$device_type": "Mobile" if system in ("iOS", "Android") else "Desktop",
            "$device": system,
            "$raw_user_agent": (
                f"Mozilla/5.0 ({system}; rv:{90 + below(40)}.0) AppleWebKit/537.36 (KHTML, like Gecko)"
                f" {browser}/{90 + below(40)}.0.0.0 Safari/537.36"
            ),
            "$screen_height": 600 + below(1400),
            "$screen_width": 400 + below(2600),
            "$viewport_height": 600 + below(1400),
            "$viewport_width": 400 + below(2600),
            "$browser_language": "en-US",
            "$browser_language_prefix": "en",
            "$timezone": "Europe/London",
            "$lib": "web",
            "$lib_version": f"1.{90 + below(110)}.{below(9)}",
            "$active_feature_flags": ["new-nav", "beta-x"][: below(3)],
            "$feature/new-nav": True,
            "$feature/checkout-v2": "test",
            "$configured_session_timeout_ms": 1_800_000,
            "$autocapture_disabled_server_side": False,
            "$web_vitals_enabled_server_side": True,
            "token": "phc_" + "x" * 43,
        }
        if not newer:
            for name in ONLY_NEWER_SDKS_SEND:
                del properties[name]
        return properties

    # Chance

    def _one_of(self, things: Any) -> Any:
        return things[int(self._roll() * len(things))]

    def _below(self, limit: int) -> int:
        return int(self._roll() * limit)

    def _plan(self) -> str:
        return "pro" if self._roll() < 0.3 else "free"

    def _hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def _uuid(self) -> str:
        digits = f"{self._random.getrandbits(104):026x}"
        return f"0190{digits[:4]}-{digits[4:8]}-7{digits[8:11]}-8{digits[11:14]}-{digits[14:]}"


def _backend_properties(kind: int) -> Properties:
    return {
        "$lib": "posthog-python",
        "$lib_version": f"3.{kind}.0",
        "$python_version": "3.11.7",
        "$os": "Linux",
        "$geoip_disable": True,
        "$is_server": True,
        "$python_runtime": "CPython",
        "plan": ("free", "pro", "team")[kind % 3],
        "amount": kind * 10.5,
        "currency": "USD",
        "org_id": 1000 + kind,
        "items": [{"sku": f"A{kind}", "qty": 2}, {"sku": "B7", "qty": 1}],
        "note": 'café "quoted" text',
        "region": "eu-west-1",
        "latency_ms": 12.75 + kind,
        "trace": f"00-{kind * 7919:032x}-01",
        "job": "nightly-rollup",
        "retry": 0,
        "team": None,
        "beta": False,
    }


def realistic(
    events: int, users: int | None = None, seed: int = 7, *, bare: bool = False, scattered: bool = False
) -> Iterator[bytes]:
    """What a web product sends; see RealisticLog."""
    return RealisticLog(events, users, seed, bare=bare, scattered=scattered).lines()


def chain(merges: int) -> Iterator[bytes]:
    """Merges in a chain: a person that grows and grows is each time merged into a new one."""
    yield _small_line(0, "$pageview", "link-0")
    for number in range(1, merges + 1):
        own = f"link-{number}"
        yield _small_line(number, "$pageview", own)
        yield _small_line(number, "$merge_dangerously", own, alias=f"link-{number - 1}")


def one_person(ids: int) -> Iterator[bytes]:
    """One person to whom every line adds a new id."""
    for number in range(1, ids):
        yield _small_line(number, "$identify", "somebody", **{"$anon_distinct_id": f"visit-{number}"})


def fixed_ids(events: int, ids: int) -> Iterator[bytes]:
    """Property writes of ids that have all been seen after the first round: only the journal grows."""
    for number in range(events):
        path = PATHS[number // ids % len(PATHS)]
        yield _small_line(number, "$set", f"id-{number % ids}", **{"$set": {"last_page": path}})


def _small_line(number: int, event: str, distinct_id: str, **properties: Any) -> bytes:
    """An event of a device, which no buffer holds back."""
    fields = {
        "uuid": f"01900000-0000-7000-8000-{number:012x}",
        "event": event,
        "distinct_id": distinct_id,
        "timestamp": iso(number * 400),
        "properties": {"$device_id": distinct_id, **properties},
    }
    return _encode(fields).encode() + b"\n"


KINDS: dict[str, Callable[..., Iterator[bytes]]] = {
    "realistic": realistic,
    "chain": chain,
    "one-person": one_person,
    "fixed-ids": fixed_ids,
}


def write(lines: Iterable[bytes], path: Path) -> None:
    """Write a log; it appears whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    with open(unfinished, "wb", buffering=1 << 20) as file:
        file.writelines(lines)
    unfinished.replace(path)


def main() -> None:
    """Write the log that the command line describes."""
    parser = argparse.ArgumentParser(description="Makes an event log to measure with.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    options = {kind: kinds.add_parser(kind) for kind in KINDS}
    for kind in options.values():
        kind.add_argument("log", type=Path)
    options["realistic"].add_argument("--events", type=int, default=1_000_000)
    options["realistic"].add_argument("--users", type=int, help="an eighth of the events unless given")
    options["realistic"].add_argument("--seed", type=int, default=7)
    options["realistic"].add_argument("--bare", action="store_true", help="only what identity depends on")
    options["realistic"].add_argument("--scattered", action="store_true", help="no visits: the worst case")
    options["chain"].add_argument("--merges", type=int, default=1_000_000)
    options["one-person"].add_argument("--ids", type=int, default=1_000_000)
    options["fixed-ids"].add_argument("--events", type=int, default=1_000_000)
    options["fixed-ids"].add_argument("--ids", type=int, default=100_000)
    asked = vars(parser.parse_args())
    kind, log = asked.pop("kind"), asked.pop("log")
    write(KINDS[kind](**asked), log)


if __name__ == "__main__":
    main()
