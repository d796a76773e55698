"""Why an event joined strangers, from what the log shows: each cause has its own remedy.

One anonymous id on several devices is a constant, and no `reset()` helps against it; the same id on
one device is a device that several people share.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from identity_cli.counterfactual.raw_events import Raw, properties_of, raw_events
from identity_cli.counterfactual.resolution import Scope
from identity_cli.counterfactual.senders import Sender, sender_of
from identity_cli.counterfactual.words import is_login
from identity_cli.events import CREATE_ALIAS, MERGE_DANGEROUSLY
from identity_cli.facts import Linked
from identity_cli.rules.words import kind_called
from identity_cli.store.reading.rows import LinkRow
from identity_cli.store.reading.run import Run

DEVICES_OF_A_CONSTANT = 2
"""An id on so many devices at least is nobody's own [own threshold]."""
DEVICES_WITH_IDS = 3
"""The same where these devices are distinct ids too, which alone may have come to the other by links."""
LINKS_READ = 1_000
"""Of an id that many links name, so many are looked at."""
READ_AT_ONCE = 5_000
PLACEHOLDERS = frozenset(
    {
        *("anonymous", "guest", "unknown", "undefined", "null", "none", "nil", "void", "nan", "invalid"),
        *("default", "fallback", "placeholder", "dummy", "cookieless", "nobody", "unset", "unidentified"),
    }
)
"""Words of ids that stand for whoever has none; beyond the platform's own list of illegal ids."""

Link = Linked | LinkRow


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a link joined strangers.

    kind: "constant_id", "placeholder", "shared_device", "alias_reversed", "alias_of_two_accounts" or
    "dangerous_merge". block: the id that should not be anybody's. evidence: what the log shows.
    remedy: what to change in the code. mapped: the vendor's call that asks for the link in its own way.
    """

    kind: str
    remedy: str
    evidence: str
    sender: Sender
    event: str
    block: str | None = None
    mapped: str | None = None


class Causes:
    """The causes of links within a scope; the lines of links that name the same ids are read once."""

    def __init__(self, run: Run, scope: Scope) -> None:
        self._run = run
        self._scope = scope
        self._known: dict[int, Cause] = {}

    def of(self, link: Link) -> Cause:
        """Why this link joined strangers."""
        if link.seq not in self._known:
            self._known[link.seq] = self._found(link)
        return self._known[link.seq]

    def links_of(self, distinct_id: str) -> tuple[Linked, ...]:
        """The links that name an id, in order."""
        return tuple(self._links_by_id[distinct_id])

    def _found(self, link: Link) -> Cause:
        raw = self._read([link.seq])[link.seq]
        sender, mapped = sender_of(raw), self._mapped(link, raw)
        words = next(
            (words for is_so, words in _VENDORS.items() if mapped and mapped.startswith(is_so)), "reset()"
        )
        shared = self._shared_id(link)
        if shared is not None and (kind := self._kind_of_constant(shared)):
            return Cause(
                *_of_constant(kind, shared, self._devices(shared)), sender, link.event, shared, mapped
            )
        if kind_called(link.event) == MERGE_DANGEROUSLY:
            remedy, evidence = (sentence.format(event=link.event) for sentence in _DANGEROUS)
            return Cause("dangerous_merge", remedy, evidence, sender, link.event, None, mapped)
        if kind_called(link.event) == CREATE_ALIAS:
            return Cause(*self._of_alias(link), sender, link.event, None, mapped)
        return Cause(*self._of_device(link, shared, words), sender, link.event, None, mapped)

    # What the log shows

    def _shared_id(self, link: Link) -> str | None:
        """The end of a link that several accounts are linked with, and that is none itself."""
        shared = (one for one in _ends(link) if one not in self._logins)
        return next((one for one in shared if len(self._neighbours[one] & self._logins) > 1), None)

    def _kind_of_constant(self, distinct_id: str) -> str | None:
        devices = self._devices(distinct_id)
        apart = [one for one in devices if one not in self._ids]
        if len(apart) >= DEVICES_OF_A_CONSTANT or len(devices) >= DEVICES_WITH_IDS:
            return "constant_id"
        return "placeholder" if is_placeholder(distinct_id) else None

    def _devices(self, distinct_id: str) -> list[str]:
        """The devices on which an id was linked, if every link tells its own; none where it is one."""
        links = self._links_by_id[distinct_id][:LINKS_READ]
        raw = self._read(link.seq for link in links)
        told = [_device_in(raw[link.seq]) or self._device_of_account(link) for link in links]
        devices = {one for one in told if one is not None}
        whole = None not in told and distinct_id not in devices and not devices & self._logins
        return sorted(devices) if whole else []

    def _device_of_account(self, link: Linked) -> str | None:
        """Where a link names no device, that of the account's own events."""
        return next((self._device_of[one] for one in _ends(link) if one in self._device_of), None)

    @cached_property
    def _device_of(self) -> dict[str, str]:
        """The first device of each account's events."""
        found: dict[str, str] = {}
        for _, event, _ in self._scope.steps:
            own, device = event.distinct_id, event.properties.device_id
            if isinstance(own, str) and isinstance(device, str) and device and own in self._logins:
                found.setdefault(own, device)
        return found

    def _of_device(self, link: Link, shared: str | None, words: str) -> tuple[str, str, str]:
        told = {
            _device_in(raw) for raw in self._read(self._seqs_of(shared or link.source_distinct_id)).values()
        }
        device = told.pop() if len(told) == 1 else None
        evidence = (
            f"one device, {device}" if device else f"one anonymous id, {shared}" if shared else "one person"
        )
        remedy = f"{words} is missing at logout, so the next login takes over the device's person"
        return "shared_device", remedy, f"all of them logged in on {evidence}"

    def _of_alias(self, link: Link) -> tuple[str, str, str]:
        source, target = _ends(link)
        if source in self._logins and target not in self._logins:
            return (
                "alias_reversed",
                f"alias is called the wrong way round: {source} is the account, so it belongs in distinct_id "
                f"and {target} in alias; then an account that is already identified is refused, not joined",
                f"alias names the account {source}, for {target}",
            )
        return (
            "alias_of_two_accounts",
            "alias joins two login ids: it is for the ids of one human only",
            f"alias makes {source} and {target} one",
        )

    def _mapped(self, link: Link, raw: Raw) -> str | None:
        """The vendor's call that stands in the line, where no event of this name does."""
        if raw.get("event") == link.event:
            return None
        path = self._run.origin(link.seq).path
        dialect = next((one["dialect"] for one in self._run.sources() if one["path"] == path), "")
        call = raw.get("type") or raw.get("event") or raw.get("event_type") or "line"
        return f"{dialect} {call}"

    def _seqs_of(self, distinct_id: str) -> list[int]:
        return [link.seq for link in self._links_by_id[distinct_id][:LINKS_READ]]

    def _read(self, seqs: Iterable[int]) -> dict[int, Raw]:
        wanted = [*seqs]
        missing = [seq for seq in wanted if seq not in self._raw]
        if missing:
            self._raw.update({seq: {} for seq in missing} | raw_events(self._run, missing))
        return {seq: self._raw[seq] for seq in wanted}

    @cached_property
    def _raw(self) -> dict[int, Raw]:
        """The lines of links, most of them read at once."""
        return raw_events(self._run, [*self._scope.resolve().links][:READ_AT_ONCE])

    @cached_property
    def _neighbours(self) -> dict[str, set[str]]:
        neighbours: dict[str, set[str]] = defaultdict(set)
        for link in chain.from_iterable(self._links_by_id.values()):
            one, other = _ends(link)
            neighbours[one].add(other)
            neighbours[other].add(one)
        return neighbours

    @cached_property
    def _links_by_id(self) -> dict[str, list[Linked]]:
        by_id: dict[str, list[Linked]] = defaultdict(list)
        for link in self._scope.resolve().links.values():
            for one in dict.fromkeys(_ends(link)):
                by_id[one].append(link)
        return by_id

    @cached_property
    def _logins(self) -> frozenset[str]:
        links = chain.from_iterable(self._links_by_id.values())
        return frozenset(link.target_distinct_id for link in links if is_login(link.event))

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(one for _, one in self._scope.keys)


