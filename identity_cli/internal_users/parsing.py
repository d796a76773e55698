"""Reads a file of internal users: a project's `test_account_filters`, or names, one a line or in a table.

Filters are a JSON list of {"key", "value", "operator", "type"}, all of which an event must pass
to be kept; so does an object with that list under `test_account_filters`, as the platform's
interface gives a project. Without an operator they mean `exact`, without a type the event.
An element that is none the platform takes for passed, and so does this, with a remark.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from identity_cli.errors import InternalUsersUnreadable, LogUnreadable
from identity_cli.files.opening import text_at
from identity_cli.internal_users.base import Filter, Filters, InternalUsers, NamedUsers
from identity_cli.internal_users.name_tables import names_in_table
from identity_cli.internal_users.operators import NotEvaluable, is_impossible, passes

_WHY_NOT = {
    "cohort": "who is in a cohort does not stand in a log",
    "group": "groups are not resolved",
    "session": "sessions are not resolved",
    "hogql": "it is a query",
}


def read_internal_users(path: str | Path) -> InternalUsers:
    """Read such a file; InternalUsersUnreadable says why not."""
    try:
        text = text_at(str(path)).decode("utf-8-sig")
    except LogUnreadable as error:
        raise InternalUsersUnreadable(str(path), error.reason) from None
    except UnicodeDecodeError:
        raise InternalUsersUnreadable(str(path), "it is not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, source: str) -> InternalUsers:
    """What the text of a file says; source: the file's name."""
    if not text.lstrip().startswith(("[", "{")):
        names = names_in_table(text, source)
        return _named_users(text.splitlines() if names is None else names, source)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InternalUsersUnreadable(source, f"it begins like JSON and is none ({error})") from None
    if isinstance(value, dict):
        value = value.get("test_account_filters")
    if not isinstance(value, list):
        raise InternalUsersUnreadable(
            source, "its JSON is neither a list nor has one as test_account_filters"
        )
    return _filters(value, source)


# Filters


def _filters(items: list[Any], source: str) -> Filters:
    of: dict[str, list[Filter]] = {"person": [], "event": []}
    not_evaluable: list[str] = []
    remarks: list[str] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or not isinstance(item.get("key"), str) or not item["key"]:
            remarks.append(f"filter {number} is no property filter and was passed over")
            continue
        kind = item.get("type") or "event"
        text = _words(item)
        try:
            one = _filter(item, text, kind)
        except NotEvaluable as why:
            not_evaluable.append(f"filter {number}: {text}: {why}")
            continue
        of[kind].append(one)
        remarks += [f"filter {number}: {text}: {remark}" for remark in _traps(item, one)]
    return Filters(source, tuple(of["person"]), tuple(of["event"]), not_evaluable, remarks)


def _filter(item: dict[str, Any], text: str, kind: Any) -> Filter:
    if not isinstance(kind, str) or kind not in ("person", "event"):
        kind = kind if isinstance(kind, str) else "odd"
        why = _WHY_NOT.get(kind.rpartition("-")[2], "only filters on events and persons are evaluated")
        raise NotEvaluable(why)
    return Filter(item["key"], text, passes(_operator(item), item.get("value")))


def _operator(item: dict[str, Any]) -> str:
    return str(item.get("operator") or "exact")


def _words(item: dict[str, Any]) -> str:
    kind = item.get("type") or "event"
    value = item.get("value")
    if isinstance(value, list):
        shown = ", ".join(map(_shown, value))
    else:
        shown = "" if value is None else _shown(value)
    prefix = "" if kind in ("event", "person") else f"{kind} "
    text = f"{prefix}{item['key']} {_operator(item)} {shown}".rstrip()
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be stored


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _traps(item: dict[str, Any], one: Filter) -> list[str]:
    """What a filter does that its author hardly meant."""
    if is_impossible(one.passes):
        return ["no valid regular expression, so nothing passes and everybody is internal"]
    values = item.get("value")
    if _operator(item) not in ("not_icontains", "not_icontains_multi"):
        return []
    return [
        f"{value} is no whole domain. The platform cuts the one that it suggests at a hyphen, "
        f"and every address with {value} in it is internal"
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, str) and re.fullmatch(r"@[^.@]*", value)
    ]


# Names

_COMMENT = re.compile(r"(^|\s)#.*")
_DOMAIN = re.compile(r"@?(?:[\w-]+\.)+[^\W\d_]{2,}|@[\w-]+")


def _named_users(lines: Iterable[str], source: str) -> NamedUsers:
    """Names one a line; what could be an id and an address, or an id and a domain, counts as both."""
    names = {name for line in lines if (name := _COMMENT.sub("", line).strip())}
    domains = {name.removeprefix("@").lower() for name in names if _DOMAIN.fullmatch(name)}
    emails = {name.lower() for name in names if "@" in name.lstrip("@")}
    remarks = [] if names else ["the list names nobody"]
    return NamedUsers(source, frozenset(names), frozenset(emails), frozenset(domains), remarks)
