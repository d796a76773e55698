"""Lines as PostHog's SDKs sent them, which capture had yet to see: their ids, as rules on capture need them.

What capture did to an id is dated, and the rule set's affair; here it only shows which lines
are before it, and their odd ids are made ready. Exports and messages are past it.
"""

from collections.abc import Mapping
from typing import Any

from identity_cli.dialects.base import LONG_ID, Notice, Unusable
from identity_cli.dialects.json_lines import as_shown, id_from, scrubbed
from identity_cli.dialects.record import LARGEST_PLAIN_ID, WireEvent
from identity_cli.events import LONGEST_SENT_ID, SentId
from identity_cli.values.texts import json_text, python_text

_ADDED_SINCE = (
    *("team_id", "now", "created_at", "_inserted_at", "inserted_at"),
    *("person_id", "person_properties", "person_mode", "elements_chain"),
)
"""By capture, by ingestion, by exports."""


def make_ids(event: WireEvent, fields: Mapping[str, Any]) -> None:
    """Make of an event's ids, which are as they came, what the resolver takes."""
    properties = event.properties
    given = event.distinct_id, properties.distinct_id
    if _was_sent(fields) and any(_is_odd(one) for one in given):
        by_v1 = isinstance(fields.get("options"), dict) or "/i/v1/" in str(fields.get("_path"))
        event.distinct_id, properties.distinct_id = (_sent(one, by_v1) for one in given)
        _note_long(event, given)
    else:
        event.distinct_id, properties.distinct_id = map(id_from, given)


def _was_sent(fields: Mapping[str, Any]) -> bool:
    past_capture = any(fields.get(key) is not None for key in _ADDED_SINCE)
    return not past_capture and not isinstance(fields.get("properties"), str)


def _is_odd(given: Any) -> bool:
    """Whether it was of a capture's date what it took for the id's text."""
    if isinstance(given, str):
        return len(given) > LONGEST_SENT_ID
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return given is not None and not (is_number and 1 <= given <= LARGEST_PLAIN_ID)


def _sent(given: Any, by_v1: bool) -> SentId | None:
    if given is None:
        return None
    try:
        value = scrubbed(given)
        texts, is_text = (python_text(value), json_text(value)), isinstance(value, str)
        return SentId(*texts, is_false=not is_text and not value, by_v1=by_v1, is_text=is_text)
    except RecursionError:
        raise Unusable("a distinct_id nested too deeply") from None


def _note_long(event: WireEvent, given: tuple[Any, ...]) -> None:
    for one in given:
        if isinstance(one, str) and len(one) > LONGEST_SENT_ID:
            event.notices = (*event.notices, Notice(LONG_ID, as_shown(one)))
