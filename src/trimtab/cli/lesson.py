"""``trimtab lesson``: the networks of the dropout and batch normalization lesson."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trimtab.cli.refusals import refusals
from trimtab.predictor.training.options import OPTIONS

if TYPE_CHECKING:
    from rich.table import Table

    from trimtab.lesson import Lesson, Moving, Outcome

__all__ = ["lesson"]


def lesson(
    name: Annotated[
        str,
        typer.Argument(
            help="Lesson: concrete, red-wine or spotify. Moving picture: dropout, batch-norm or "
            "committee.",
            metavar="NAME",
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="CSV file with the lesson's table. Required for spotify.", metavar="FILE"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the pictures.  [default: lesson-NAME]", metavar="DIR"),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Seed of initial weights, row order and dropout; the split is fixed.",
        ),
    ] = 0,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number of epochs.  [default: the lesson's]"),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(metavar=OPTIONS["engine"].metavar, help=OPTIONS["engine"].help),
    ] = "auto",
    coach: Annotated[
        bool,
        typer.Option(
            "--coach", help="Find what is wrong with the first network, and try what helps."
        ),
    ] = False,
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --coach: time for the trials.  [default: 4m]"),
    ] = None,
) -> None:
    """Run the lesson on dropout and batch normalization.

    Trains the lesson's networks and plots their learning curves. With --coach it trains the first
    one, says what is wrong, tries remedies beside it on pairs, and says what helps.

    dropout, batch-norm and committee show what these do while a small network trains: a GIF and a
    page to play and step through.
    """
    with refusals():
        from trimtab.core import checks
        from trimtab.core.words import listed
        from trimtab.engines.choosing import check_choice
        from trimtab.errors import InvalidArgument
        from trimtab.lesson import LESSONS, MOVING

        name = checks.choice("lesson", name, (*LESSONS, *MOVING))
        checks.integer("--seed", seed, minimum=0, maximum=2**64 - 1)
        if epochs is not None:
            checks.positive_integer("--epochs", epochs)
        check_choice(engine)
        if time_limit is not None and not coach:
            raise InvalidArgument("--time-limit is for --coach. Use both, or neither.")
        if name in MOVING:
            lessons = {"data": data, "epochs": epochs, "coach": coach or None}
            for option, value in lessons.items():
                if value is not None:
                    raise InvalidArgument(
                        f"--{option} is for the lessons {listed(LESSONS, most=9)}; {name} is a "
                        f"moving picture. Use trimtab lesson {name}."
                    )
            _move(MOVING[name], out or Path(f"lesson-{name}"), seed, engine)
            return
        chosen = LESSONS[name]
        if coach:
            _coach(chosen, data, out, seed, epochs, engine, time_limit)
            return
        _run(chosen, data, out or Path(f"lesson-{chosen.name}"), seed, epochs, engine)


def _run(
    lesson: Lesson, data: Path | None, out: Path, seed: int, epochs: int | None, engine: str
) -> None:
    from rich.console import Console

    from trimtab.lesson import draw_curves, train
    from trimtab.lesson.curves import output_folder

    console = Console(highlight=False, soft_wrap=True)
    split = lesson.split(lesson.table(data))
    with output_folder(out):
        console.print(lesson.title, style="bold")
        console.print(
            f"{len(split.y_train):,} rows to train on, {len(split.y_valid):,} to validate on, "
            f"{split.columns} columns; target {lesson.target}"
        )
        outcomes = []
        for variant in lesson.variants:
            console.print(f"\n{variant.title}", style="bold")
            # The live line is for terminals; a file or a pipe gets only the result.
            verbose = 1 if sys.stdout.isatty() else 0
            outcome = train(
                lesson, variant, split, seed=seed, epochs=epochs, engine=engine, verbose=verbose
            )
            console.print(f"Minimum Validation Loss: {outcome.best:0.4f}")
            if outcome.diverged is not None:
                console.print(f"Diverged: {outcome.diverged}.")
            outcomes.append(outcome)
        picture = out / "learning-curves.png"
        draw_curves(outcomes, lesson.title, picture)
    console.print()
    console.print(_table(outcomes))
    console.print(f"\nLearning curves: {picture}")


def _coach(
    lesson: Lesson,
    data: Path | None,
    out: Path | None,
    seed: int,
    epochs: int | None,
    engine: str,
    time_limit: str | None,
) -> None:
    from trimtab.core.paragraphs import Paragraph, print_lines
    from trimtab.lesson.coaching import TIME_LIMIT, coached
    from trimtab.lesson.curves import output_folder

    split = lesson.split(lesson.table(data))
    limit = time_limit or TIME_LIMIT
    folder = out or Path(f"lesson-{lesson.name}")
    with output_folder(folder):
        found = coached(lesson, split, seed=seed, epochs=epochs, engine=engine, time_limit=limit)
        picture = folder / "coached.png"
        found.plot(picture)
    said: list[Any] = [f"{lesson.title}, {lesson.variants[0].title}, coached", "", "Findings"]
    said += [Paragraph(f"- {each.title}: {each.sentence}.") for each in found.findings]
    said += ["", *found.lines(), "", *map(Paragraph, found.sentences())]
    if found.edits:
        said += ["", "As Python", "", *found.code().splitlines(), ""]
    said += ["", *map(Paragraph, found.notes()), f"Differences and curves: {picture}"]
    print_lines(said)


def _move(moving: Moving, out: Path, seed: int, engine: str) -> None:
    from trimtab.core.paragraphs import Paragraph, print_lines
    from trimtab.lesson.curves import output_folder
    from trimtab.lesson.moving import write_gif, write_page

    film, page = out / f"{moving.name}.gif", out / f"{moving.name}.html"
    with output_folder(out):
        motion = moving.motion(seed, engine)
        write_gif(motion, film)
        write_page(moving, motion, page)
    print_lines(
        [
            *(moving.title, ""),
            *map(Paragraph, motion.sentences),
            *("", f"Film: {film}", f"Page: {page}"),
        ]
    )


def _table(outcomes: list[Outcome]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("network", no_wrap=True)
    for heading in ("lowest val_loss", "epoch", "at end", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for outcome in outcomes:
        table.add_row(
            outcome.variant,
            f"{outcome.best:.4f}",
            "-" if outcome.best_epoch is None else str(outcome.best_epoch),
            f"{outcome.val_loss[-1]:.4f}",
            f"{outcome.seconds:.1f}",
        )
    return table
