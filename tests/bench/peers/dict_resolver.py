"""Persons as an afternoon's script has them: json, and a dict of dicts that are merged as links come."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

LINKS = {"$identify": "$anon_distinct_id", "$create_alias": "alias", "$merge_dangerously": "alias"}
Person = dict[str, Any]


def main(log: str, folder: str) -> None:
    """Write ids.csv and persons.ndjson."""
    persons: dict[str, Person] = {}
    with open(log, "rb") as lines:
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            take(persons, event)
    told = {id(person): person for person in persons.values()}
    with (Path(folder) / "ids.csv").open("w", newline="") as file:
        csv.writer(file).writerows((one, person["ids"][0]) for one, person in persons.items())
    with (Path(folder) / "persons.ndjson").open("w") as file:
        file.writelines(json.dumps(person) + "\n" for person in told.values())
    print(len(told))


def take(persons: dict[str, Person], event: dict[str, Any]) -> None:
    """One event: whose it is, what it links, what it writes."""
    properties = event.get("properties") or {}
    own = str(event.get("distinct_id", properties.get("distinct_id")))
    person = persons.get(own)
    if person is None:
        person = persons[own] = {"ids": [own], "identified": False, "properties": {}, "events": 0}
    other = properties.get(LINKS.get(event["event"], ""))
    if other is not None:
        link(persons, person, str(other), is_forced=event["event"] == "$merge_dangerously")
    person["events"] += 1
    for key, value in (properties.get("$set_once") or {}).items():
        person["properties"].setdefault(key, value)
    person["properties"].update(properties.get("$set") or {})


def link(persons: dict[str, Person], person: Person, other: str, *, is_forced: bool) -> None:
    """Put another id, and all of its person, on a person; not where that one is identified."""
    source = persons.get(other)
    if source is None:
        person["ids"].append(other)
        persons[other] = person
    elif source is not person and (is_forced or not source["identified"]):
        person["ids"] += source["ids"]
        person["events"] += source["events"]
        person["properties"] = {**source["properties"], **person["properties"]}
        for one in source["ids"]:
            persons[one] = person
    person["identified"] = True


if __name__ == "__main__":
    main(*sys.argv[1:])
