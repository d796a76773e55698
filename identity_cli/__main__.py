"""`idcli` and `python -m identity_cli`."""

import gc
import io
import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line and leave.

    A short process has nothing to collect and nothing to tear down: without either it
    takes a fifth less.
    """
    gc.disable()
    code = 0
    try:
        from identity_cli.cli import idcli

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # rather than break on an old encoding
        idcli(prog_name="idcli")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        code = 130
    except Exception:
        _tell_bug()
        code = 2
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _tell_bug() -> None:
    """Show the traceback: no error that we know of got here."""
    from traceback import format_exc

    from identity_cli.cli.text import print_error

    print_error(format_exc().rstrip())


if __name__ == "__main__":
    main()
