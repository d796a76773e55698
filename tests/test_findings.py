"""Each audit finds what it is for in a small log, and nothing in one that only looks like it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_logs import NEAR_MISSES, RULES, TRIGGERS, Event, at, by, event, in_session, login, mail, on

from identity_cli import Run, replay
from identity_cli.answers.of_findings import FindingAlso
from identity_cli.audits.registry import AUDITS
from identity_cli.errors import BadSettings
from identity_cli.findings.finding import Finding
from identity_cli.findings.kept import findings_of
from identity_cli.store.reading import evidence

SAMPLE = Path(__file__).parents[1] / "sample_data" / "events.ndjson"


@pytest.fixture
def findings_in(tmp_path: Path) -> Callable[..., list[Finding]]:
    def findings(log: list[Event], rules: str = "guide") -> list[Finding]:
        path = tmp_path / "log.ndjson"
        path.write_text("".join(json.dumps(line) + "\n" for line in log))
        run = replay(path, tmp_path / "run", rules=rules, table_formats=(), graph_formats=())
        return findings_of(run)

    return findings


@pytest.fixture
def codes_in(findings_in: Callable[..., list[Finding]]) -> Callable[..., set[str]]:
    """Of findings, and of what is told with them as it has the same cause."""
    return lambda log, rules="guide": {code for one in findings_in(log, rules) for code in one.times_of}


def also(findings: list[Finding], code: str) -> list[FindingAlso]:
    """What is told with findings of other audits."""
    return [seen for one in findings for seen in one.also if seen["code"] == code]


@pytest.mark.parametrize("code", [audit.code for audit in AUDITS])
def test_an_audit_finds_what_it_is_for(codes_in: Callable[..., set[str]], code: str) -> None:
    assert code in codes_in(TRIGGERS[code], RULES.get(code, "guide"))


@pytest.mark.parametrize("code", [audit.code for audit in AUDITS])
def test_an_audit_is_silent_where_it_only_looks_so(codes_in: Callable[..., set[str]], code: str) -> None:
    assert code not in codes_in(NEAR_MISSES[code], RULES.get(code, "guide"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return replay(SAMPLE, tmp_path_factory.mktemp("sample") / "run", table_formats=(), graph_formats=())


@pytest.mark.parametrize(
    ("code", "named", "line"),
    [
        ("silent_attach", "user_ivo", 245),
        ("merge_dangerously", "user_nils", 268),
        ("reversed_alias", "user_lina", 252),
        ("duplicate_person", "10482", 237),
        ("placeholder_person", "guest", 39),
        ("placeholder_person", "undefined", 192),
        ("refused_merge", "user_gesa", 177),
        ("missing_reset", "user_ivo", 177),
        ("contaminated_window", "user_gesa", 175),
        ("contaminated_window", "user_noel", 175),
        ("set_back", "user_uwe", 110),
        ("staff_counted", "user_yusuf", 17),
    ],
)
def test_the_stories_of_the_sample_are_found(sample: Run, code: str, named: str, line: int) -> None:
    found = findings_of(sample)
    own = [one.first.origin.line for one in found if one.code == code and named in one.distinct_ids]
    seen = [one["first"]["line"] for one in also(found, code) if named in one["distinct_ids"]]
    assert [*own, *seen] == [line]


def test_what_has_one_cause_in_the_sample_is_one_finding(sample: Run) -> None:
    """Tablets without reset(): strangers on one person, refusals, events before a login, an e-mail back."""
    (found,) = [one for one in findings_of(sample) if one.code == "missing_reset"]
    assert found.times_of == {
        **{"missing_reset": 3, "silent_attach": 1, "several_login_ids": 1, "contaminated_window": 3},
        **{"refused_merge": 2, "property_flips_back": 1},
    }
    assert found.unique_users == -1, "of each audit that saw him, Ivo counts once"
    assert found.events == 10, "five since, and five just before the logins"


def test_findings_have_the_same_fingerprints_wherever_the_run_is(sample: Run, tmp_path: Path) -> None:
    again = replay(SAMPLE, tmp_path / "again", table_formats=(), graph_formats=())
    assert [one.record for one in findings_of(sample)] == [one.record for one in findings_of(again)]
    prints = [one.fingerprint for one in findings_of(sample)]
    assert len(set(prints)) == len(prints)


def tenant(distinct_id: str, name: str) -> Event:
    return event(distinct_id, "$set", **{"$set": {"last_tenant": name}})


def test_an_id_whose_tenants_take_turns_is_nobodys(codes_in: Callable[..., set[str]]) -> None:
    strangers = [tenant("job", name) for name in ("one", "two", "three", "one")]
    assert "generic_id" in codes_in(strangers)
    assert "generic_id" not in codes_in(strangers[:3]), "somebody who moves on, and never back"
    assert "generic_id" not in codes_in([login("job", "a"), *strangers]), "of linked ids other audits tell"
    assert "generic_id" in codes_in([mail("job", f"u{number}@x.org") for number in range(3)])
    assert "generic_id" not in codes_in([mail("ada", f"u{number}@x.org") for number in range(2)])


def test_one_event_an_id_is_worth_knowing_where_somebody_logs_in(codes_in: Callable[..., set[str]]) -> None:
    windows = [by("web", event(f"w{number}")) for number in range(5)]
    logged_in = by("web", login("ada", "a"))
    assert "never_identifies" in codes_in([*windows, logged_in])
    assert "never_identifies" not in codes_in(windows)
    assert "never_identifies" not in codes_in([*windows[:4], logged_in])


def test_who_was_known_by_no_other_login_is_no_stranger(codes_in: Callable[..., set[str]]) -> None:
    """A phone joins a laptop by an alias, which identifies the person, then the user logs in there."""
    joined = [event("phone"), event("laptop"), event("laptop", "$create_alias", alias="phone")]
    assert "silent_attach" not in codes_in([*joined, login("ada", "laptop")])
    assert "silent_attach" in codes_in([*joined, login("ada", "laptop"), login("bob", "laptop")])
    backend = [event("a"), event("ada", "$create_alias", alias="a")]
    assert "silent_attach" in codes_in([*backend, login("bob", "a")])


def kinds_of(findings: list[Finding], code: str) -> list[str]:
    own = [one.message for one in findings if one.code == code]
    seen = [one["message"] for one in also(findings, code)]
    return [message.partition(": ")[2] for message in (*own, *seen)]


def test_a_refusal_is_of_strangers_or_of_one_human_with_two_accounts(
    findings_in: Callable[..., list[Finding]],
) -> None:
    accounts = [login("ada", "a"), mail("ada", "ada@x.org"), mail("ada2", "ADA@x.org"), login("ada2", "a")]
    assert kinds_of(findings_in(accounts), "refused_merge")[0].startswith("one human with two accounts")
    strangers = [login("ada", "a"), mail("ada", "ada@x.org"), mail("bob", "bob@x.org"), login("bob", "a")]
    assert kinds_of(findings_in(strangers), "refused_merge")[0].startswith("humans who share a device")
    several = [login("ada", "a"), event("bob"), event("cem"), login("bob", "a"), login("cem", "a")]
    assert kinds_of(findings_in(several), "refused_merge")[0].startswith("humans who share a device")
    assert kinds_of(findings_in(several[:4]), "refused_merge") == [""], "who can tell"


def test_a_device_that_changes_users_without_identify_was_not_reset(
    codes_in: Callable[..., set[str]],
) -> None:
    fresh, ada = "018e9df6-910d-7f93-8064-c0c07c985081", on("d", "user_1", login("user_1", "a"))
    bob = on("d", "user_2", event("user_2"))
    assert "missing_reset" in codes_in([on("d", "a", event("a")), ada, bob])
    assert "missing_reset" not in codes_in([ada, on("d", fresh, event(fresh)), bob]), "it was"
    assert "missing_reset" not in codes_in([ada, on("d", "visitor", event("visitor"))]), "no user's id"


def test_events_of_a_silent_attach_are_counted_where_they_do_not_belong(
    findings_in: Callable[..., list[Finding]],
) -> None:
    before = [at(0, event("a")), at(0, login("ada", "a"))]
    visit = [at(40, event("ada")), at(41, event("a")), at(42, login("bob", "a"))]
    (seen,) = also(findings_in([*before, *visit]), "contaminated_window")
    assert seen["events"] == 2
    assert seen["evidence"]["counted_for"] == "ada"


def test_findings_of_neighbouring_releases_are_one_and_begin_where_they_are_not_rare(
    findings_in: Callable[..., list[Finding]],
) -> None:
    def sent(version: str, one: Event) -> Event:
        return {**at(1, one), "properties": {**one["properties"], "$lib": "web", "$lib_version": version}}

    def lost(version: str, number: int) -> list[Event]:
        names = f"a{version}{number}", f"u{version}{number}"
        return [sent(version, in_session(event(name), f"s{version}{number}")) for name in names]

    quiet = [sent("1.0", event(f"v{number}")) for number in range(100)]
    log = [*quiet, *lost("1.0", 0), *(one for n in range(5) for one in lost("1.1", n)), *lost("1.2", 0)]
    (found,) = [one for one in findings_in(log) if one.code == "session_on_two_persons"]
    assert found.evidence["times"] == 7
    assert "sent by web 1.0 to 1.2" in found.message
    assert (found.since.version, found.since.moment.seq) == ("1.1", 104)
    assert found.since.before == pytest.approx(1_000 / 102, abs=0.001)


def test_settings_of_a_project_count_in_python_too(tmp_path: Path) -> None:
    settings = tmp_path / "own.toml"
    settings.write_text('skip = ["merge_dangerously"]\n[thresholds]\nhot_id = 2\n')
    log = [event("job"), event("job"), *TRIGGERS["merge_dangerously"]]
    with replay(log, tmp_path / "run", settings=settings, table_formats=(), graph_formats=()) as run:
        kept = {code for (code,) in run.database.execute("SELECT code FROM findings")}
    assert "hot_id" in kept
    assert "merge_dangerously" not in kept
    with pytest.raises(BadSettings, match="hot_idd"):
        settings.write_text("[thresholds]\nhot_idd = 2\n")
        replay(log, tmp_path / "other", settings=settings)
    assert not (tmp_path / "other").exists()


def test_who_logs_in_behind_the_cookieless_id_is_told_also_where_nothing_links_them(
    findings_in: Callable[..., list[Finding]],
) -> None:
    visitor = on("d", "$posthog_cookieless", event("$posthog_cookieless"))
    log = [visitor, on("e", "bob", event("bob")), on("d", "ada", event("ada", "$identify"))]
    (found,) = [one for one in findings_in(log) if one.code == "cookieless_sentinel"]
    assert found.distinct_ids == ("ada", "$posthog_cookieless")
    assert found.first.origin.line == 3, "where somebody could have been linked"


def test_a_shared_device_of_which_a_large_log_forgot_who_came_first(
    findings_in: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = evidence.shared

    def shared(run: Run, kind: str) -> list[evidence.Shared]:
        return [one._replace(partners=[("ada", 3), ("bob", None)]) for one in told(run, kind)]

    monkeypatch.setattr(evidence, "shared", shared)
    found = also(findings_in(TRIGGERS["shared_device"]), "shared_device")
    assert [one["distinct_ids"] for one in found] == [["ada", "bob"]]


def test_a_word_that_logins_name_as_their_anonymous_id_is_no_device(
    findings_in: Callable[..., list[Finding]],
) -> None:
    """A backend names a service, or a tenant, as the anonymous id of all; a kiosk's id a library made up."""
    made = "018e9df6-910d-7f93-8064-c0c07c985081"
    for anonymous, code in (("acme-corp", "generic_id"), ("server-7", "generic_id"), (made, "missing_reset")):
        (found,) = findings_in([event(anonymous), *(login(f"u{one}", anonymous) for one in range(6))])
        assert (found.code, found.unique_users) == (code, -5)
    few = findings_in([event("acme-corp"), *(login(f"u{one}", "acme-corp") for one in range(5))])
    assert [one.code for one in few] == ["missing_reset"]


def test_a_human_with_two_accounts_is_a_warning_and_no_error(
    findings_in: Callable[..., list[Finding]],
) -> None:
    accounts = [login("ada", "a"), mail("ada", "ada@x.org"), mail("ada2", "ADA@x.org"), login("ada2", "a")]
    (found,) = [one for one in findings_in(accounts) if one.code == "missing_reset"]
    assert (found.severity, found.message.partition(": ")[2][:32]) == (
        "warning",
        "one human with two accounts, by ",
    )
    accounts[2] = mail("ada2", "bob@x.org")
    (found,) = [one for one in findings_in(accounts) if one.code == "missing_reset"]
    assert found.severity == "error"


def test_a_placeholder_is_no_login_on_a_device(codes_in: Callable[..., set[str]]) -> None:
    first = on("d", "null", login("null", "a"))
    assert "shared_device" not in codes_in([event("a"), first, on("d", "ada", login("ada", "a"))])
