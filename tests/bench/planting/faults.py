"""Faults that are planted in the shop's log: a bug of one release, or somebody who does the wrong thing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.bench.planting.shop import COOKIELESS, DAY, HOUR, Life, Shop, begin, iso, planted

Plant = Callable[[Shop, float], Iterator[Life]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    code: of the audit that has to name it. also: of those that are right to name it too. plant: the lives
    that show it, from a moment on; None where a release does. resends: events that come again, hours later.
    is_harmless: whether it is to be remarked, and not to be called more than that.
    """

    code: str
    also: frozenset[str] = frozenset()
    plant: Plant | None = None
    resends: int = 0
    is_harmless: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """Of all audits that are right to name it."""
        return self.also | {self.code}


def kiosk(shop: Shop, moment: float) -> Iterator[Life]:
    """A tablet in the store, where customer after customer logs in and nothing is reset."""

    def life(moment: float) -> Life:
        device = shop.new_device("posthog-android")
        for number in range(shop.random.randrange(6, 12)):
            account, email = shop.new_account()
            for step in shop.login(moment, device, account, email, is_new=shop.chance(0.5)):
                linking = number and step[1]["event"] == "$identify"
                yield planted("kiosk", step) if linking else step
            device.account = None
            moment += shop.random.uniform(0.4, 2) * HOUR

    yield life(moment)


def bad_merge(shop: Shop, moment: float) -> Iterator[Life]:
    """A support script that takes neighbours for one customer, on two days."""

    def life(moment: float) -> Life:
        people = [shop.new_account() for _ in range(8)]
        for account, email in people:
            yield from (steps := [*shop.login(moment, shop.new_device(), account, email, is_new=True)])
            moment = steps[-1][0] + HOUR / 4
        for number, ((own, _), (other, _)) in enumerate(pairwise(people)):
            moment += DAY if number == 4 else 30.0
            yield planted("bad_merge", shop.backend(moment, "$merge_dangerously", own, alias=other))

    yield life(moment)


def alias_reversed(shop: Shop, moment: float) -> Iterator[Life]:
    """The backend names account and visitor in the wrong order, of somebody who logged in: it is refused."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        yield from shop.login(moment, shop.new_device("posthog-ios"), account, email, is_new=True)
        moment += 2 * HOUR
        device = shop.new_device()
        yield from shop.visit(moment, device, 3)
        moment += HOUR
        step = shop.backend(moment, "$create_alias", device.anonymous_id, alias=account)
        yield planted("alias_reversed", step)

    for number in range(4):
        yield life(moment + number * HOUR)


def alias_accepted(shop: Shop, moment: float) -> Iterator[Life]:
    """The same of accounts that nobody logged in with yet: both become one person, as they should."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        yield shop.backend(moment, "order_by_phone", account, **{"$set": {"email": email}})
        moment += 2 * HOUR
        device = shop.new_device()
        yield from shop.visit(moment, device, 3)
        step = shop.backend(moment + HOUR, "$create_alias", device.anonymous_id, alias=account)
        yield planted("alias_accepted", step)

    for number in range(4):
        yield life(moment + number * HOUR)


