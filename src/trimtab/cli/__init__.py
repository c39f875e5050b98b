"""The command line: argument parsing and printing only."""


def main() -> None:
    """What the ``trimtab`` command and ``python -m trimtab`` run."""
    try:
        from trimtab.cli.app import app
    except KeyboardInterrupt:  # Ctrl-C in the first second, before any command has begun
        import sys

        print("Interrupted; nothing was written.", file=sys.stderr)
        raise SystemExit(130) from None

    app(prog_name="trimtab")
