#!/usr/bin/env python3
"""Makes inputs of the fuzz targets from files elsewhere in this repository, and from recorded inputs.

    deploy/fuzz/corpus.py OUT     writes OUT/TARGET/…, each file anew

Recorded inputs are added where BADGESMITH_RECORDED names their folder (CONTRIBUTING.md). What is written in the form of
a target by hand is in deploy/fuzz/seeds.
"""

import hashlib
import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 64 * 1024  # bytes of an input; libFuzzer cuts longer ones off
MOST = 400  # inputs of one kind: a start runs all of them
MARK = b"\n---\n"


def whole(pattern, base=ROOT):
    """Whole files."""
    for file in sorted(base.glob(pattern)):
        if file.is_file():
            yield file.read_bytes()


def split_tables():
    """Each plugin of plugins.toml separately, since all of them together take too long to load."""
    text = (ROOT / "plugins.toml").read_text()
    for table in text.split("[[plugin]]")[1:]:
        if "declarative" in table:
            yield b"[[plugin]]" + table.encode()


def requests():
    """The requests of the engine's tests."""
    for text in whole("engine/tests/http/*.http"):
        for line in re.findall(rb"^(?:GET|HEAD|POST|OPTIONS|PUT) .*(?:\n[a-z-]+: .*)*", text, re.MULTILINE):
            yield line + b"\n\n"


def calls():
    """The transcripts of the providers: a badge, its parameters, and the answers."""
    for file in sorted(ROOT.glob("providers/*/transcripts/**/*.json")):
        path = file.relative_to(ROOT / "providers").parts
        plugin = path[2] if path[0] == "declarative" else path[0]
        transcript = json.loads(file.read_text())
        call = transcript["call"]
        if call.get("kind", "badge") != "badge":
            continue
        values = {**call.get("params", {}), **call.get("query", {})}
        head = [f"{plugin} {call['name']}"] + [f"{name}={value}" for name, value in values.items()]
        parts = ["\n".join(head)]
        for answer in (answer for turn in transcript["turns"] for answer in turn.get("answers", [])):
            if not isinstance(answer, dict) or "status" not in answer:
                continue
            headers = [f"{name}: {value}" for name, value in answer.get("headers", {}).items()]
            body = answer.get("text", json.dumps(answer["json"]) if "json" in answer else "")
            parts.append("\n".join([str(answer["status"]), *headers]) + "\n\n" + body)
        yield MARK.join(part.encode() for part in parts)


def declarative():
    for text in whole("providers/declarative/*.toml"):
        yield text + MARK + b'{"name": "a", "version": "1.2.3", "count": 7, "items": ["1.0", "2.0"]}'


def recorded(data):
    """The folders of recorded inputs that each target uses."""
    yield "report", whole("test-reports/**/*", data)
    yield "report", whole("faults/reports/**/*", data)
    events = sorted((data / "webhooks").glob("*/*.json"))
    yield "hook", (f"{file.parent.name}\nsha256=00\n".encode() + file.read_bytes() for file in events)
    cases = json.loads((data / "jsonpath/cts.json").read_text())["tests"]
    yield "document", (
        f"json\n{case['selector']}\n{json.dumps(case.get('document'))}".encode(errors="replace")
        for case in cases
        if "\n" not in case["selector"]
    )
    for folder in ("nuget/registration", "nuget/search", "nuget/v2", "github-packages/versions"):
        yield "document", (b"json\n$..version\n" + text for text in whole(f"{folder}/*", data))
    urls = (data / "badge-urls/badge_urls.txt").read_text().split()
    paths = (re.sub(r"^https?://[^/]+", "", url) for url in urls)
    yield "request", (f"GET {path}\n\n".encode() for path in paths)
    for file in ("semver/semver_regex_list.json", "nuget-versioning/nuget_version_vectors.json"):
        words = re.findall(r'"([0-9\[(][^"\n]{0,60})"', (data / file).read_text())
        yield "version", ("\n".join(words[at : at + 4]).encode() for at in range(0, len(words), 4))
        yield "range", ("\n".join(words[at : at + 4]).encode() for at in range(0, len(words), 4))
    badges = (json.loads(line)["badge"] for line in (data / "badges.jsonl").read_text().splitlines())
    texts = ("label", "message", "color", "labelColor")
    yield "badge", (bytes(2) + "\1".join(str(badge.get(text, "")) for text in texts).encode() for badge in badges)


def sources():
    yield "report", whole("deploy/formats/tests/samples/**/*")
    yield "coverage", whole("deploy/formats/tests/coverage/**/*")
    yield "config", split_tables()
    yield "declarative", declarative()
    yield "manifest", whole("providers/*/manifest.json")
    yield "request", requests()
    yield "call", calls()
    if folder := os.environ.get("BADGESMITH_RECORDED"):
        yield from recorded(Path(folder))


def main():
    out = Path(sys.argv[1])
    for target, inputs in sources():
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        inputs = [text for text in inputs if len(text) <= LARGEST]
        for text in inputs[:: max(1, len(inputs) // MOST)]:
            (folder / hashlib.sha1(text, usedforsecurity=False).hexdigest()).write_bytes(text)


main()