def overtaken(shop: Shop, moment: float) -> Iterator[Life]:
    """The backend joins visitor and mailing list entry just before the login, which arrives first."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        entry = f"crm-{account[5:]}"
        yield shop.backend(moment, "mail_sent", entry, **{"$set": {"email": email}})
        device = shop.new_device("posthog-ios")
        anonymous = device.anonymous_id
        for step in shop.login(moment + HOUR, device, account, email):
            yield step
            if step[1]["event"] == "$identify":
                late = shop.backend(step[0] + 1.5, "$create_alias", entry, alias=anonymous)
                late[1]["timestamp"] = iso(step[0] - 4.0)
                yield planted("overtaken", late)

    for number in range(4):
        yield life(moment + number * HOUR)


def random_anonymous_ids(shop: Shop, moment: float) -> Iterator[Life]:
    """The backend makes up an anonymous id for each `$identify`."""

    def life(moment: float) -> Life:
        account, _ = shop.new_account()
        for _ in range(12):
            step = shop.backend(moment, "$identify", account, **{"$anon_distinct_id": shop.uuid()})
            yield planted("random_anonymous_ids", step)
            moment += shop.random.uniform(1, 5) * HOUR

    for number in range(5):
        yield life(moment + number * HOUR)


def groups_as_persons(shop: Shop, moment: float) -> Iterator[Life]:
    """The backend updates groups without saying for whom."""

    def life(moment: float) -> Life:
        for number in range(12):
            about = {"$group_type": "company", "$group_key": f"{number}", "$group_set": {"size": number}}
            step = shop.backend(moment, "$groupidentify", f"$company_{shop.uuid()[:8]}", **about)
            yield planted("groups_as_persons", step)
            moment += shop.random.uniform(0.1, 2) * HOUR

    yield life(moment)


def fallback_id(shop: Shop, moment: float) -> Iterator[Life]:
    """A new page sends the same made-up id for everybody who is not logged in."""

    def life(moment: float) -> Life:
        device = shop.new_device()
        begin(shop, moment, device)
        device.anonymous_id = "app_unknown_user"
        for _ in range(shop.random.randrange(1, 5)):
            yield planted("fallback_id", shop.sent(moment, device, "$pageview"))
            moment += shop.random.expovariate(1 / 40)

    for number in range(30):
        yield life(moment + number * HOUR / 2)


def running_number(shop: Shop, moment: float) -> Iterator[Life]:
    """Logins by a number that counts up: a person each time, and one e-mail."""

    def life(moment: float) -> Life:
        _, email = shop.new_account()
        device = shop.new_device("posthog-android")  # no release of the pages may log everybody in as another
        for _ in range(4):
            account, _ = shop.new_account()
            for step in shop.login(moment, device, account, email):
                yield planted("running_number", step) if step[1]["event"] == "$identify" else step
            yield from shop.logout(moment + HOUR / 2, device)
            device.anonymous_id = shop.uuid()
            moment += shop.random.uniform(3, 20) * HOUR

    for number in range(3):
        yield life(moment + number * HOUR)


def crawler(shop: Shop, moment: float) -> Iterator[Life]:
    """A robot without cookies: each page is a new visitor from one address."""

    def life(moment: float) -> Life:
        address = shop.new_device().address
        for _ in range(250):
            device = shop.new_device()
            device.address = address
            begin(shop, moment, device)
            yield planted("crawler", shop.sent(moment, device, "$pageview"))
            moment += shop.random.uniform(1, 20)

    yield life(moment)


def variants(shop: Shop, moment: float) -> Iterator[Life]:
    """A new form of the login takes the id as it was typed."""

    def life(moment: float) -> Life:
        _, email = shop.new_account()
        yield from shop.login(moment, shop.new_device(), email, email)
        typed = f" {email.title()}"
        for step in shop.login(moment + DAY / 2, shop.new_device(), typed, email):
            yield planted("variants", step) if step[1]["distinct_id"] == typed else step

    for number in range(3):
        yield life(moment + number * HOUR)


def sentinel(shop: Shop, moment: float) -> Iterator[Life]:
    """Pages without cookies that log in all the same: everybody's id before is one constant."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        device = shop.new_device()
        device.anonymous_id = COOKIELESS
        for step in shop.login(moment, device, account, email):
            yield planted("sentinel", step) if step[1]["event"] == "$identify" else step

    for number in range(5):
        yield life(moment + number * HOUR)


def misplaced_key(shop: Shop, moment: float) -> Iterator[Life]:
    """The app puts `$anon_distinct_id` where nobody looks: into `$set`, at the top, or without its sign."""

    def life(moment: float, place: int) -> Life:
        account, email = shop.new_account()
        device = shop.new_device("posthog-ios")
        yield from (steps := [*shop.visit(moment, device, 2)])
        anonymous, device.account = device.anonymous_id, account
        key = {"$anon_distinct_id": anonymous}
        places: list[dict[str, Any]] = [
            {"$set": {"email": email, **key}},
            {"$set": {"email": email}},
            {"$set": {"email": email}, "anon_distinct_id": anonymous},
        ]
        moment = steps[-1][0] + 5
        step = shop.sent(moment, device, "$identify", **places[place])
        step[1].update(key if place == 1 else {})
        yield planted("misplaced_key", step)
        yield shop.sent(moment + 9, device, "$pageview")

    for number in range(6):
        yield life(moment + number * HOUR, number % 3)


