"""A web shop whose log has nothing wrong in it: people, their devices, and what they send as it arrives.

What real logs have without a fault is in it too: reset() on shared devices, second devices, links that
merge, backend events that the buffer catches, late and repeated deliveries, a few wrong clocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

Properties = dict[str, Any]
Step = tuple[float, Properties]
"""When something arrives, in seconds since the log's start, and what; in order of arrival."""
Life = Iterator[Step]

START = datetime(2024, 3, 4)
HOUR, DAY = 3_600.0, 86_400.0
MINUTE = 60.0
COOKIELESS = "$posthog_cookieless"
"""What pages send for everybody that may keep no cookie, whatever else they do wrong."""
PAGES = ("/", "/tools", "/tools/rakes", "/seeds", "/seeds/beans", "/offers", "/cart", "/help", "/about")


@dataclass(frozen=True, slots=True)
class Release:
    """A version of the shop's pages; bug: what they do wrong, in one word, None for nothing."""

    version: str
    since: float
    bug: str | None = None


@dataclass(slots=True)
class Device:
    """A browser or a tablet; account: who is logged in, None for nobody. clock: seconds that it is ahead."""

    anonymous_id: str
    device_id: str
    address: str
    session: str = ""
    account: str | None = None
    lib: str = "web"
    version: str = ""
    clock: float = 0.0

    @property
    def own_id(self) -> str:
        """The distinct id of its events."""
        return self.account or self.anonymous_id


