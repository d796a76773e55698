"""PostHog's rules at six moments, newest last.

Found in the platform's public documentation, source and tests. But for the guide they are checked
against recordings of that very code; `2025-10` and `current` against code put together from single
public files, whose front (the order of checks) was read and not run.
"""

from dataclasses import replace
from datetime import date

from identity_cli.events import (
    CLIENT_INGESTION_WARNING,
    CREATE_ALIAS,
    EXCEPTION,
    GROUP_IDENTIFY,
    HEATMAP,
    IDENTIFY,
    MERGE_DANGEROUSLY,
    PERFORMANCE_EVENT,
    SET,
    SNAPSHOT,
)
from identity_cli.rules.base import CopiedProperties, Hold, LinkKey, OsName, RuleSet, Unset
from identity_cli.rules.capture import CAPTURE_OF_2026, RUST_CAPTURE

# Periods, each of code ending where the next begins: the buffer was on for everyone from 15 August 2022 and
# no longer used from 5 May 2023, `$merge_dangerously` came on 8 March 2023, the noise filter on 12 June 2024.
# The days on which the code of 2025 and that of 2026 came in are not known: these lie between two readings.
_CAMPAIGN_2022 = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_name", "utm_term"),
    *("gclid", "fbclid"),
)
_BROWSING_2022 = (
    *("$browser", "$browser_version", "$device_type", "$current_url", "$pathname", "$os"),
    *("$referring_domain", "$referrer"),
)
_APP_2023 = ("$app_build", "$app_name", "$app_namespace", "$app_version")
_ALL_2023 = (*_CAMPAIGN_2022, "msclkid", *_BROWSING_2022, *_APP_2023)
_ALL_2024 = (
    *_ALL_2023,
    *("$os_version", "$os_name", "gad_source", "gclsrc", "dclid", "gbraid", "wbraid"),
    *("twclid", "li_fat_id", "mc_cid", "igshid", "ttclid", "rdt_cid"),
)
_ALL_2025 = (
    *_ALL_2024,
    *("$screen_height", "$screen_width", "$viewport_height", "$viewport_width", "$raw_user_agent"),
    *("irclid", "_kx", "epik", "qclid", "sccid"),
)
_NOISY_GEOIP = (
    *("postal_code", "time_zone", "latitude", "longitude", "accuracy_radius"),
    *("subdivision_1_code", "subdivision_2_code", "subdivision_3_code"),
    *("subdivision_1_name", "subdivision_2_name", "subdivision_3_name"),
    *("city_confidence", "country_confidence", "postal_code_confidence"),
    *("subdivision_1_confidence", "subdivision_2_confidence"),
)
_NOISY_BROWSING = (
    *("$current_url", "$pathname", "$referring_domain", "$referrer"),
    *("$screen_height", "$screen_width", "$viewport_height", "$viewport_width"),
    *("$browser", "$browser_version", "$device_type", "$raw_user_agent"),
    *("$os", "$os_name", "$os_version"),
)


def _initial(names: tuple[str, ...]) -> dict[str, str]:
    return {name: "$initial_" + name.removeprefix("$") for name in names}


GUIDE = RuleSet(
    name="guide",
    stands_for="the published guide, March 2023: all its protections together",
    date=date(2023, 3, 31),
    period=(date(2022, 8, 15), date(2023, 5, 4)),
    buffer_seconds=60,
    warns_with_uuid=True,
)

DECEMBER_2022 = RuleSet(
    name="2022-12",
    stands_for="the platform's code of 8 December 2022",
    date=date(2022, 12, 8),
    period=(date(2022, 8, 15), date(2023, 3, 7)),
    # `$merge_dangerously` did not exist yet: an ordinary event.
    links={IDENTIFY: LinkKey.ANON_DISTINCT_ID, CREATE_ALIAS: LinkKey.ALIAS},
    unguarded=frozenset(),
    buffer_seconds=60,
    passes_buffer={
        IDENTIFY: Hold.UNLESS_LINK,
        CREATE_ALIAS: Hold.UNLESS_LINK,
        GROUP_IDENTIFY: Hold.NEVER,
        SNAPSHOT: Hold.NEVER,
        PERFORMANCE_EVENT: Hold.NEVER,
    },
    # No recording holds one. `processPersonsStep` of late 2022, read in two public versions that have the
    # lazy person container of those months, hands these two on before persons are looked at; that of
    # January 2023 does not, as recordings had a consumer of their own by then.
    ignores_event=frozenset({SNAPSHOT, PERFORMANCE_EVENT}),
    copied=CopiedProperties(
        latest=_CAMPAIGN_2022,
        initial=_initial(_CAMPAIGN_2022 + _BROWSING_2022),
        overrides=True,
    ),
    unset=Unset.LIST,
)

