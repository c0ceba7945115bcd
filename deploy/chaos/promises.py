"""The invariants of every answer, whatever fails."""

import json
import re
import xml.etree.ElementTree

from faulty import Ticking
from stage import FRESH, STALE

# The longest that an answer may take, in seconds: the server gives up on an upstream for one caller after 3.5 s and on the
# store after 2.5 s, and this machine may be busy.
LONGEST = 9
LONGEST_OF_HEALTH = 3
# How late an answer may be for reasons other than the upstream, in seconds.
SLACK = 4
LARGEST_MEMORY = 400 * 1024 * 1024
# The codes of errors that say when to retry.
WITH_RETRY_AFTER = ("STORE_UNAVAILABLE", "UPSTREAM_RATE_LIMITED")
CODES = re.compile(r"^[A-Z][A-Z_]+$")


def form(answer, path):
    """What is wrong with the form of an answer, if anything."""
    if answer.status not in (200, 201, 304, 400, 404, 409, 502, 503, 504):
        return f"{path} was answered with {answer.status}: {answer.body[:200]!r}"
    kind = answer.headers.get("content-type", "")
    try:
        if "svg" in kind:
            xml.etree.ElementTree.fromstring(answer.body)
        elif "png" in kind:
            if not (answer.body.startswith(b"\x89PNG") and answer.body.endswith(b"IEND\xaeB`\x82")):
                return f"{path}: a PNG that is cut"
        elif "json" in kind:
            json.loads(answer.body)
            if answer.status >= 400 and "/health" not in path and not CODES.match(code(answer)):
                return f"{path}: an error without a code: {answer.body[:200]!r}"
        else:
            return f"{path}: the type {kind!r}"
    except (ValueError, xml.etree.ElementTree.ParseError) as fault:
        return f"{path} has a body that cannot be read, {fault}: {answer.body[:200]!r}"
    is_told = "json" not in kind or "/health" in path or code(answer) not in WITH_RETRY_AFTER
    if answer.status == 503 and not is_told and "retry-after" not in answer.headers:
        return f"{path}: {code(answer)} without Retry-After"
    return None


def code(answer):
    """The code of an error in JSON."""
    details = answer.json().get("error_details") or [{}]
    return details[0].get("error_code", "")


def text_of(answer):
    """The text of a badge, from its JSON or its SVG."""
    if "svg" in answer.headers.get("content-type", ""):
        title = re.search(rb"<title>(.*?)</title>", answer.body, re.S)
        return title.group(1).decode() if title else ""
    return answer.json().get("message", "")


def age(answer):
    """How old the version in a badge is, in seconds; None if it shows no version."""
    found = re.search(r"1\.0\.(\d+)", text_of(answer))
    return (Ticking.now() - int(found.group(1))) * Ticking.TICK if found else None


def too_old(answer, path):
    """What is wrong with the age of a badge of the upstream."""
    seconds = age(answer)
    if seconds is None or seconds <= FRESH + STALE + SLACK + answer.took:
        return None
    return f"{path} shows what was true {seconds:.1f} s ago, and may show it for {FRESH + STALE} s"


def count(answer):
    """The number of tests in a badge of results; None if it shows no number."""
    found = re.search(r"(\d+) passed", text_of(answer))
    return int(found.group(1)) if found else None
