"""The server over real connections: what it answers, whom, and what it withstands."""

import json
import math
import socket
import threading
import time

import pytest

from tests.serving.conftest import ROW
from trimtab.serving import app, protocol

#: Requests are cut short in the tests that wait for the server's patience.
PATIENCE = 0.3


def raw(port, *parts, wait=0.0, limit=10.0):
    """Everything that a server sends to some bytes, until it closes or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), limit) as link:
        try:
            for part in parts:
                link.sendall(part)
                time.sleep(wait)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has had enough
        found = b""
        try:
            while part := link.recv(1 << 16):
                found += part
        except OSError:
            pass
    return found


def post(body, *headers, path="/predict", host="127.0.0.1"):
    """A request as bytes."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith("content-length") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


GOOD = post(json.dumps(ROW).encode(), "Connection: close")


def alive(server):
    """Whether it still answers, and answers right."""
    status, _, answer = server.ask(body=ROW)
    return status == 200 and math.isfinite(answer["predictions"][0]["prediction"])


# -- what it answers ------------------------------------------------------------------------------


def test_one_row_and_several(plain):
    status, headers, one = plain.ask(body=ROW)
    assert status == 200 and sorted(one["predictions"][0]) == ["lower", "prediction", "upper"]
    assert headers["content-type"] == "application/json"
    _, _, three = plain.ask(body=[ROW, ROW | {"size": None}, ROW])
    assert three["predictions"][0] == three["predictions"][2] == one["predictions"][0]
    assert three["refused"] == [] and three["notes"] == []


def test_bad_rows_are_refused_and_the_others_answered_or_none(plain):
    rows = [ROW, ROW | {"size": "wide"}, 5]
    status, _, answer = plain.ask(body=rows)
    assert status == 200
    assert [each is None for each in answer["predictions"]] == [False, True, True]
    assert [(each["row"], each["column"]) for each in answer["refused"]] == [(2, "size"), (3, None)]
    status, _, strict = plain.ask("/predict?strict=true", rows)
    assert status == 422 and strict["refused"] == answer["refused"]
    assert strict["error"].startswith("row 2, column 'size': must be a number")
    status, _, every = plain.ask(body=rows[1:])
    assert status == 422 and "predictions" not in every


def test_csv(plain):
    text = "size,rooms,colour,lift\n80.5,3,red,yes\n"
    status, _, answer = plain.ask(body=text, headers={"Content-Type": "text/csv; charset=utf-8"})
    assert status == 200
    assert answer["predictions"] == plain.ask(body=ROW)[2]["predictions"]


def test_levels(plain):
    bounds = [plain.ask(f"/predict?interval={level}", ROW)[2] for level in (0.5, 0.9)]
    narrow, wide = ((each["predictions"][0]["upper"]) for each in bounds)
    assert narrow < wide
    for wrong in ("1.5", "nan", "wide", "1e999"):
        status, _, answer = plain.ask(f"/predict?interval={wrong}", ROW)
        assert status == 422 and "interval" in answer["error"], answer
    for query, said in (
        ("strict=maybe", "strict must be"),
        ("stict=true", "Did you mean 'strict'"),
    ):
        status, _, answer = plain.ask(f"/predict?{query}", ROW)
        assert status == 422 and said in answer["error"]


def test_classes_and_several_targets(running):
    _, _, classes = running("classes").ask("/schema")
    assert sorted(classes["classes"]) == ["fair", "good", "poor"]
    status, _, answer = running("several").ask(body=running("several").ask("/schema")[2]["example"])
    assert status == 200
    assert {"prediction_price", "lower_rent", "upper_rent"} <= set(answer["predictions"][0])


