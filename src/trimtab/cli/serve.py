"""``trimtab serve``: a trained model behind HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from trimtab.cli.arguments import Model
from trimtab.cli.refusals import refusals

__all__ = ["serve"]


def serve(
    model: Model,
    port: Annotated[
        int, typer.Option(metavar="PORT", help="Port to listen on; 0: any that is free.")
    ] = 8000,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on. Others reach it at 0.0.0.0, and then a token is needed.",
        ),
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Name by which the server may be asked for, besides addresses, localhost and the "
            "machine's own. Repeatable.",
        ),
    ] = None,
    body_limit: Annotated[
        float, typer.Option("--body-limit", metavar="MB", help="Size of a request, in megabytes.")
    ] = 8.0,
) -> None:
    """Serve the predictions of a model over HTTP, with a form.

    Rows are posted to /predict as JSON or CSV. The form at / predicts as you type; /docs describes
    the requests, /schema the columns, /metrics counts. Ctrl-C ends it. TRIMTAB_TOKEN in the
    environment is a token that every request must carry.
    """
    with refusals("the server has ended"):
        from trimtab.core.checks import positive_number
        from trimtab.core.extras import need_server
        from trimtab.predictor.loading import load
        from trimtab.serving.running import Address, opened, server, token_for

        need_server()
        size = positive_number("--body-limit", body_limit)
        token, made = token_for(host)
        predictor = load(model)
        with opened(host, port) as listening:
            where = Address(host, listening.getsockname()[1])

            def ready() -> None:
                typer.echo(f"{model} answers at {where.url}{f'#token={token}' if made else ''}")
                if made:
                    typer.echo(f"Requests need the header  Authorization: Bearer {token}")
                typer.echo("Ctrl-C ends it.")

            server(
                predictor,
                token=token,
                hosts=allow_host or (),
                most_bytes=int(size * 2**20),
                ready=ready,
            ).run(sockets=[listening])
