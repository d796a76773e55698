"""What somebody means who types an id: itself, as it was shown, its beginning, or an e-mail address.

Nothing is guessed: what is typed stands for the one id that it can mean, or for itself.
"""

import re

from identity_cli.errors import SeveralPersons
from identity_cli.origins import CUT, as_stored
from identity_cli.store.reading.run_persons import LONGEST_TYPED, RunPersons

SHORTEST = 4
"""Characters of a beginning, as git has it."""
_BEYOND = "\U0010ffff"
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MAIL_KEY = re.compile(r"e?-?_?mail", re.IGNORECASE)
_ENOUGH = 2  # to know that it is not the only one


def meant(run: RunPersons, typed: str) -> str:
    """The id that is meant; what was typed where that is none, or may be several.

    SeveralPersons for an e-mail address that is not of one person alone.
    """
    if is_id(run, typed):
        return typed
    return completed(run, typed) or id_with_mail(run, typed) or typed


def is_id(run: RunPersons, typed: str) -> bool:
    """Whether a run has that distinct id or person id."""
    if run.keys_of(typed):
        return True
    query = "SELECT 1 FROM persons WHERE person_id = ?"
    return run.database.execute(query, (as_stored(typed).lower(),)).fetchone() is not None


def completed(run: RunPersons, typed: str) -> str | None:
    """The one id that begins so, or that is shown so where it is cut; None if there is none, or several.

    A number is no beginning of a longer one: user_1 is not user_12.
    """
    head, cut, tail = as_stored(typed).partition(CUT)
    if len(head) + len(tail) < SHORTEST:
        return None
    found = set(ids_beginning(run, head, tail, _ENOUGH))
    if len(found) != 1:
        return None
    (one,) = found
    return None if not cut and _counts_on(head, one) else one


def ids_beginning(run: RunPersons, head: str, tail: str = "", limit: int = 100) -> list[str]:
    """Distinct ids that can be typed, then person ids, that begin and end so, in order; by their indexes."""
    found: list[str] = []
    for column, table in (("distinct_id", "distinct_ids"), ("person_id", "persons")):
        query = (
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} >= ? AND {column} < ?"
            f" AND length({column}) < {LONGEST_TYPED}"
            f" AND (? = 0 OR substr({column}, -?) = ?) ORDER BY 1 LIMIT ?"
        )
        begin = head if column == "distinct_id" else head.lower()
        arguments = (begin, begin + _BEYOND, len(tail), len(tail), tail, limit - len(found))
        found += [one for (one,) in run.database.execute(query, arguments)]
    return found


def _counts_on(head: str, whole: str) -> bool:
    rest = whole[len(head) :]
    return head[-1:].isdecimal() and rest.isdecimal()


def id_with_mail(run: RunPersons, typed: str) -> str | None:
    """An id of the one person that has or had that e-mail address; None if nobody; SeveralPersons."""
    if not _MAIL.fullmatch(typed):
        return None
    from identity_cli.store.reading.search import values_with  # reads every value: only where it must

    owners = {
        hit.person_now: hit.person_then
        for hit in values_with(run, typed)
        if _MAIL_KEY.search(hit.key or "") and str(hit.value).casefold() == typed.casefold()
    }
    then = [one for one in owners.values() if one is not None]
    if not then:
        return None
    ids = [run.login_of(one) or run.makers_of([one])[one][0] for one in then]
    if len(ids) > 1:
        raise SeveralPersons(typed, ids)
    return ids[0]