def is_placeholder(distinct_id: str) -> bool:
    """Whether an id reads as words that stand for whoever has none, such as `app_unknown_user`."""
    words = re.split(r"[^A-Za-z0-9]+", distinct_id.lower())
    told = [word for word in words if word]
    return bool(told) and all(word.isalpha() for word in told) and not PLACEHOLDERS.isdisjoint(told)


def _ends(link: Link) -> tuple[str, str]:
    return link.source_distinct_id, link.target_distinct_id


def _device_in(raw: Raw) -> str | None:
    """The device that a line names, wherever its vendor puts it."""
    context = raw.get("context")
    device = context.get("device") if isinstance(context, dict) else None
    places: list[Any] = [properties_of(raw).get("$device_id"), raw.get("device_id")]
    places.append(device.get("id") if isinstance(device, dict) else None)
    return next((str(one) for one in places if isinstance(one, str | int) and one), None)


def _of_constant(kind: str, distinct_id: str, devices: list[str]) -> tuple[str, str, str]:
    shown = ", ".join(devices[:3]) + (", …" if len(devices) > 3 else "")
    many = f"{len(devices)} devices ({shown}) share the one id {distinct_id}"
    evidence = many if devices else f"{distinct_id} is a placeholder, not anybody's own id"
    remedy = (
        f"{distinct_id} is sent for everybody alike: never identify or alias while the distinct id is that "
        "constant, send the id that the SDK made for the device; reset() would not help"
    )
    return kind, remedy, evidence


_DANGEROUS = (
    "{event} is called on persons that are not one human: nothing guards it, so use it in scripts that "
    "somebody checks, never in the application",
    "{event} merges even identified persons",
)
_VENDORS = {
    "segment": "analytics.reset()",
    "rudderstack": "rudderanalytics.reset()",
    "mixpanel": "mixpanel.reset()",
    "amplitude": "amplitude.reset()",
}
