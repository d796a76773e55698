"""What a project says of its own in `.idcli.toml`: how to audit, and which findings it knows of."""

import os.path
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, NoReturn

from identity_cli.audits.config import Config
from identity_cli.findings.finding import Finding

FILE = ".idcli.toml"
_KNOWN = ("thresholds", "audits", "skip", "login_ids", "exclusive_properties", "suppress")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Findings that a project knows of, and why; all that is said must fit.

    fingerprint, code: of the finding. id: a pattern with * and ? that one of its distinct ids matches.
    until: the last day on which it counts.
    """

    reason: str
    fingerprint: str | None = None
    code: str | None = None
    id: str | None = None
    until: date | None = None

    def fits(self, finding: Finding) -> bool:
        """Whether it is about that finding."""
        from fnmatch import fnmatchcase

        return (
            self.fingerprint in (None, finding.fingerprint)
            and self.code in (None, finding.code)
            and (self.id is None or any(fnmatchcase(one, self.id) for one in finding.distinct_ids))
        )

    def __str__(self) -> str:
        what = [f"{name} {value}" for name in ("fingerprint", "code", "id") if (value := getattr(self, name))]
        return f"{', '.join(what)} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to audit, and what to say nothing of."""

    config: Config = Config()  # noqa: RUF009 -- it cannot change
    suppressions: tuple[Suppression, ...] = ()


DEFAULT = Settings()


class Sorted(NamedTuple):
    """Findings, and those that are suppressed; expired: suppressions that count no more and still fit."""

    findings: list[Finding]
    suppressed: list[Finding]
    expired: list[Suppression]


def sorted_out(findings: Iterable[Finding], suppressions: Sequence[Suppression], day: date) -> Sorted:
    """Take out what a project knows of; day: that on which is asked."""
    result = Sorted([], [], [])
    for finding in findings:
        fitting = [one for one in suppressions if one.fits(finding)]
        valid = [one for one in fitting if one.until is None or day <= one.until]
        (result.suppressed if valid else result.findings).append(finding)
        result.expired.extend(one for one in fitting if not valid and one not in result.expired)
    return result


def today() -> date:
    """The day by which suppressions end: the one thing that findings shown do not take from the log."""
    return date.today()


def read_settings(file: str | None = None) -> Settings:
    """The settings of a file; where none is named, of `.idcli.toml` in the current folder, if it is there.

    BadSettings says what is wrong and where; OSError if the file cannot be read.
    """
    if file is None and not os.path.isfile(FILE):  # noqa: PTH113 -- pathlib alone costs half a start of Python
        return DEFAULT
    import tomllib

    path = file or FILE
    try:
        told = tomllib.loads(_text_of(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        from identity_cli.errors import BadSettings

        raise BadSettings(path, str(error)) from None
    return _Reader(path).settings(told)


def _text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


class _Reader:
    """Checks what a file says, key by key."""

    def __init__(self, path: str) -> None:
        self._path = path

    def settings(self, told: Mapping[str, Any]) -> Settings:
        from identity_cli.audits.registry import AUDITS

        self._check_keys("", told, _KNOWN)
        codes = {audit.code for audit in AUDITS}
        thresholds = self._of("thresholds", told.get("thresholds", {}), _is_numbers, "numbers by audit")
        chosen = self._texts("audits", told, codes)
        skipped = self._texts("skip", told, codes)
        self._check_names("thresholds", thresholds, codes)
        only = None if not chosen and not skipped else frozenset(chosen or codes) - frozenset(skipped)
        own = Config()
        return Settings(
            config=Config(
                thresholds={code: float(value) for code, value in thresholds.items()},
                codes=only,
                login_ids=tuple(self._pattern(one) for one in self._texts("login_ids", told)),
                exclusive_properties=self._texts("exclusive_properties", told) or own.exclusive_properties,
            ),
            suppressions=tuple(
                self._suppression(number, one)
                for number, one in enumerate(
                    self._of("suppress", told.get("suppress", []), _is_tables, "tables: [[suppress]]"), 1
                )
            ),
        )

    def _suppression(self, number: int, told: Mapping[str, Any]) -> Suppression:
        where = f"suppress {number}"
        self._check_keys(where, told, ("reason", "fingerprint", "code", "id", "until"))
        until = told.get("until")
        for name in ("reason", "fingerprint", "code", "id"):
            if name in told:
                self._of(f"{where}: {name}", told[name], lambda value: isinstance(value, str), "text")
        if not str(told.get("reason", "")).strip():
            self._fail(f"{where} has no reason")
        if not {"fingerprint", "code", "id"} & told.keys():
            self._fail(f"{where} names neither a fingerprint nor a code nor an id")
        if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            self._fail(f"{where}: until is no day, such as 2026-12-31 without quotes")
        return Suppression(**told)

    def _texts(
        self, name: str, told: Mapping[str, Any], known: Iterable[str] | None = None
    ) -> tuple[str, ...]:
        texts = self._of(name, told.get(name, []), _is_texts, "a list of texts")
        if known is not None:
            self._check_names(name, texts, known)
        return tuple(texts)

    def _pattern(self, text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except re.error as error:
            self._fail(f"login_ids: {text!r} is no regular expression: {error}")

    def _of(self, name: str, value: Any, fits: Callable[[Any], bool], needed: str) -> Any:
        if not fits(value):
            self._fail(f"{name} has to be {needed}")
        return value

    def _check_keys(self, where: str, told: Iterable[str], known: Iterable[str]) -> None:
        self._check_names(where or "the file", told, known)

    def _check_names(self, where: str, told: Iterable[str], known: Iterable[str]) -> None:
        for name in told:
            if name not in known:
                self._fail(f"{where} knows no {name!r}: there are {', '.join(sorted(known))}")

    def _fail(self, what: str) -> NoReturn:
        from identity_cli.errors import BadSettings

        raise BadSettings(self._path, what)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in value.values()
    )
