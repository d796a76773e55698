"""One log of each dialect, made of the fields that its vendor's documentation names.

Everybody tells the same: an anonymous visitor, a login, a later event. A new dialect adds its own here;
the tests then hold its recognition against all the others', and its decoder against mutated lines.
"""

import json
from typing import Any

Line = dict[str, Any] | list[Any]

TIMES = [f"2026-05-04T09:30:0{second}.000Z" for second in range(3)]
VISITOR, USER = "0190f3a2-7c11-4b6e-9a55-2f4f0d1c9e00", "u-42001"


def posthog() -> list[dict[str, Any]]:
    """What its SDKs send."""
    own = [VISITOR, USER, USER]
    names = ["$pageview", "$identify", "order"]
    inside: list[dict[str, Any]] = [{}, {"$anon_distinct_id": VISITOR, "$set": {"plan": "pro"}}, {"total": 7}]
    return [
        {
            "uuid": f"0190f3a2-7c11-7b6e-9a55-2f4f0d1c9e0{index}",
            "event": names[index],
            "distinct_id": own[index],
            "timestamp": TIMES[index],
            "properties": {"$lib": "web", "$device_id": VISITOR, "token": "phc_example", **inside[index]},
        }
        for index in range(3)
    ]


def call(kind: str, **fields: Any) -> dict[str, Any]:
    """What the calls of Segment's spec have in common."""
    return {"type": kind, "integrations": {}, "messageId": f"m-{kind}", **fields}


def segment() -> list[dict[str, Any]]:
    """As its storage keeps them."""
    stored: dict[str, Any] = {
        "context": {"library": {"name": "analytics.js", "version": "2.11.1"}, "ip": "192.0.2.1"}
    }
    stored |= {"channel": "client", "projectId": "pRj1", "version": 2, "sentAt": TIMES[0]}
    times = [{"originalTimestamp": time, "receivedAt": time, "timestamp": time} for time in TIMES]
    return [
        call(
            "page",
            name="Home",
            properties={"url": "/"},
            anonymousId=VISITOR,
            userId=None,
            **stored,
            **times[0],
        ),
        call("identify", traits={"plan": "pro"}, anonymousId=VISITOR, userId=USER, **stored, **times[1]),
        call("track", event="Order", properties={}, anonymousId=VISITOR, userId=USER, **stored, **times[2]),
    ]


def rudderstack() -> list[dict[str, Any]]:
    """As its JavaScript SDK sends them."""
    sent: dict[str, Any] = {"channel": "web", "sentAt": TIMES[0], "anonymousId": VISITOR}
    context = {"library": {"name": "RudderLabs JavaScript SDK", "version": "2.9.2"}, "locale": "en-GB"}
    known = {**context, "traits": {"plan": "pro"}}
    return [
        call("page", name="Home", properties={}, **sent, context=context, originalTimestamp=TIMES[0]),
        call("identify", userId=USER, **sent, context=known, originalTimestamp=TIMES[1]),
        call("track", event="Order", userId=USER, **sent, context=known, originalTimestamp=TIMES[2]),
    ]


def mixpanel() -> list[dict[str, Any]]:
    """Its raw export, simplified API."""
    user = {"$user_id": USER, "distinct_id": USER}
    inside: list[dict[str, Any]] = [{"distinct_id": f"$device:{VISITOR}"}, user, user]
    return [
        {
            "event": name,
            "properties": {
                **inside[index],
                "time": 1777887000 + index,
                "$device_id": VISITOR,
                "$insert_id": f"i{index}",
                "mp_lib": "web",
                "mp_processing_time_ms": 1777887000900 + 1000 * index,
            },
        }
        for index, name in enumerate(("Page View", "Log In", "Order"))
    ]


def amplitude() -> list[dict[str, Any]]:
    """Its event export."""
    return [
        {
            "event_type": name,
            "user_id": user,
            "device_id": VISITOR,
            "amplitude_id": 987654321012,
            "event_id": index,
            "session_id": -1,
            "event_time": f"2026-05-04 09:30:0{index}.250000",
            "server_upload_time": f"2026-05-04 09:30:0{index}.410000",
            "$insert_id": f"k{index}",
            "uuid": f"0190f3a2-7c11-7b6e-9a55-2f4f0d1c9e1{index}",
            "user_properties": {"plan": "pro"} if user else {},
            "event_properties": {},
        }
        for index, (name, user) in enumerate((("view", None), ("login", USER), ("order", USER)))
    ]