def test_schema_health_metrics_and_openapi(plain):
    _, _, schema = plain.ask("/schema")
    assert [column["name"] for column in schema["columns"]] == ["size", "rooms", "colour", "lift"]
    assert plain.ask("/health")[2] == {"status": "ok"}
    plain.ask(body=schema["example"])
    text = plain.ask("/metrics")[2].decode()
    assert 'trimtab_requests_total{path="/predict",status="200"}' in text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(math.isfinite(float(line.rpartition(" ")[2])) for line in lines)
    _, _, document = plain.ask("/openapi.json")
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    for kind, each in body.items():
        status, _, answer = plain.ask(body=each["example"], headers={"Content-Type": kind})
        assert (status, answer["refused"], answer["notes"]) == (200, [], []), kind


def test_pages_load_nothing_from_elsewhere(plain):
    for path in ("/", "/docs", "/form.js", "/reference.js", "/style.css"):
        status, headers, text = plain.ask(path)
        assert status == 200 and b"//" not in text.replace(b"// ", b"").replace(b"http://", b"//x")
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_other_paths_and_methods(plain):
    assert plain.ask("/nothing")[0] == 404
    status, _, answer = plain.ask("/predict")
    assert status == 405 and "POST" in answer["error"]
    status, _, answer = plain.ask(body="x=1", headers={"Content-Type": "text/plain"})
    assert status == 415 and "Content-Type: application/json" in answer["error"]


def test_requests_that_come_together_share_batches(running):
    server = running()
    expected = server.ask(body=ROW)[2]
    answers = []

    def ask():
        answers.extend(server.ask(body=ROW)[2] for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 160
    text = server.ask("/metrics")[2].decode()
    counted = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")
    assert float(counted["trimtab_batched_requests_total"]) == 161
    assert 1 <= float(counted["trimtab_batches_total"]) <= 161


# -- whom it answers ------------------------------------------------------------------------------

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def guarded(running):
    return running(token=TOKEN, hosts=["model.example.com"])


def test_a_token_is_needed_for_all_that_tells_of_the_model(guarded):
    for path, body in (("/predict", ROW), *((p, None) for p in ("/schema", "/metrics"))):
        assert guarded.ask(path, body)[0] == 401
        assert guarded.ask(path, body, {"Authorization": f"Bearer {TOKEN[:-1]}"})[0] == 401
        assert guarded.ask(path, body, {"Authorization": f"Basic {TOKEN}"})[0] == 401
        assert guarded.ask(path, body, {"Authorization": f"Bearer {TOKEN}"})[0] == 200
    assert guarded.ask("/openapi.json")[0] == 401
    status, headers, answer = guarded.ask("/schema")
    assert headers["www-authenticate"] == "Bearer" and "Authorization: Bearer" in answer["error"]
    for path in ("/", "/docs", "/health"):  # nothing of the model stands there
        status, _, text = guarded.ask(path)
        assert status == 200 and b"size" not in (text if isinstance(text, bytes) else b"")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7", 200),
        ("evil.example.com", 421),
        ("127.0.0.1.evil.example.com", 421),
        ("localhost:8000@evil.example.com", 421),
        ("", 421),
        ("localhost, evil.example.com", 421),
    ],
)
def test_hosts(host, status, plain):
    """A name that somebody else's server leads here is not answered: DNS rebinding."""
    assert plain.ask("/schema", headers={"Host": host})[0] == status


def test_a_host_that_is_allowed(guarded):
    ours = {"Host": "model.example.com", "Authorization": f"Bearer {TOKEN}"}
    assert guarded.ask("/schema", headers=ours)[0] == 200
    assert guarded.ask("/schema", headers=ours | {"Host": "other.example.com"})[0] == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8000", 200),
        ("https://localhost:8000", 200),
        ("http://localhost:8001", 403),
        ("https://evil.example.com", 403),
        ("null", 403),
        ("file://localhost:8000", 403),
        ("http://localhost:8000.evil.example.com", 403),
    ],
)
def test_origins(origin, status, plain):
    headers = {"Host": "localhost:8000", "Origin": origin}
    assert plain.ask(body=ROW, headers=headers)[0] == status
    allowed = [
        name for name in plain.ask("/schema")[1] if name.lower().startswith("access-control")
    ]
    assert allowed == []


