"""`python -m benchmarks.trials`."""

from benchmarks.trials.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
