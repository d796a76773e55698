"""PostHog's rules at four moments, newest last.

Found in the platform's public documentation, source and tests, and for `2022-12` and
`2023-09` checked against recordings of that very code.
"""

from datetime import date

from identity_cli.events import CREATE_ALIAS, GROUP_IDENTIFY, IDENTIFY, MERGE_DANGEROUSLY, SET, SNAPSHOT
from identity_cli.rules.base import CopiedProperties, Hold, LinkKey, RuleSet, Unset
from identity_cli.rules.capture import CAPTURE_OF_2026

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
_ALL_CURRENT = (
    *_APP_2023,
    *("$browser", "$browser_version", "$device_type", "$current_url", "$pathname"),
    *("$os", "$os_name", "$os_version", "$referring_domain", "$referrer"),
    *("$screen_height", "$screen_width", "$viewport_height", "$viewport_width", "$raw_user_agent"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_name", "utm_term"),
    *("gclid", "gad_source", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "twclid"),
    *("li_fat_id", "mc_cid", "igshid", "ttclid", "rdt_cid", "irclid", "_kx", "epik", "qclid", "sccid"),
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
    buffer_seconds=60,
    warns_with_uuid=True,
)

DECEMBER_2022 = RuleSet(
    name="2022-12",
    stands_for="the platform's code of 8 December 2022",
    date=date(2022, 12, 8),
    # `$merge_dangerously` did not exist yet: an ordinary event.
    links={IDENTIFY: LinkKey.ANON_DISTINCT_ID, CREATE_ALIAS: LinkKey.ALIAS},
    unguarded=frozenset(),
    buffer_seconds=60,
    passes_buffer={
        IDENTIFY: Hold.UNLESS_LINK,
        CREATE_ALIAS: Hold.UNLESS_LINK,
        GROUP_IDENTIFY: Hold.NEVER,
        SNAPSHOT: Hold.NEVER,
    },
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
    present_anon_id_links=True,
    quoted_ids_are_illegal=True,
    copied=CopiedProperties(latest=_ALL_2023, initial=_initial(_ALL_2023), overrides=True),
    unset=Unset.LIST_OR_OBJECT_KEYS,
    warns_with_uuid=True,
)

CURRENT = RuleSet(
    name="current",
    stands_for="the newest code read, 2026",
    date=date(2026, 11, 1),
    door=CAPTURE_OF_2026,
    present_anon_id_links=True,
    quoted_ids_are_illegal=True,
    longest_linkable_id=400,
    copied=CopiedProperties(
        latest=_ALL_CURRENT,
        initial=_initial(_ALL_CURRENT),
        overrides=False,
        null_is_a_first_value=False,
        knows_servers=True,
    ),
    unset=Unset.LIST_OR_OBJECT_KEYS,
    unset_numbers=False,
    unset_spares_new_keys=True,
    unset_after_linked_creation=False,
    nul_becomes_replacement=True,
    personless=True,
    noisy=frozenset(_NOISY_BROWSING) | {f"$geoip_{name}" for name in _NOISY_GEOIP},
    always_stores=frozenset({IDENTIFY, CREATE_ALIAS, MERGE_DANGEROUSLY, SET}),
    never_updates=frozenset({"$exception"}),
    strips_operators=frozenset({GROUP_IDENTIFY}),
    ignores_event=frozenset({"$$heatmap"}),
    longest_distinct_id=400,
    warns_with_uuid=True,
    warns_with_person_ids=True,
)