SEPTEMBER_2023 = RuleSet(
    name="2023-09",
    stands_for="the platform's code of 30 September 2023",
    date=date(2023, 9, 30),
    period=(date(2023, 3, 8), date(2024, 6, 11)),
    present_anon_id_links=True,
    quoted_ids_are_illegal=True,
    copied=CopiedProperties(latest=_ALL_2023, initial=_initial(_ALL_2023), overrides=True),
    unset=Unset.LIST_OR_OBJECT_KEYS,
    warns_with_uuid=True,
)

OCTOBER_2024 = RuleSet(
    name="2024-10",
    stands_for="the platform's code of October 2024",
    date=date(2024, 10, 1),
    period=(date(2024, 6, 12), date(2025, 8, 31)),
    door=RUST_CAPTURE,
    present_anon_id_links=True,
    quoted_ids_are_illegal=True,
    longest_stored_id=400,
    copied=CopiedProperties(
        latest=_ALL_2024, initial=_initial(_ALL_2024), overrides=False, os_name=OsName.FILLS_IN
    ),
    unset=Unset.LIST_OR_OBJECT_KEYS,
    unset_numbers_break=True,
    nul_becomes_replacement=True,
    noisy=frozenset(_ALL_2024),
    noisy_prefixes=("$geoip_",),
    always_stores=frozenset({IDENTIFY, CREATE_ALIAS, MERGE_DANGEROUSLY, SET}),
    ignores_event=frozenset({HEATMAP, CLIENT_INGESTION_WARNING}),
    never_updates=frozenset({EXCEPTION}),
    strips_operators=frozenset({GROUP_IDENTIFY}),
    personless=True,
    personless_id_swap=True,
    warns_of_flags_on_ignored=True,
    warns_with_uuid=True,
)

OCTOBER_2025 = replace(
    OCTOBER_2024,
    name="2025-10",
    stands_for="the platform's code of October 2025",
    date=date(2025, 10, 1),
    period=(date(2025, 9, 1), date(2025, 12, 31)),
    copied=CopiedProperties(
        latest=_ALL_2025, initial=_initial(_ALL_2025), overrides=False, os_name=OsName.FILLS_IN
    ),
    unset_numbers=False,
    unset_numbers_break=False,
    unset_spares_new_keys=True,
    noisy=frozenset(_ALL_2025),
    # For some time the filter asked neither for the kind of event nor whether persons were merged.
    always_stores=frozenset(),
    filters_merges=True,
)

CURRENT = RuleSet(
    name="current",
    stands_for="the platform's code of mid 2026",
    date=date(2026, 6, 10),
    period=(date(2026, 1, 1), date.max),
    door=CAPTURE_OF_2026,
    present_anon_id_links=True,
    quoted_ids_are_illegal=True,
    longest_linkable_id=400,
    copied=CopiedProperties(
        latest=_ALL_2025,
        initial=_initial(_ALL_2025),
        overrides=False,
        null_is_a_first_value=False,
        knows_servers=True,
        os_name=OsName.STANDS_IN,
        text_is_spread=False,
    ),
    unset=Unset.LIST_OR_OBJECT_KEYS,
    unset_numbers=False,
    unset_spares_new_keys=True,
    unset_after_linked_creation=False,
    nul_becomes_replacement=True,
    dates_surveys=True,
    noisy=frozenset(_NOISY_BROWSING) | {f"$geoip_{name}" for name in _NOISY_GEOIP},
    always_stores=frozenset({IDENTIFY, CREATE_ALIAS, MERGE_DANGEROUSLY, SET}),
    filters_merges=True,
    ignores_event=frozenset({HEATMAP, CLIENT_INGESTION_WARNING}),
    looks_up=frozenset({EXCEPTION}),
    looks_up_prefixes=("$ai_",),
    strips_operators=frozenset({GROUP_IDENTIFY}),
    longest_distinct_id=400,
    personless=True,
    warns_with_uuid=True,
    warns_with_person_ids=True,
)

CODE = (DECEMBER_2022, SEPTEMBER_2023, OCTOBER_2024, OCTOBER_2025, CURRENT)
"""States of the platform's code, oldest first; the guide, which is none, shares their time."""
