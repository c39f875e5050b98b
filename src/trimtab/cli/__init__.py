"""The command line: argument parsing and printing only."""


def main() -> None:
    """What the ``trimtab`` command and ``python -m trimtab`` run."""
    from trimtab.cli.app import app

    app(prog_name="trimtab")
