"""Small logs for audits: what each has to find, and what only looks like it."""

from typing import Any

Event = dict[str, Any]


def event(distinct_id: str, name: str = "e", **properties: Any) -> Event:
    return {"event": name, "distinct_id": distinct_id, "properties": properties}


def login(distinct_id: str, anonymous: str, **properties: Any) -> Event:
    return event(distinct_id, "$identify", **{"$anon_distinct_id": anonymous, **properties})


def on(device: str, distinct_id: str, sent: Event) -> Event:
    """The same, sent from a device."""
    return {**sent, "distinct_id": distinct_id, "properties": {**sent["properties"], "$device_id": device}}


def at(minute: int, sent: Event) -> Event:
    return {**sent, "timestamp": f"2026-05-04T09:{minute:02}:00Z"}


def mail(distinct_id: str, email: str) -> Event:
    return event(distinct_id, "$set", **{"$set": {"email": email}})


def arrived(minute: int, sent: Event) -> Event:
    return {**sent, "now": f"2026-05-04T09:{minute:02}:01Z"}


def by(lib: str, sent: Event) -> Event:
    about = {**sent["properties"], "$lib": lib, "$lib_version": "1.0"}
    return at(1, {**sent, "properties": about})


def in_session(sent: Event, session: str = "s") -> Event:
    return {**sent, "properties": {**sent["properties"], "$session_id": session}}


def merged(one: str, other: str) -> list[Event]:
    return [mail("ada", one), mail("bob", other), event("ada", "$merge_dangerously", alias="bob")]


def windows(events: int) -> list[Event]:
    """Visitors of one library who never log in, beside some of another who do."""
    visits = [by("webview", event(f"w{number}")) for number in range(events)]
    return [*visits, *(by("web", login(f"u{number}", f"a{number}")) for number in range(4))]


def robots(visits: int, address: str) -> list[Event]:
    return [event(f"r{number}", **{"$ip": address.format(number)}) for number in range(visits)]


def pairs(count: int) -> list[Event]:
    """Humans whom the shop calls by a number, and the mailing by their e-mail."""
    addresses = [f"u{number}@example.org" for number in range(count)]
    return [mail(own, one) for at, one in enumerate(addresses) for own in (f"cust_{at}", one)]


def race(first: int, second: int) -> list[Event]:
    """Two logins with one anonymous id: the second, whom the backend knows, is refused for being that."""
    return [at(0, event("bob")), at(first, login("ada", "a")), at(second, login("bob", "a"))]


def page(url: str) -> Event:
    return event("v", "$pageview", **{"$current_url": url})


def set_back(chosen_at: str) -> list[Event]:
    """A backend's event that waits a minute for the login, and what the browser sets at that time."""
    backend = event("ada", "account_created", **{"$lib": "node", "$set": {"plan": "free"}})
    chosen = event("ada", "plan_chosen", **{"$set": {"plan": "plus"}, "$device_id": "a"})
    sent = {"09:00:00": backend, "09:00:10": login("ada", "a"), chosen_at: chosen, "09:05:00": event("x")}
    return [{**one, "now": f"2026-05-04T{when}Z"} for when, one in sent.items()]


