"""What --map says: where the fields of a log stand, as FIELD=PATH or in a small TOML file of such lines.

A file looks like this, and --save-map writes one:

    distinct_id = "user.id"
    event = "name"
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

from identity_cli.dialects.generic import FIELDS, Mapped
from identity_cli.errors import BadMapping


def read_mapping(items: Iterable[str]) -> Mapped:
    """Field to path, of assignments and files in the order given, the later winning; BadMapping."""
    items, mapping = list(items), dict[str, str]()
    for item in items:
        field, equals, path = item.partition("=")
        given = {field: path} if equals else _file(item)
        for name, where in given.items():
            mapping[_field(item, name.strip())] = where.strip()
    if "distinct_id" not in mapping and "anonymous_id" not in mapping:
        raise BadMapping(" ".join(items), "it says neither where distinct_id stands nor where anonymous_id")
    return {field: mapping[field] for field in FIELDS if field in mapping}


def mapping_text(mapping: Mapped) -> str:
    """The TOML of a mapping. Its strings are written as JSON's, which are also TOML's."""
    return "".join(f"{field} = {json.dumps(path)}\n" for field, path in mapping.items())


def _field(item: str, name: str) -> str:
    if name not in FIELDS:
        raise BadMapping(item, f"no field {name!r}; there are {', '.join(FIELDS)}")
    return name


def _file(name: str) -> dict[str, str]:
    try:
        table = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMapping(name, f"no FIELD=PATH, and no file: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMapping(name, f"the file is no TOML: {error}") from None
    for field, path in table.items():
        if not isinstance(path, str):
            raise BadMapping(name, f"{field} is no text")
    return table
