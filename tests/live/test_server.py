"""The server of pages on this machine: who gets an answer, and that nobody is waited for."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlparse

import pytest

from trimtab.errors import InvalidArgument
from trimtab.live import server as server_module
from trimtab.live.log import Log
from trimtab.live.server import LocalServer, Resource


def act(body):
    if body.get("bad"):
        raise InvalidArgument("the rule is broken.")
    if body.get("worse"):
        raise ZeroDivisionError
    return {"got": body}


RESOURCES = {"": Resource("text/html", "<p>Hello"), "style.css": Resource("text/css", "p {}")}


@pytest.fixture(scope="module")
def server():
    with LocalServer(RESOURCES, {"act": act}, Log()) as it:
        yield it


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def streaming(log):
    with LocalServer(RESOURCES, {}, log) as it:
        yield it


def ask(server, name="", method="GET", body=None, headers=None, prefix=None, host=None):
    """Status, headers and body of one request."""
    place = urlparse(server.url)
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=10)
    path = (place.path if prefix is None else prefix) + name
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or place.netloc)
    for key, value in (headers or {}).items():
        connection.putheader(key, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def post(server, body, name="act", **headers):
    own = server.url.split("/")[2]
    given = {"Origin": f"http://{own}", "Content-Type": "application/json"} | headers
    given = {key.replace("_", "-"): value for key, value in given.items() if value is not None}
    return ask(server, name, "POST", body, given)


def test_it_answers_the_page_that_has_the_token(server):
    status, headers, body = ask(server)
    assert (status, body) == (200, b"<p>Hello")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert ask(server, "style.css")[0] == 200


@pytest.mark.parametrize(
    "prefix", ["/", "/wrong/", "/../", "//", "", "/%00/", "http://127.0.0.1/", "/" + "a" * 22 + "/"]
)
def test_another_token_gets_nothing(server, prefix):
    status, _, body = ask(server, prefix=prefix or "*")
    assert status == 404
    assert b"Hello" not in body


@pytest.mark.parametrize(
    "name", ["../server.py", "etc/passwd", "%2e%2e/server.py", "style.css/", "."]
)
def test_names_are_no_paths(server, name):
    assert ask(server, name)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "a:b:c", "[::2]"]
)
def test_other_hosts_are_refused(server, host):
    assert ask(server, host=host)[0] == 421


@pytest.mark.parametrize("host", ["localhost:9999", "LOCALHOST", "127.0.0.1", "[::1]:80"])
def test_this_machine_by_any_port_is_answered(server, host):
    """A port that SSH forwards has another number."""
    assert ask(server, host=host)[0] == 200


def test_pages_of_other_origins_are_refused(server):
    for origin in ("http://evil.example", "null", "https://127.0.0.1"):
        assert ask(server, headers={"Origin": origin})[0] == 403
        assert post(server, b"{}", Origin=origin)[0] == 403
    assert post(server, b"{}", Origin=None)[0] == 403


def test_an_action_gets_its_object_and_answers(server):
    status, _, body = post(server, b'{"a": 1}')
    assert (status, json.loads(body)) == (200, {"got": {"a": 1}})


def test_an_action_tells_what_is_wrong(server, capfd):
    status, _, body = post(server, b'{"bad": 1}')
    assert (status, json.loads(body)) == (400, {"error": "the rule is broken."})
    assert post(server, b'{"worse": 1}')[0] == 500
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff", b"[" * 50_000])
def test_bodies_that_are_no_object_are_refused(server, body):
    assert post(server, body)[0] == 400


def test_bodies_of_another_kind_or_length_are_refused(server):
    assert post(server, b"{}", Content_Type="text/plain")[0] == 400
    assert post(server, b" " * (server_module.BODY + 1))[0] == 413
    assert post(server, b"{}", "nothing")[0] == 404
    assert ask(server, "act", "PUT")[0] == 501


@contextmanager
def listening(server, last=None, size=None):
    """A connection to the stream, behind its head."""
    place = urlparse(server.url)
    with socket.socket() as connection:
        if size is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", place.port))
        again = "" if last is None else f"Last-Event-ID: {last}\r\n"
        head = f"GET {place.path}events HTTP/1.1\r\nHost: {place.netloc}\r\n{again}\r\n"
        connection.sendall(head.encode())
        yield connection


def read_until(connection, wanted):
    found = b""
    while wanted not in found:
        part = connection.recv(65536)
        assert part, found
        found += part
    return found


def test_the_stream_tells_what_was_and_what_comes(streaming, log):
    log.post({"epoch": 1}, key="now")
    log.post({"epoch": 2}, key="now")
    with listening(streaming) as connection:
        assert b'id: 2\ndata: [{"epoch":2}]' in read_until(connection, b"epoch")
        log.post({"epoch": 3}, key="now")
        assert b"id: 3" in read_until(connection, b'"epoch":3')
        log.close()
        assert b"event: end" in read_until(connection, b"event: end")


def test_a_page_that_comes_back_hears_what_it_missed(streaming, log):
    for number in range(4):
        log.post({"number": number})
    with listening(streaming, last=3) as connection:
        found = read_until(connection, b'"number":3')
    assert b'"number":2' not in found
    with listening(streaming, last="99") as connection:  # of another process
        assert b'"number":0' in read_until(connection, b'"number":3')


def test_a_reader_that_reads_nothing_holds_up_nobody(streaming, log):
    """It is the stream's own thread that waits."""
    with listening(streaming, size=1024) as connection:
        read_until(connection, b"\r\n\r\n")
        began = time.perf_counter()
        for number in range(300):
            log.post({"text": "x" * 10_000, "number": number})
        assert time.perf_counter() - began < 0.5
        with listening(streaming, last=299) as other:
            assert b'"number":299' in read_until(other, b'"number":299')