BACKEND, LOGIN = by("node", event("ada")), by("web", login("ada", "a"))
TWO_ACCOUNTS = [login("ada", "a"), login("bob", "b"), event("ada", "$merge_dangerously", alias="bob")]
TRIGGERS: dict[str, list[Event]] = {
    "silent_attach": [event("a"), login("ada", "a"), login("bob", "a")],
    "several_login_ids": TWO_ACCOUNTS,
    "refused_merge": [login("ada", "a"), event("bob"), login("bob", "a")],
    "shared_device": [event("a"), on("d", "ada", login("ada", "a")), on("d", "bob", login("bob", "a"))],
    "missing_reset": [event("a"), login("ada", "a"), login("bob", "a")],
    "contaminated_window": [
        *(at(0, event("a")), at(0, login("ada", "a")), at(0, event("bob"))),
        *(at(40, event("ada")), at(41, event("a")), at(42, login("bob", "a"))),
    ],
    "generic_id": [on(f"d{number}", "acme", event("acme")) for number in range(6)],
    "placeholder_person": [event("undefined"), event("undefined")],
    "mega_person": [login("ada", f"a{number}") for number in range(51)],
    "merge_dangerously": TWO_ACCOUNTS,
    "reversed_alias": [login("ada", "a"), event("visitor"), event("visitor", "$create_alias", alias="ada")],
    "duplicate_person": [
        event("ada", "$set", **{"$set": {"email": "ada@example.org"}}),
        event("10482", "$set", **{"$set": {"email": " ADA@example.org"}}),
    ],
    "session_on_two_persons": [in_session(event("a")), in_session(event("ada"))],
    "property_conflict": merged("ada@example.org", "bob@example.org"),
    "property_flips_back": [mail("ada", "ada@x.org"), mail("ada", "bob@x.org"), mail("ada", "ada@x.org")],
    "backend_before_identify": [arrived(5, at(5, BACKEND)), arrived(7, at(7, event("b"))), at(8, LOGIN)],
    "misplaced_key": [event("ada", "$identify", **{"$set": {"$anon_distinct_id": "a"}})],
    "identify_storm": [at(7, login("ada", f"a{number}")) for number in range(13)],
    "id_variants": [event("ada@example.org"), event(" Ada@example.org")],
    "ids_without_events": [login("ada", f"a{number}") for number in range(5)],
    "id_per_load": [by("web", event(f"a{number}")) for number in range(50)],
    "group_persons": [event("$company_1", "$groupidentify"), event("$company_2", "$groupidentify")],
    "never_identifies": windows(50),
    "cookieless_sentinel": [login("ada", "$posthog_cookieless")],
    "bot_persons": robots(100, "192.0.2.7"),
    "hot_id": [event("job")] * 10_000,
    "repeated_events": [{**event("ada"), "uuid": "one"}] * 2,
    "clock_trouble": [arrived(1, {**event("ada"), "timestamp": "2031-01-01T00:00:00Z"})],
    "out_of_order": [arrived(9, event("ada")), arrived(1, event("bob"))],
    "dates_outside_rules": [at(1, event("ada"))],
    "order_sensitive": race(1, 1),
    "two_id_schemes": pairs(5),
    "set_back": set_back("09:00:50"),
    "staff_counted": [
        page("https://app.acme.example/"),
        mail("ada", "ada@acme.example"),
        mail("b", "b@x.org"),
    ],
}
NEAR_MISSES: dict[str, list[Event]] = {
    "set_back": set_back("09:01:30"),
    "staff_counted": [page("https://acme.example/"), mail("ada", "ada@other.example"), mail("b", "b@e")],
    "silent_attach": [event("a"), login("ada", "a"), login("ada", "b")],
    "several_login_ids": [login("ada", "a"), login("ada", "b"), login("bob", "c")],
    "refused_merge": [login("ada", "a"), event("b"), login("ada", "b")],
    "shared_device": [event("a"), on("d", "ada", login("ada", "a")), on("d", "x", event("x"))],
    "missing_reset": [event("a"), login("ada", "a"), login("ada", "a"), event("b"), login("bob", "b")],
    "contaminated_window": [
        *(at(0, event("a")), at(0, login("ada", "a")), at(0, event("bob")), at(1, event("ada"))),
        at(42, login("bob", "a")),
    ],
    "generic_id": [on(f"d{number}", "acme", event("acme")) for number in range(5)],
    "placeholder_person": [event("undefined-7"), event("nullable")],
    "mega_person": [login("ada", f"a{number}") for number in range(49)],
    "merge_dangerously": [event("ada", "$merge_dangerously", alias="ada")],
    "reversed_alias": [login("ada", "a"), event("ada", "$create_alias", alias="crm-1")],
    "duplicate_person": [
        event("ada", "$set", **{"$set": {"email": "ada@example.org"}}),
        event("bob", "$set", **{"$set": {"email": "bob@example.org"}}),
        event("cem", "$set", **{"$set": {"email": ""}}),
        event("doro", "$set", **{"$set": {"email": ""}}),
    ],
    "session_on_two_persons": [login("ada", "a"), in_session(event("ada")), in_session(event("b"))],
    "property_conflict": merged("ada@example.org", "ada@example.org"),
    "property_flips_back": [mail("ada", "ada@x.org"), mail("ada", "bob@x.org"), mail("ada", "bob@x.org")],
    "backend_before_identify": [arrived(5, at(5, BACKEND)), arrived(5, at(5, LOGIN))],
    "misplaced_key": [event("ada", "$identify", **{"$set": {"anonymous": "a"}, "$anon_distinct_id": "a"})],
    "identify_storm": [at(number, login("ada", f"a{number}")) for number in range(13)],
    "id_variants": [event("ada@example.org"), event("adam@example.org")],
    "ids_without_events": [
        sent for number in range(5) for sent in (event(f"a{number}"), login("ada", f"a{number}"))
    ],
    "id_per_load": [by("web", event(f"a{number}")) for number in range(50)] * 2,
    "group_persons": [event("ada", "$groupidentify"), event("ada"), event("$company_2", "$groupidentify")],
    "never_identifies": [*windows(50), *windows(50), by("webview", login("w1", "w0"))],
    "cookieless_sentinel": [login("ada", "cookieless")],
    "bot_persons": robots(100, "192.0.2.{}"),
    "hot_id": [event("job")] * 9_999,
    "repeated_events": [{**event("ada"), "uuid": "one"}, {**event("bob"), "uuid": "one"}],
    "clock_trouble": [arrived(1, at(5, event("ada")))],
    "out_of_order": [arrived(1, event("ada")), arrived(1, event("bob"))],
    "dates_outside_rules": [{**event("ada"), "timestamp": "2023-10-01T00:00:00Z"}],
    "order_sensitive": race(1, 2),
    "two_id_schemes": pairs(4),
}
RULES = {"dates_outside_rules": "2023-09"}
"""Where they are not the guide's, which are of no time."""
