"""Checks a server that a proxy shows below a path: a badge, a report, OpenAPI, and what lies outside.

    STAGE_URL=http://HOST/PATH STAGE_SECRET=… below_path.py [events]

With `events` it checks the stream of events instead, of a server whose live page is on.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import stage

URL = os.environ["STAGE_URL"]
BASE = urllib.parse.urlsplit(URL).path


def ask(url):
    """The status, the address and the body after redirects."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.url, error.read().decode()


def main():
    status, _, picture = ask(f"{URL}/badge/build-passing-green")
    assert status == 200 and picture.startswith("<svg"), picture
    assert ask(URL)[:2] == (200, f"{URL}/"), "the path without its slash leads to the page"
    document = json.loads(ask(f"{URL}/openapi.json")[2])
    assert document["servers"] == [{"url": BASE}], document["servers"]
    host = URL.removesuffix(BASE)
    assert ask(f"{host}/badge/build-passing-green")[0] == 404, "outside of the path"
    assert ask(f"{URL}/metrics")[0] == 404, "metrics are for a collector inside"
    path = "/values/results/behind/acme/tools/main"
    assert stage.report(URL, path, {"value": 7}) == 201
    began, shown = time.monotonic(), ""
    while '"message":"7"' not in shown and time.monotonic() - began < 10:
        shown = ask(f"{URL}/badges/values/behind/acme/tools/main?format=json")[2]
    assert '"message":"7"' in shown, shown
    print(f"below {BASE}: a badge, the page, openapi.json and a report, and nothing outside")


def events():
    with urllib.request.urlopen(f"{URL}/events", timeout=10) as stream:
        began = time.monotonic()
        until(stream, "event: ready")
        ready = time.monotonic() - began
        run = {"passed": 3, "failed": 0, "skipped": 0, "total": 3}
        assert stage.report(URL, "/tests/results/linux/acme/tools/main", run) == 201
        reported = time.monotonic()
        until(stream, "event: ")
        told = time.monotonic() - reported
    assert ready < 2 and told < 2, f"a proxy that buffers: ready after {ready:.1f} s, told after {told:.1f} s"
    print(f"below {BASE}: events, ready after {ready:.2f} s and told {told:.2f} s after a report")


def until(stream, beginning):
    """Reads to the line that begins so."""
    for line in stream:
        if line.decode().startswith(beginning):
            return
    raise AssertionError(f"the stream ended before {beginning!r}")


if __name__ == "__main__":
    events() if "events" in sys.argv else main()
