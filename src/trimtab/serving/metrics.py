"""What the server counts, in the text format that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

__all__ = ["Metrics"]

#: Upper ends of the classes of seconds.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of requests, rows and batches.

    Args:
        model: Labels that describe the model.

    Example:
        >>> metrics = Metrics({"target": "quality"})
        >>> metrics.request("/predict", 200, 0.002)
        >>> metrics.rows(answered=3, refused=1)
        >>> print(metrics.text(batches=1, joined=1))  # doctest: +ELLIPSIS
        # HELP trimtab_model_info The model that is served.
        # TYPE trimtab_model_info gauge
        trimtab_model_info{target="quality"} 1
        # HELP trimtab_requests_total Requests by path and status.
        # TYPE trimtab_requests_total counter
        trimtab_requests_total{path="/predict",status="200"} 1
        ...

    Source:
        Prometheus, "Text-based format", version 0.0.4.
    """

    def __init__(self, model: Mapping[str, str]) -> None:
        self._model = model
        self._requests: Counter[tuple[str, int]] = Counter()
        self._rows: Counter[str] = Counter(answered=0, refused=0)
        self._seconds = [0] * len(_BUCKETS)
        self._total = 0.0

    def request(self, path: str, status: int, seconds: float) -> None:
        """Counts a request."""
        self._requests[path, status] += 1
        if path == "/predict":
            self._total += seconds
            for place, end in enumerate(_BUCKETS):
                if seconds <= end:
                    self._seconds[place] += 1
                    break

    def rows(self, *, answered: int, refused: int) -> None:
        """Counts rows."""
        self._rows["answered"] += answered
        self._rows["refused"] += refused

    def text(self, *, batches: int, joined: int) -> str:
        """All counters.

        Args:
            batches: Batches that were predicted together.
            joined: Requests in them.
        """
        return "\n".join(self._lines(batches, joined)) + "\n"

    def _lines(self, batches: int, joined: int) -> Iterator[str]:
        yield from _head("model_info", "gauge", "The model that is served.")
        yield _line("model_info", self._model, 1)
        yield from _head("requests_total", "counter", "Requests by path and status.")
        for (path, status), number in sorted(self._requests.items()):
            yield _line("requests_total", {"path": path, "status": str(status)}, number)
        yield from _head("rows_total", "counter", "Rows of requests by outcome.")
        for outcome, number in self._rows.items():
            yield _line("rows_total", {"outcome": outcome}, number)
        yield from _head("batches_total", "counter", "Batches of rows predicted together.")
        yield _line("batches_total", {}, batches)
        yield from _head("batched_requests_total", "counter", "Requests in these batches.")
        yield _line("batched_requests_total", {}, joined)
        yield from _head("predict_seconds", "histogram", "Seconds from a request to its answer.")
        below = 0
        for end, number in zip(_BUCKETS, self._seconds, strict=True):
            below += number
            yield _line("predict_seconds_bucket", {"le": f"{end:g}"}, below)
        every = sum(number for (path, _), number in self._requests.items() if path == "/predict")
        yield _line("predict_seconds_bucket", {"le": "+Inf"}, every)
        yield _line("predict_seconds_sum", {}, self._total)
        yield _line("predict_seconds_count", {}, every)


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP trimtab_{name} {meaning}"
    yield f"# TYPE trimtab_{name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"trimtab_{name}{f'{{{inner}}}' if inner else ''} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
