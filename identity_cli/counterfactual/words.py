"""The words of the vendor whose rules a run was replayed under."""

from identity_cli.events import IDENTIFY
from identity_cli.rules import rule_set
from identity_cli.rules.words import Words, kind_called
from identity_cli.store.reading.run import Run


def words_of(run: Run) -> Words:
    """How that vendor's users call what the rules are about."""
    return rule_set(run.metadata["rule_set"]).words


def is_login(event: str) -> bool:
    """Whether a link of that name says under which id somebody logged in."""
    return kind_called(event) == IDENTIFY
