"""`idcli pack`: a run as one file."""

import click

from identity_cli.cli.terminal.command import Command, option
from identity_cli.cli.terminal.completed import FILE
from identity_cli.cli.terminal.run_arguments import redactable, with_run
from identity_cli.cli.terminal.text import print_error
from identity_cli.files.outputs import output_file
from identity_cli.store.packed_run import pack
from identity_cli.store.reading.run import Run


@click.command("pack", cls=Command, epilog="Example: idcli pack -o run.zip --redact")
@option("--output", "-o", "file", metavar="FILE", type=FILE, required=True, help="The file to write.")
@with_run
@redactable()
def command(run: Run, file: str) -> None:
    """Pack a run into one file to send.

    Every command opens it: idcli person --run run.zip ID. The log is not in it: whoever has that says where
    with --log PATH. With --redact pseudonyms stand for all that tells of persons.
    """
    with output_file(file, [str(path) for path in run.folder.iterdir()]) as output:
        pack(run.folder, output)
    print_error(f"idcli: wrote {file}; open it with --run {file}")