@dataclass(slots=True)
class Shop:
    """Where all happens: chance, releases, and what an event looks like."""

    seed: int
    days: float
    releases: list[Release]
    random: Random = field(init=False)
    accounts: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def chance(self, share: float) -> bool:
        """Whether it happens this time."""
        return self.random.random() < share

    def uuid(self) -> str:
        """A fresh id, as SDKs make it."""
        digits = f"{self.random.getrandbits(104):026x}"
        return f"018e{digits[:4]}-{digits[4:8]}-7{digits[8:11]}-8{digits[11:14]}-{digits[14:]}"

    def release_at(self, moment: float) -> Release:
        """The release that a page loaded then has."""
        return next(one for one in reversed(self.releases) if one.since <= moment)

    def has_bug(self, bug: str, device: Device) -> bool:
        """Whether the pages that a device has loaded do that wrong."""
        return any(one.bug == bug for one in self.releases if one.version == device.version)

    def new_account(self) -> tuple[str, str]:
        """A login id, and its owner's e-mail."""
        self.accounts += 1
        return f"cust_{self.accounts * 7 + 100_003}", f"u{self.accounts}@mail{self.accounts % 9}.example"

    def new_device(self, lib: str = "web") -> Device:
        """One that was never here."""
        own = self.uuid()
        bits = self.random.getrandbits(24)
        address = f"10.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"
        if self.chance(0.1):  # an office, or a provider who has many behind one
            address = f"192.0.2.{bits % 200}"
        clock = self.random.uniform(-0.5, 0.5)
        if self.chance(0.0003):
            clock = self.random.choice((-1, 1)) * self.random.uniform(600, 7_200)
        return Device(own, own, address, lib=lib, version="" if lib == "web" else "3.1.16", clock=clock)

    def sent(self, moment: float, device: Device, event: str, **properties: Any) -> Step:
        """What a device sends then."""
        lag = self.random.uniform(0.1, 2.0) if not self.chance(0.003) else self.random.uniform(60, 9_000)
        about = {
            "$lib": device.lib,
            "$lib_version": device.version,
            "$device_id": device.device_id,
            "$session_id": device.session,
            "$ip": device.address,
            "$host": "shop.example",
            "$current_url": f"https://shop.example{self.random.choice(PAGES)}",
        }
        return moment, self._event(
            event, device.own_id, moment - lag + device.clock, moment, {**about, **properties}
        )

    def backend(self, moment: float, event: str, distinct_id: str, **properties: Any) -> Step:
        """What the shop's own server sends then."""
        about = {"$lib": "posthog-node", "$lib_version": "3.6.0"}
        return moment, self._event(event, distinct_id, moment - 0.05, moment, {**about, **properties})

    def _event(
        self, event: str, distinct_id: str, happened: float, arrived: float, about: Properties
    ) -> Properties:
        return {
            "uuid": self.uuid(),
            "event": event,
            "distinct_id": distinct_id,
            "timestamp": iso(happened),
            "now": iso(arrived),
            "properties": about,
        }

    # What people do

    def visit(self, moment: float, device: Device, pages: int | None = None) -> Life:
        """A session of some pages."""
        begin(self, moment, device)
        for _ in range(pages or 1 + int(self.random.expovariate(0.35))):
            is_kept = device.account is not None or device.anonymous_id == COOKIELESS
            if self.has_bug("fresh_id", device) and not is_kept:
                device.anonymous_id = self.uuid()
                yield planted("fresh_id", self.sent(moment, device, "$pageview"))
            else:
                yield self.sent(moment, device, "$pageview")
            moment += self.random.expovariate(1 / 40) + 1.0
            if self.chance(0.3):
                yield self.sent(moment, device, "product_viewed", product=self.random.randrange(500))
                moment += self.random.expovariate(1 / 30)

    def login(self, moment: float, device: Device, account: str, email: str, *, is_new: bool = False) -> Life:
        """Somebody logs in, after two pages without."""
        yield from (steps := [*self.visit(moment, device, 2)])
        moment = steps[-1][0] + self.random.uniform(3, 60)
        if is_new:
            yield self.backend(moment, "account_created", account, **{"$set": {"email": email}})
            moment += self.random.uniform(0.5, 8)
        anonymous = device.anonymous_id
        device.account = account
        about = {"$anon_distinct_id": anonymous, "$set": {"email": email}}
        yield self._identified(moment, device, about)
        moment += self.random.uniform(2, 30)
        yield self.sent(moment, device, "$pageview")
        if self.chance(0.4):
            moment += self.random.uniform(20, 200)
            yield self.backend(moment, "order_paid", account, total=self.random.randrange(90))

    def _identified(self, moment: float, device: Device, about: Properties) -> Step:
        if self.has_bug("lost_anonymous_id", device):
            del about["$anon_distinct_id"]
            return planted("lost_anonymous_id", self.sent(moment, device, "$identify", **about))
        if self.has_bug("placeholder", device):
            account, device.account = device.account, "undefined"
            step = planted("placeholder", self.sent(moment, device, "$identify", **about))
            device.account = account
            return step
        return self.sent(moment, device, "$identify", **about)

    def logout(self, moment: float, device: Device) -> Life:
        """Somebody logs out; reset() gives the browser a new id."""
        yield self.sent(moment, device, "logged_out")
        device.account = None
        if not self.has_bug("no_reset", device):
            device.anonymous_id = self.uuid()

    # Who there is

    def passer_by(self, moment: float) -> Life:
        """Looks and leaves; one in four comes back."""
        device = self.new_device()
        yield from self.visit(moment, device)
        while self.chance(0.25):
            moment += self.random.uniform(0.2, 6) * DAY
            yield from self.visit(moment, device)

    def customer(self, moment: float) -> Life:
        """Signs up, comes back on one or two devices, and logs out now and then."""
        account, email = self.new_account()
        devices = [self.new_device() for _ in range(1 + self.chance(0.35))]
        yield from self.login(moment, devices[0], account, email, is_new=True)
        while self.chance(0.7):
            moment += self.random.uniform(0.3, 5) * DAY
            device = self.random.choice(devices)
            if device.account is None:
                yield from self.login(moment, device, account, email)
            else:
                yield from self.visit(moment, device)
            if self.chance(0.1):
                yield from self.logout(moment + HOUR, device)

    def family(self, moment: float) -> Life:
        """Two customers with one computer, who log out; the second may have signed up elsewhere before."""
        device, other = self.new_device(), self.new_device()
        people = [self.new_account(), self.new_account()]
        known = set()
        if self.chance(0.5):
            yield from self.login(moment, other, *people[1], is_new=True)
            known.add(1)
            moment += self.random.uniform(0.1, 0.5) * DAY
        is_kept = False
        for turn in range(self.random.randrange(2, 5)):
            who = turn % 2
            login = self.login(moment, device, *people[who], is_new=who not in known)
            yield from (
                marked_logins("no_reset", login) if is_kept else login
            )  # it names what the last one left
            known.add(who)
            moment += HOUR
            is_kept = self.has_bug("no_reset", device)
            yield from self.logout(moment, device)
            moment += self.random.uniform(0.05, 1.5) * DAY

    def mail_order(self, moment: float) -> Life:
        """Never on the site: only the backend knows him."""
        account, email = self.new_account()
        yield self.backend(moment, "order_by_phone", account, **{"$set": {"email": email}})
        while self.chance(0.5):
            moment += self.random.uniform(1, 8) * DAY
            yield self.backend(moment, "parcel_sent", account)

    def everybody(self, people: int) -> Iterator[tuple[float, Life]]:
        """Who comes to the shop, in order of their first time: when, and what they do from then on."""
        kinds = [self.passer_by] * 62 + [self.customer] * 32 + [self.family] * 3 + [self.mail_order] * 3
        for number in range(people):
            moment = (number + self.random.random()) * self.days * DAY / people
            yield moment, self.random.choice(kinds)(moment)


def begin(shop: Shop, moment: float, device: Device) -> None:
    """A page is loaded after a pause: a new session, in the release of that moment."""
    device.session = shop.uuid()
    if device.lib == "web":
        device.version = shop.release_at(moment).version


def planted(fault: str, step: Step) -> Step:
    """The same step, marked as one that shows the fault; the mark is taken off before it is written."""
    step[1]["planted"] = fault
    return step


def marked_logins(fault: str, life: Life) -> Life:
    """The same, with every `$identify` marked."""
    for step in life:
        yield planted(fault, step) if step[1]["event"] == "$identify" else step


def iso(seconds: float) -> str:
    """A moment of the log, as SDKs write it."""
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds") + "Z"