def storm(shop: Shop, moment: float) -> Iterator[Life]:
    """A page that identifies with every key that is pressed."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        device = shop.new_device()
        yield from (steps := [*shop.login(moment, device, account, email, is_new=True)])
        moment = steps[-1][0] + 5
        for _ in range(80):
            about = {"$anon_distinct_id": device.anonymous_id}
            yield planted("storm", shop.sent(moment, device, "$identify", **about))
            moment += shop.random.uniform(0.2, 1.5)

    for number in range(4):
        yield life(moment + number * HOUR)


def slow_queue(shop: Shop, moment: float) -> Iterator[Life]:
    """The backend tells of sign-ups minutes before the app does: the buffer is missed.

    An app, as pages of a release that links nobody have no login for which the backend could be early.
    """

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        step = shop.backend(moment - 400, "account_created", account, **{"$set": {"email": email}})
        yield planted("slow_queue", step)
        yield from shop.login(moment, shop.new_device("posthog-ios"), account, email)

    for number in range(40):
        yield life(moment + number * HOUR / 2)


def wrong_clock(shop: Shop, moment: float) -> Iterator[Life]:
    """An app whose clock stands at 1970, or years ahead."""

    def life(moment: float, clock: float) -> Life:
        device = shop.new_device("posthog-ios")
        device.clock = clock
        for step in shop.visit(moment, device, 12):
            yield planted("wrong_clock", step)

    for number in range(8):
        yield life(moment + number * HOUR, -54 * 365 * DAY if number % 2 else 9 * 365 * DAY)


def two_schemes(shop: Shop, moment: float) -> Iterator[Life]:
    """The mailing program calls customers by their e-mail, the shop by their number."""

    def life(moment: float) -> Life:
        account, email = shop.new_account()
        yield from shop.login(moment, shop.new_device(), account, email, is_new=True)
        step = shop.backend(moment + HOUR, "mail_opened", email, **{"$set": {"email": email}})
        yield planted("two_schemes", step)

    for number in range(12):
        yield life(moment + number * HOUR / 3)


def hot_id(shop: Shop, moment: float) -> Iterator[Life]:
    """A job that sends all it does under one id."""

    def life(moment: float) -> Life:
        for _ in range(12_000):
            yield planted("hot_id", shop.backend(moment, "job_run", "nightly-import-7"))
            moment += 0.5

    yield life(moment)


_STRANGERS = frozenset(
    {
        *("silent_attach", "several_login_ids", "shared_device", "missing_reset", "refused_merge"),
        *("contaminated_window", "property_conflict", "mega_person", "order_sensitive", "generic_id"),
        *("session_on_two_persons", "property_flips_back"),
    }
)
"""What several people on one person, or on one device, may show as."""

FAULTS: dict[str, Fault] = {
    "no_reset": Fault("missing_reset", _STRANGERS),
    "placeholder": Fault(
        "placeholder_person",
        frozenset({"placeholder_link", "session_on_two_persons", "generic_id", "property_flips_back"}),
    ),
    "lost_anonymous_id": Fault("session_on_two_persons"),
    "fresh_id": Fault("id_per_load", frozenset({"session_on_two_persons"})),
    "kiosk": Fault("shared_device", _STRANGERS, kiosk),
    "bad_merge": Fault("merge_dangerously", _STRANGERS, bad_merge),
    "resent": Fault("repeated_events", resends=400),
    "alias_reversed": Fault("reversed_alias", frozenset({"refused_merge"}), alias_reversed),
    "alias_accepted": Fault("reversed_alias", plant=alias_accepted, is_harmless=True),
    "overtaken": Fault("order_sensitive", frozenset({"refused_merge", "duplicate_person"}), overtaken),
    "random_anonymous_ids": Fault("ids_without_events", plant=random_anonymous_ids),
    "groups_as_persons": Fault("group_persons", plant=groups_as_persons),
    "fallback_id": Fault("generic_id", plant=fallback_id),
    "running_number": Fault("duplicate_person", _STRANGERS, running_number),
    "crawler": Fault("bot_persons", frozenset({"id_per_load"}), crawler),
    "variants": Fault("id_variants", frozenset({"duplicate_person"}), variants),
    "sentinel": Fault("cookieless_sentinel", _STRANGERS, sentinel),
    "misplaced_key": Fault("misplaced_key", frozenset({"session_on_two_persons"}), misplaced_key),
    "storm": Fault("identify_storm", plant=storm),
    "slow_queue": Fault("backend_before_identify", plant=slow_queue),
    "wrong_clock": Fault("clock_trouble", plant=wrong_clock),
    "two_schemes": Fault("two_id_schemes", frozenset({"duplicate_person"}), two_schemes),
    "hot_id": Fault("hot_id", plant=hot_id),
}
BUGS = tuple(name for name, fault in FAULTS.items() if fault.plant is None and not fault.resends)
"""What releases do wrong."""