def test_closing_tells_the_rest_first(log):
    with LocalServer({"": Resource("text/html", "")}, {}, log) as server, listening(server) as it:
        read_until(it, b"\r\n\r\n")
        log.post({"last": True})
        server.close()
        assert b'"last":true' in read_until(it, b"event: end")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlparse(server.url).port), timeout=1)


def test_a_port_in_use_is_named(server):
    port = urlparse(server.url).port
    with pytest.raises(InvalidArgument, match=f"port {port}.*Use another port"):
        LocalServer({}, {}, Log(), port=port)


def test_more_connections_than_there_is_room_for_are_closed(server, monkeypatch):
    with socket.socket() as extra:
        place = "127.0.0.1", urlparse(server.url).port
        many = range(server_module.CONNECTIONS)
        held = [socket.create_connection(place, timeout=5) for _ in many]
        extra.settimeout(5)
        extra.connect(place)
        with suppress(ConnectionResetError):
            assert extra.recv(10) == b""
        for each in held:
            each.close()
    end = time.monotonic() + 5
    while True:
        try:
            assert ask(server)[0] == 200
            break
        except (http.client.HTTPException, OSError):
            assert time.monotonic() < end
            time.sleep(0.05)


#: Forks while a server stands, ends it, and takes its port for another one.
FORKS = """
import os, time
from urllib.parse import urlparse
from urllib.request import urlopen
from trimtab.live.log import Log
from trimtab.live.server import LocalServer, Resource

page = {"": Resource("text/html", "x")}
server = LocalServer(page, {}, Log())
child = os.fork()
if child == 0:
    time.sleep(0.5)
    os._exit(0)
server.close()
with LocalServer(page, {}, Log(), port=urlparse(server.url).port) as again:
    assert urlopen(again.url).read() == b"x"
assert os.waitpid(child, 0)[1] == 0
print("done")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_leaves_the_port_alone():
    """In a process of its own: other tests may have threads that a fork would leave behind."""
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n", done.stderr