def test_one_host_only(plain):
    for double in (b"Host: localhost\r\nHost: evil.example.com", b"X: 1"):
        found = raw(plain.port, b"GET /schema HTTP/1.1\r\n" + double + b"\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 400") and b"size" not in found


# -- what it withstands ---------------------------------------------------------------------------


def test_a_huge_body(plain):
    told = raw(plain.port, post(b"", "Content-Length: 9999999999"))
    assert told.startswith(b"HTTP/1.1 413") and b"--body-limit" in told
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = post(b"", "Transfer-Encoding: chunked", "Content-Length-Not: 1")
    head = head.replace(b"Content-Length: 0\r\n", b"").replace(b"Content-Length-Not: 1\r\n", b"")
    sent = raw(plain.port, head, *[chunk] * 40)
    assert sent == b"" or sent.startswith(b"HTTP/1.1 413")  # it may have closed while we sent
    assert alive(plain)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"size": NaN}',
        b"[1e999]",
        b'{"size": Infinity}',
        b"",
        b"\xff\xfe",
        b'{"size": 1',
        b'"\\ud800"',
    ],
    ids=["arrays", "objects", "nan", "1e999", "infinity", "none", "bytes", "cut", "surrogate"],
)
def test_what_is_no_json(body, plain):
    status, _, answer = plain.ask(body=body)
    assert status == 400 and answer["error"].startswith("the body is no JSON")
    assert alive(plain)


@pytest.mark.parametrize("body", [7, "row", None, True, []])
def test_json_that_is_no_row(body, plain):
    status, _, answer = plain.ask(body=json.dumps(body))
    assert status == 422 and "object with a value for each column" in answer["error"]


