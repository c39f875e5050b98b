"""The paths that the server answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from trimtab.core import checks
from trimtab.core.version import __version__
from trimtab.core.words import brief, listed
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.predictor.predictor import Predictor
from trimtab.serving import description
from trimtab.serving.answering import FEW, Answer, Answering
from trimtab.serving.batching import Batcher
from trimtab.serving.metrics import Metrics
from trimtab.serving.rows import MOST_ROWS, too_many

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["BODY_SECONDS", "MEGABYTE", "Service"]

MEGABYTE = 1 << 20

#: Seconds that the body of a request may take to arrive.
BODY_SECONDS = 30.0

#: Path -> its file in assets, and its type.
_PAGES = {
    "/": ("form.html", "text/html"),
    "/docs": ("reference.html", "text/html"),
    "/form.js": ("form.js", "text/javascript"),
    "/reference.js": ("reference.js", "text/javascript"),
    "/style.css": ("style.css", "text/css"),
}

#: Parameters of ``POST /predict``: type and meaning.
_PARAMETERS = {
    "strict": ("boolean", "Refuse all rows if one is refused."),
    "interval": ("number", "Level of intervals, or of sets of classes, such as 0.9."),
}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Service:
    """A model and the application that answers for it.

    Args:
        predictor: The model.
        most_bytes: Of the body of a request.

    It is an ASGI application; :class:`~trimtab.serving.guard.Guard` belongs before it.

    Attributes:
        app: FastAPI's, with all paths and their description.
        metrics: What it counts.
    """

    def __init__(self, predictor: Predictor, most_bytes: int = 8 * MEGABYTE) -> None:
        self.answering = Answering(predictor)
        self.metrics = Metrics({"target": listed(predictor.targets), "task": predictor.task})
        self._most_bytes = most_bytes
        self._batcher = Batcher(self.answering.few, FEW)
        # One thread: a large request does not hold up small ones, and large ones queue.
        self._aside = ThreadPoolExecutor(1, "trimtab-serve")
        self._encode = msgspec.json.Encoder().encode
        self.app = self._application()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request.

        Rows do not pass through the layers of FastAPI, which take longer than a prediction.
        """
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/predict"):
            scope["route"] = "/predict"
            response = await self.predict(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # -- answers ----------------------------------------------------------------------------------

    async def predict(self, request: Request) -> Response:
        """The answer to ``POST /predict``."""
        try:
            query = request.query_params if request.scope["query_string"] else {}
            strict, level = self._asked(query)
        except TrimtabError as problem:
            return self._error(422, str(problem))
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in ("application/json", "text/csv"):
            return self._error(
                415,
                f"rows must be JSON or CSV, received {brief(kind) if kind else 'no type'}. Send "
                "the header Content-Type: application/json, or text/csv.",
            )
        body = await self._body(request)
        if isinstance(body, Response):
            return body
        if kind == "text/csv":
            return await self._carefully(self.answering.of_csv, body, strict, level)
        try:
            found = msgspec.json.decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            why = "too deep" if isinstance(problem, RecursionError) else str(problem)
            return self._error(
                400, f"the body is no JSON: {why}. NaN and Infinity are none; send null."
            )
        rows = [found] if type(found) is dict else found
        if type(rows) is not list or not rows:
            return self._error(
                422,
                "the body must be a row, an object with a value for each column, or a list of "
                "rows that is not empty.",
            )
        if len(rows) > MOST_ROWS:
            return self._error(413, too_many(len(rows)))
        if len(rows) <= FEW:
            usual = level is None
            few = await self._batcher(rows) if usual else self.answering.few(rows, level)
            if few is not None:
                self.metrics.rows(answered=len(rows), refused=0)
                return self._json(200, Answer(few).record())
        return await self._carefully(self.answering.of_json, rows, strict, level)

    def _asked(self, query: Mapping[str, str]) -> tuple[bool, float | None]:
        """Whether all rows are refused if one is, and the level of intervals."""
        for name in query:
            checks.choice("the parameter", name, _PARAMETERS)
        strict = checks.choice("strict", query.get("strict", "false"), _TRUTHS)
        text = query.get("interval")
        if text is None:
            return _TRUTHS[strict], None
        try:
            level = float(text)
        except ValueError:
            raise InvalidArgument(
                f"interval must be a number between 0 and 1, received {brief(text, 40)}. Use "
                "?interval=0.9 for 90 %."
            ) from None
        try:
            return _TRUTHS[strict], self.answering.check_level(level)
        except TrimtabError as problem:
            raise InvalidArgument(f"interval: {problem}") from None

    async def _carefully(
        self, answer: Any, rows: Any, strict: bool, level: float | None
    ) -> Response:
        """The answer to rows about which there may be something to say."""
        loop = asyncio.get_running_loop()
        try:
            found: Answer = await loop.run_in_executor(self._aside, answer, rows, level)
        except TrimtabError as problem:
            return self._error(422, str(problem))
        refused, every = sum(each is None for each in found.predictions), len(found.predictions)
        record = found.record()
        if refused > len(found.refused):
            record["notes"].append(f"{refused - len(found.refused):,} more rows are refused.")
        if refused and (strict or refused == every):
            self.metrics.rows(answered=0, refused=every)
            first = found.refused[0]
            where = f", column {brief(first.column)}" if first.column else ""
            message = f"row {first.row}{where}: {first.message}"
            return self._json(422, {"error": message, "refused": record["refused"]})
        self.metrics.rows(answered=every - refused, refused=refused)
        return self._json(200, record)

    async def _body(self, request: Request) -> bytes | Response:
        """The body of a request, or why it is not read."""
        most = self._most_bytes
        told = request.headers.get("content-length", "")
        parts, size = [], 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                if not told.isdecimal() or int(told[:20]) <= most:
                    async for part in request.stream():
                        parts.append(part)
                        size += len(part)
                        if size > most:
                            break
                    else:
                        return b"".join(parts)
        except TimeoutError:
            return self._error(408, f"the body did not arrive in {BODY_SECONDS:g} seconds.", True)
        except ClientDisconnect:
            return self._error(400, "the body is incomplete.", True)
        return self._error(
            413,
            f"the body may have {most / MEGABYTE:g} MB. Send the rows in parts, or start the "
            "server with a larger --body-limit.",
            True,
        )

    def _json(self, status: int, record: Any) -> Response:
        return Response(self._encode(record), status, media_type="application/json")

    def _error(self, status: int, message: str, close: bool = False) -> Response:
        response = self._json(status, {"error": message})
        if close:  # the rest of the body is not read
            response.headers["connection"] = "close"
        return response

    # -- paths ------------------------------------------------------------------------------------

    def _application(self) -> FastAPI:
        predictor = self.answering.predictor
        app = FastAPI(
            title=f"Predicting {listed(predictor.targets, 4)}",
            version=f"trimtab {__version__}",
            description=f"{predictor.task.capitalize()} by a network that trimtab trained.",
            docs_url=None,
            redoc_url=None,
        )
        known = msgspec.json.encode(description.schema(self.answering))

        @app.post(
            "/predict",
            summary="Predict rows.",
            openapi_extra={
                "parameters": _parameters(),
                "requestBody": description.body(self.answering),
            },
            responses=_answers(description.answers(self.answering)),
        )
        async def predict(request: Request) -> Response:
            return await self.predict(request)

        @app.get("/schema", summary="The columns, with their usual values.")
        async def schema() -> Response:
            return Response(known, media_type="application/json")

        @app.get("/health", summary="Whether the server answers.")
        async def health() -> Response:
            return Response(b'{"status":"ok"}', media_type="application/json")

        @app.get("/metrics", summary="Counters, for Prometheus.")
        async def metrics() -> Response:
            text = self.metrics.text(batches=self._batcher.batches, joined=self._batcher.joined)
            return Response(text, media_type="text/plain; version=0.0.4")

        for path, (name, kind) in _PAGES.items():
            app.get(path, include_in_schema=False)(_page(name, kind))
        app.add_exception_handler(HTTPException, self._nowhere)
        app.add_exception_handler(Exception, self._broken)
        return app

    async def _nowhere(self, request: Request, problem: Any) -> Response:
        known = ", ".join(["/predict", "/schema", "/docs", "/health", "/metrics"])
        if problem.status_code == 405:
            return self._error(405, "this path has another method: POST rows to /predict.")
        if problem.status_code == 404:
            return self._error(404, f"there is nothing here. There is {known}, and a form at /.")
        return self._error(problem.status_code, str(problem.detail))

    async def _broken(self, request: Request, problem: Any) -> Response:
        return self._error(500, "a bug in trimtab; the server's terminal shows where.")


def _parameters() -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": kind}}
        for name, (kind, meaning) in _PARAMETERS.items()
    ]


def _answers(schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    return {
        200: {
            "description": "A prediction for each row.",
            "content": {"application/json": {"schema": schema}},
        },
        422: {
            "description": "All rows are refused: error says why.",
            "content": {"application/json": {"schema": error}},
        },
    }


def _page(name: str, kind: str) -> Any:
    text = resources.files("trimtab.serving").joinpath("assets", name).read_bytes()

    async def page() -> Response:
        return Response(text, media_type=f"{kind}; charset=utf-8")

    return page
