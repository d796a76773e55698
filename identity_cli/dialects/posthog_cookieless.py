"""PostHog's cookieless events: visitors who all send one id, which the platform replaces.

In its place it puts a hash of team, day, address, browser, host and a salt that only the
platform has; a visitor who logs in is another from then on, so that the next one behind the same
address is not taken for the same (`cookieless-manager.ts`). Projects may have it drop `$identify`,
or all of these events, which no line shows.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from identity_cli.dialects.base import COOKIELESS, Notice, TouchesNobody, Wanted
from identity_cli.dialects.record import WireEvent
from identity_cli.events import ABSENT, CREATE_ALIAS, IDENTIFY, MERGE_DANGEROUSLY

MODE = "$cookieless_mode"
SENTINEL = "$posthog_cookieless"
"""The id that all visitors send; without the mode it is an id like any other."""
DROPPED = "cookieless: the platform drops links by alias"
NOBODY_KNOWN = "cookieless: the line does not tell the visitor's address"


class Visitors:
    """Gives visitors ids of their own, as far as lines tell them apart."""

    remembers: ClassVar[Mapping[str, Any]] = {"_logins": dict[str, dict[str, int]]}

    def __init__(self, wanted: Wanted) -> None:
        wanted.note(self)
        self._logins: dict[str, dict[str, int]] = {}
        """Of each device: which logins there were on it, each with the number of those before."""

    def told_apart(self, event: WireEvent, sent: Mapping[str, Any]) -> WireEvent | TouchesNobody:
        """The event with its visitor's own id, or as one that touches nobody; sent: its properties."""
        if event.event in (CREATE_ALIAS, MERGE_DANGEROUSLY):
            return _nobody(event, DROPPED)
        properties = event.properties
        links = event.event == IDENTIFY and properties.anon_distinct_id == SENTINEL
        is_own = SENTINEL in (event.distinct_id, properties.distinct_id)
        if not links and not is_own:
            return event
        device = _device(event, sent)
        if device is None and is_own:
            return _nobody(event, NOBODY_KNOWN)
        login = str(event.uuid or event.distinct_id) if links and not is_own else None
        if links:
            properties.anon_distinct_id = ABSENT if device is None else self._visitor(device, login)
        if event.distinct_id == SENTINEL and device is not None:
            event.distinct_id = self._visitor(device)
        if properties.distinct_id == SENTINEL and device is not None:
            properties.distinct_id = self._visitor(device)
        event.notices = (*event.notices, Notice(COOKIELESS, ""))
        return event

    def _visitor(self, device: str, login: str | None = None) -> str:
        """The visitor who is on a device now; login: with which they end to be a visitor."""
        if login is None:
            before = len(self._logins.get(device, ()))
        else:
            logins = self._logins.setdefault(device, {})
            before = logins.setdefault(login, len(logins))
        return f"{SENTINEL}/{device}" + (f"/{before}" if before else "")


def _device(event: WireEvent, sent: Mapping[str, Any]) -> str | None:
    """What visitors behind one address with one browser have in common for a day; None without an address."""
    from hashlib import blake2s  # few logs need it, and it loads OpenSSL

    address = sent.get("$ip")
    if not isinstance(address, str) or not address:
        return None
    moment = event.timestamp or event.now or event.received_at
    day = None if moment is None else moment.date().isoformat()
    agent = sent.get("$raw_user_agent", sent.get("$user_agent"))
    told = repr((event.team_id, day, address, agent, sent.get("$host")))
    return blake2s(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _nobody(event: WireEvent, why: str) -> TouchesNobody:
    moment = event.now or event.received_at or event.created_at or event.inserted_at or event.timestamp
    return TouchesNobody(why, event.event, event.uuid, moment)