def ga4() -> list[dict[str, Any]]:
    """Rows of its BigQuery export; numbers of 64 bits are text there."""
    return [
        {
            "event_date": "20260504",
            "event_timestamp": str(1_777_887_000_000_000 + index * 1_000_000),
            "event_name": name,
            "event_params": [{"key": "ga_session_id", "value": {"int_value": "1777887000"}}],
            "event_bundle_sequence_id": str(index),
            "user_id": user,
            "user_pseudo_id": VISITOR,
            "user_properties": [{"key": "plan", "value": {"string_value": "pro"}}] if user else [],
            "stream_id": "111",
            "platform": "WEB",
        }
        for index, (name, user) in enumerate((("page_view", None), ("login", USER), ("purchase", USER)))
    ]


def snowplow() -> list[dict[str, Any]]:
    """As its Analytics SDKs make JSON of them."""
    return [
        {
            "app_id": "shop",
            "platform": "web",
            "event_id": f"c6ef3124-b53a-4b13-a233-00000000000{index}",
            "event": "page_view",
            "event_name": "page_view",
            "user_id": user,
            "domain_userid": VISITOR,
            "network_userid": None,
            "collector_tstamp": TIMES[index],
            "derived_tstamp": TIMES[index],
            "contexts_com_snowplowanalytics_snowplow_web_page_1": [{"id": "x"}],
        }
        for index, user in enumerate((None, USER, USER))
    ]


def call_rows() -> list[dict[str, Any]]:
    """Rows of three tables that Segment fills."""
    own: list[dict[str, Any]] = [
        {"path": "/", "url": "https://shop.example/", "user_id": None},
        {"plan": "pro", "user_id": USER},
        {"event": "order_made", "event_text": "Order Made", "user_id": USER},
    ]
    return [
        {
            "id": f"ajs-{index}",
            "anonymous_id": VISITOR,
            "received_at": f"2026-05-04 09:30:0{index}.000 UTC",
            "sent_at": f"2026-05-04 09:30:0{index}.000 UTC",
            "timestamp": f"2026-05-04 09:30:0{index}.000 UTC",
            "context_library_name": "analytics.js",
            **fields,
        }
        for index, fields in enumerate(own)
    ]


def openpanel() -> list[dict[str, Any]]:
    """What its SDKs send; only an alias joins ids."""
    sent: list[tuple[str, dict[str, Any]]] = [
        ("track", {"name": "screen_view", "profileId": VISITOR, "properties": {"__path": "/"}}),
        ("alias", {"profileId": USER, "alias": VISITOR}),
        ("identify", {"profileId": USER, "email": "ada@example.org", "properties": {"plan": "pro"}}),
    ]
    return [
        {"type": kind, "payload": payload, "_received_at": time}
        for (kind, payload), time in zip(sent, TIMES, strict=True)
    ]


def message(event: dict[str, Any]) -> dict[str, Any]:
    """An ingestion message of PostHog's."""
    outer = {"token": "phc_example", "ip": "203.0.113.9", "site_url": "", "now": event["timestamp"]}
    return {"uuid": event["uuid"], "distinct_id": event["distinct_id"], **outer, "data": json.dumps(event)}


def row(event: dict[str, Any]) -> dict[str, Any]:
    """An event as PostHog stores it."""
    stored = {"team_id": 1, "elements_chain": "", "created_at": event["timestamp"], "person_mode": "full"}
    return {**event, **stored, "properties": json.dumps(event["properties"])}


EXAMPLES: dict[str, list[Line]] = {
    "posthog": [*posthog()],
    "posthog-capture": [{"api_key": "phc_example", "batch": posthog()}],
    "posthog-messages": [*map(message, posthog())],
    "posthog-rows": [*map(row, posthog())],
    "segment": [*segment()],
    "rudderstack": [*rudderstack()],
    "mixpanel": [*mixpanel()],
    "amplitude": [*amplitude()],
    "ga4": [*ga4()],
    "snowplow": [*snowplow()],
    "call-rows": [*call_rows()],
    "openpanel": [*openpanel()],
}
NAMELESS = {"amplitude", "snowplow", "mixpanel", "ga4", "call-rows", "openpanel"}
"""Dialects whose lines name no library here."""


def lines_of(dialect: str) -> list[bytes]:
    """The example as lines."""
    return [json.dumps(line).encode() + b"\n" for line in EXAMPLES[dialect]]
