"""`idcli pack`: a run as one file, with or without its log, or with the part of it that is about some ids."""

from collections.abc import Iterable
from pathlib import Path

import click

from identity_cli.cli.terminal.at_work import at_work
from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import FILE, ID
from identity_cli.cli.terminal.run_arguments import redactable, with_ids, with_log, with_run
from identity_cli.cli.terminal.text import plural, print_error
from identity_cli.files.outputs import output_file
from identity_cli.store.packed_run import pack
from identity_cli.store.reading.run import Run


@click.command("pack", cls=Command, epilog="Example: idcli pack user_nils -o nils.zip")
@click.argument("wanted", metavar="[ID]...", nargs=-1, type=ID)
@option("--output", "-o", "file", metavar="FILE", type=FILE, required=True, help="The file to write.")
@option("--with-log", is_flag=True, help="Pack the log too, whole.")
@with_run
@with_log
@with_ids("wanted")
@redactable()
def command(run: Run, wanted: tuple[str, ...], file: str, with_log: bool) -> None:
    """Pack a run into one file to send.

    Every command opens it: idcli person --run run.zip ID. Those that read the log, such as why and repair,
    need it packed --with-log, or to be told with --log PATH where it is. With IDs: only their persons and
    those that links connect with these, and of the log the lines about them, under their own numbers: nobody
    else is in it, and every command answers about them as here. With --redact pseudonyms stand for all that
    tells of persons, and no log goes along.
    """
    if run.is_redacted and (wanted or with_log):
        raise click.UsageError("a log is not redacted: its lines are as they are.")
    if wanted:
        _pack_part(run, wanted, file)
    elif with_log:
        from identity_cli.replaying.again.rerun import log_files  # a run alone is packed without

        _write(run, run, file, log_files(run))
    else:
        _write(run, run, file, ())


def _pack_part(run: Run, wanted: Iterable[str], file: str) -> None:
    from identity_cli.cli.terminal.render import reading_progress
    from identity_cli.counterfactual.part_of_run import part_of

    persons = map(run.find_person, wanted)
    keys = [(one.team_id, id) for one in persons for id in run.distinct_ids_of(one.person)]
    with reading_progress(run) as progress, part_of(run, keys, progress) as (part, log):
        _write(run, part, file, log)
        told = f"{plural(part.count('persons'), 'person')}, {plural(part.metadata['events'], 'event')}"
    print_error(f"idcli: {told}")


def _write(run: Run, packed: Run, file: str, log: Iterable[tuple[str, Path]]) -> None:
    inputs = [*map(str, run.folder.iterdir()), *(source["path"] for source in run.sources())]
    with at_work("Packing"), output_file(file, inputs) as output:
        pack(packed.folder, output, log)
    print_error(f"idcli: wrote {file}; open it with --run {file}")
    if packed.is_redacted:
        print_error(
            "idcli: without the log, whose lines no pseudonyms cover: what reads it does not answer there"
        )
