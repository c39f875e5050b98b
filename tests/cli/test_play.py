"""``trimtab play``: it says where the page is, answers there, and ends at once."""

import json
import re
import signal
import subprocess
import sys
from urllib.request import Request, urlopen


def test_it_answers_and_ends():
    process = subprocess.Popen(
        [sys.executable, "-m", "trimtab", "play", "--no-browser"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        url = re.fullmatch(r"The playground is at (http://127\.0\.0\.1:\d+/.+/)\n", said)[1]
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        assert b"trimtab playground" in urlopen(url).read()
        asked = Request(
            f"{url}step",
            json.dumps({}).encode(),
            {"Content-Type": "application/json", "Origin": url[: url.index("/", 8)]},
        )
        assert json.loads(urlopen(asked).read()) == {}
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (
            130,
            "",
            "Interrupted; the playground has ended.\n",
        )
    finally:
        process.kill()


def test_what_it_refuses(trimtab):
    assert "trimtab play TABLE --target COLUMN" in trimtab.refuses("play", "--target", "y")
    assert "there is no file" in trimtab.refuses("play", "no.csv", "--target", "y")
    assert "port must be an integer" in trimtab.refuses("play", "--port", "99999")
    (trimtab.folder / "t.csv").write_text("a,b\n" + "1,2\n3,4\n" * 30)
    assert "--target b" in trimtab.refuses("play", "t.csv").replace("'", "")