def test_names_and_cells_of_all_alphabets(plain):
    odd = "\u202e\u0000\U0001f4a9 ünïcødé <script> {{7*7}}"
    status, _, answer = plain.ask(body=ROW | {"colour": odd, odd: odd})
    assert status == 200 and answer["predictions"][0] is not None
    assert "\x00" not in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/form.html",
        "//etc/passwd",
        "/form.js/../../running.py",
        "/form.js%00.html",
        "/\\..\\..\\windows",
        "/~root",
    ],
)
def test_no_file_is_reached(path, plain):
    found = raw(plain.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert found.split(b" ")[1] in (b"404", b"400"), found[:200]
    assert b"root:" not in found and b"import" not in found


@pytest.mark.parametrize("source", ["/etc/passwd", "red-wine", "-", "file:///etc/passwd"])
def test_no_path_in_a_body_is_opened(source, plain):
    assert plain.ask(body=json.dumps(source))[0] == 422
    status, _, answer = plain.ask(body=source, headers={"Content-Type": "text/csv"})
    assert status == 422 and "root:" not in json.dumps(answer)


def test_a_slow_client_holds_up_nobody(running, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", PATIENCE)
    monkeypatch.setattr(app, "BODY_SECONDS", PATIENCE)
    server = running()
    start = time.monotonic()
    slow = [
        socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(20)
    ]  # some say nothing, some stop in the head, some in the body
    for number, link in enumerate(slow):
        link.sendall([b"", b"GET / HTTP/1.1\r\nHo", post(b"{", "Content-Length: 99")][number % 3])
    assert alive(server)
    ends = [link.recv(1 << 16)[:12] for link in slow]
    assert time.monotonic() - start < 9
    assert set(ends) == {b"HTTP/1.1 400", b"HTTP/1.1 408"}
    for link in slow:
        link.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\x00\x00\x00",
        GOOD.replace(b"Connection: close\r\n", b"") + b"\x00GARBAGE\r\n\r\n" * 50,
        post(b"{}", "Content-Length: 2", "Content-Length: 20"),
        post(b"{}", "Content-Length: -1"),
        post(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_pipelined_garbage(garbage, plain):
    found = raw(plain.port, garbage)
    first, _, _ = found.partition(b"\r\n")
    assert first in (b"", b"HTTP/1.1 400 Bad Request", b"HTTP/1.1 200 OK"), found[:300]
    assert b"Traceback" not in found
    assert alive(plain)


def test_requests_in_a_row_are_answered_in_order(plain):
    rows = [ROW | {"size": size} for size in (40.0, 80.0, 120.0)]
    parts = [post(json.dumps(row).encode()) for row in rows]
    parts[-1] = post(json.dumps(rows[-1]).encode(), "Connection: close")
    found = raw(plain.port, b"".join(parts))
    bodies = [json.loads(part.partition(b"\r\n\r\n")[2]) for part in found.split(b"HTTP/1.1 ")[1:]]
    values = [body["predictions"][0]["prediction"] for body in bodies]
    assert values == [plain.ask(body=row)[2]["predictions"][0]["prediction"] for row in rows]


def test_headers_cannot_be_injected(plain):
    evil = "x%0d%0aSet-Cookie:%20a=b"
    for path in (f"/predict?interval={evil}", f"/{evil}", f"/schema?{evil}"):
        found = raw(plain.port, post(json.dumps(ROW).encode(), "Connection: close", path=path))
        head = found.partition(b"\r\n\r\n")[0]
        assert b"set-cookie" not in head.lower() and head.startswith(b"HTTP/1.1 ")
    for name in ("X-Forwarded-Host", "X-Forwarded-For", "Forwarded", "X-Original-URL"):
        assert plain.ask("/schema", headers={name: "evil.example.com"})[0] == 200
    told = {"Host": "evil.example.com", "X-Forwarded-Host": "localhost"}
    assert plain.ask("/schema", headers=told)[0] == 421


def test_a_head_without_end(plain):
    found = raw(plain.port, b"GET / HTTP/1.1\r\n", *[b"X-Name: " + b"y" * 8000 + b"\r\n"] * 200)
    assert found == b"" or found.startswith(b"HTTP/1.1 400")
    assert alive(plain)


def test_a_million_columns(running):
    server = running(most_bytes=32 << 20)
    extra = "".join(f',"c{number}":1' for number in range(1_000_000))
    start = time.monotonic()
    status, _, answer = server.ask(body=json.dumps([ROW])[:-2] + extra + "}]")
    assert status == 422 and "a row may have 10,0" in answer["error"]
    names = "size,rooms,colour,lift" + ",c" * 1_000_000
    csv = {"Content-Type": "text/csv"}
    status, _, wide = server.ask(body=f"{names}\n80.5,3,red,yes{',1' * 1_000_000}\n", headers=csv)
    assert status == 422 and "received 1,000,004" in wide["error"]
    assert time.monotonic() - start < 30
    some = {f"c{number}": 1 for number in range(9_000)}
    _, _, answer = server.ask(body=ROW | some)
    assert answer["predictions"] == server.ask(body=ROW)[2]["predictions"]
    assert len(answer["notes"][0]) < 300 and "8,996 more" in answer["notes"][0]


def test_many_bad_rows_have_a_short_answer(plain):
    status, _, answer = plain.ask(body=b"[" + b"{}," * 99_999 + b"0]")
    assert status == 422 and len(json.dumps(answer)) < 40_000 and len(answer["refused"]) == 100
    status, _, answer = plain.ask(body=b"[" + b"{}," * 100_000 + b"0]")
    assert status == 413 and "100,000 rows" in answer["error"]


def test_upgrades_are_not_taken(plain):
    ask = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x"}
    assert plain.ask("/predict", headers=ask | {"Sec-WebSocket-Version": "13"})[0] in (400, 405)
    assert alive(plain)
