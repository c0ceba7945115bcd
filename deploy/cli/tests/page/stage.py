"""Runs a command together with a server whose upstreams are all emulated on loopback.

    stage.py BINARY FOLDER COMMAND …

The server has every plugin of plugins.toml. This process is each of their upstreams: it answers the examples of the
manifests with the answers in the providers' transcripts, and everything else with 404. It also serves documents for
document badges. The environment of the command has STAGE_URL, the address of the server; STAGE_DOCUMENTS, the address of
the documents; and STAGE_SECRET, which signs reports of the owner `acme`. The exit code is that of the command.
"""

import hashlib
import hmac
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parents[4]
SECRET = "a-secret-to-everybody"
NUGET = {"versions": ["12.0.3", "13.0.4", "14.0.0-beta1"]}
GITHUB = [{"id": 2, "name": "2.1.0", "metadata": {"package_type": "nuget"}}]
DOCUMENTS = {
    "endpoint.json": '{"schemaVersion":1,"label":"here","message":"there","color":"orange"}',
    "values.json": '{"version":"1.2.3","coverage":91.5,"names":["a","b"]}',
    "values.toml": 'version = "1.2.3"\ncoverage = 91.5\n',
    "values.yaml": "version: 1.2.3\ncoverage: 91.5\n",
    "values.xml": "<all><version>1.2.3</version><coverage>91.5</coverage></all>",
    "broken": "{<",
}


def providers():
    """The badges of all providers that ask upstreams, each with its transcripts; NuGet's answers are made below."""
    for file in sorted((ROOT / "providers/declarative").glob("*.toml")):
        manifest = tomllib.loads(file.read_text())
        yield manifest["badge"], sorted((file.parent / "transcripts" / file.stem).glob("*.json"))
    for name in ("github", "services"):
        file = ROOT / "providers" / name / "manifest.json"
        yield json.loads(file.read_text())["badges"], sorted((file.parent / "transcripts").glob("**/*.json"))


def answers():
    """The body of each upstream document, by its address without the scheme.

    They are those of the first transcript of each badge that succeeds, for the parameters of the badge's example. What is
    posted has no answer here.
    """
    known = {}
    for badges, transcripts in providers():
        calls = [json.loads(transcript.read_text()) for transcript in transcripts]
        for badge in badges:
            told = (call for call in calls if call["call"]["name"] == badge["name"] and "done" in call["turns"][-1])
            for call in itertools.islice(told, 1):
                for address, answer in asked(call, parameters(badge)):
                    known[address] = both(known.get(address), answer)
    return {
        address: body.encode() if isinstance(body, str) else json.dumps(body).encode() for address, body in known.items()
    }


def asked(call, values):
    """What a call gets from its upstreams, with these values in the place of its parameters."""
    given = {name: value for name, value in call["call"].get("params", {}).items() if values.get(name)}
    swaps = [(value, values[name]) for name, value in given.items()]

    def swapped(text):
        for old, new in sorted(swaps, key=lambda swap: -len(swap[0])):
            text = text.replace(old, new)
        return text

    for turn in call["turns"]:
        for fetch, answer in zip(turn.get("fetch", []), turn.get("answers", [])):
            address = re.match(r"https://(\S+)", fetch)
            if address is None or answer["status"] != 200:
                continue
            body = json.loads(swapped(json.dumps(answer["json"]))) if "json" in answer else swapped(answer.get("text", ""))
            yield swapped(urllib.parse.unquote(address.group(1))), body


def both(one, other):
    """Merges two answers of one address: badges of one package read one document, and each transcript has a part of it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: both(one.get(name), other.get(name)) for name in one | other}
    return other if one is None else one


def parameters(badge):
    """The values of the route and query parameters in the example of a badge."""
    path, _, query = badge["example"].partition("?")
    names, values = badge["route"].split("/"), path.split("/")
    given = dict(badge["query"]) if isinstance(badge.get("query"), dict) else {}
    given.update(urllib.parse.parse_qsl(query))
    for index, name in enumerate(names):
        if name.startswith("{"):
            is_rest = name.endswith("…}")
            given[name.strip("{@…}")] = "/".join(values[index:]) if is_rest else values[index]
    return given


class Upstream(BaseHTTPRequestHandler):
    """All upstreams in one server; the first segment of a path is the host."""

    protocol_version = "HTTP/1.1"
    known = answers()

    def do_GET(self):
        address = urllib.parse.unquote(self.path[1:])
        body = self.known.get(address)
        if address.startswith("documents/") and address.removeprefix("documents/") in DOCUMENTS:
            body = DOCUMENTS[address.removeprefix("documents/")].encode()
        if body is None and address.endswith("/newtonsoft.json/index.json"):
            body = json.dumps(NUGET).encode()
        elif body is None and address.startswith("api.nuget.org/v3/registration"):
            body = b'{"listed":true}'
        elif body is None and address == "api.nuget.org/v3/index.json":
            search = f"http://127.0.0.1:{self.server.server_port}/api.nuget.org/query"
            body = json.dumps({"resources": [{"@id": search, "@type": "SearchQueryService"}]}).encode()
        elif body is None and address.startswith("api.nuget.org/query?q=packageid:newtonsoft.json"):
            body = b'{"data":[{"id":"Newtonsoft.Json","versions":[{"version":"13.0.4","downloads":1234567}]}]}'
        elif body is None and address.startswith("api.nuget.org/query"):
            body = b'{"data":[]}'
        elif body is None and address.startswith("api.github.com/orgs/localstack-dotnet/"):
            body = json.dumps(GITHUB).encode()
        if body is not None and address.startswith("www.myget.org/"):
            # A feed names its own addresses.
            here = f"http://127.0.0.1:{self.server.server_port}/www.myget.org"
            body = body.replace(b"https://www.myget.org", here.encode())
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def do_POST(self):
        # A method that is not known would be a fault of the server, and five of those open the circuit breaker of this one
        # origin, which here is that of every provider.
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_):
        pass


class Upstreams(ThreadingHTTPServer):
    """The server of all upstreams."""

    # A page asks for dozens of badges at once. Of the default, five, the kernel drops what comes beyond.
    request_queue_size = 1024
    daemon_threads = True


def plugins_toml(upstream):
    """The plugins.toml of the project, with `upstream` as every origin."""
    here = upstream.removeprefix("http://")
    lines = ["[engine]", "allow-http = true", f"allow-addresses = [{json.dumps(here)}]"]
    for plugin in tomllib.loads((ROOT / "plugins.toml").read_text())["plugin"]:
        lines += ["[[plugin]]", f"id = {json.dumps(plugin['id'])}"]
        if "declarative" in plugin:
            file = ROOT / plugin["declarative"]
            lines.append(f"declarative = {json.dumps(str(file))}")
            settings = tomllib.loads(file.read_text()).get("settings", {})
        else:
            lines.append(f"library = {json.dumps(plugin['library'])}")
            folder = plugin["library"].removeprefix("badgesmith_provider_").replace("_", "-")
            settings = json.loads((ROOT / "providers" / folder / "manifest.json").read_text()).get("settings", {})
        # A registry that the operator names, as the transcripts name it.
        named = {name: f"https://{name.replace('upstream', 'registry')}.example" for name in settings}
        is_named = "declarative" in plugin
        settings = {name: value or named[name] for name, value in settings.items() if value or is_named}
        if "origins" in plugin:
            lines.append(f"origins = [{json.dumps(upstream)}]")
        if settings:
            mapped = (f"{name} = {json.dumps(value.replace('https:/', upstream))}" for name, value in settings.items())
            lines.append(f"settings = {{ {', '.join(mapped)} }}")
        if "collections" in plugin:
            lines.append(f"collections = {json.dumps(plugin['collections'])}")
        grants = (
            f"{name} = {{ purpose = {json.dumps(grant['purpose'])}, origin = {json.dumps(upstream)} }}"
            for name, grant in plugin.get("secrets", {}).items()
        )
        if "secrets" in plugin:
            lines.append(f"secrets = {{ {', '.join(grants)} }}")
    return "\n".join(lines) + "\n"


# What is reported for the examples of the providers that take reports.
REPORTS = {
    "/tests/results/linux/acme/tools/main": {"passed": 188, "failed": 2, "skipped": 0, "total": 190},
    "/coverage/results/all/acme/tools/main": {
        "lines": {"covered": 870, "total": 1000},
        "branches": {"covered": 61, "total": 80},
        "functions": {"covered": 9, "total": 10},
    },
    "/values/results/size/acme/tools/main": {"value": 1.2, "as": "bytes", "unit": "MB"},
}


def report(url, path, numbers):
    """Sends a signed report, and returns the status."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    platform = path.split("/")[3]
    run = {"platform": platform, "commit": "11e20f8", "run_id": "1", "timestamp": now, "url_html": "https://example.com/1"}
    body = json.dumps(run | numbers).encode()
    text = "\n".join(["v2", now, "stage-1", "POST", path, hashlib.sha256(body).hexdigest()])
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Signature": f"v2={signature}", "X-Timestamp": now, "X-Nonce": "stage-1"}
    return urllib.request.urlopen(urllib.request.Request(url + path, body, headers)).status


def print_state(url, log):
    """Prints what the server knows of its upstreams, and its last warnings, so that a failure can be understood."""
    try:
        health = json.load(urllib.request.urlopen(f"{url}/health?deep=1", timeout=10))
        print("breakers:", health.get("breakers"), flush=True)
    except OSError as fault:
        print("health:", fault, flush=True)
    warnings = [line for line in log.read_text().splitlines() if "WARN" in line or "ERROR" in line]
    print("\n".join(warnings[-20:]), flush=True)


def main():
    binary, folder, command = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    upstream = Upstreams(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    upstream_url = f"http://127.0.0.1:{upstream.server_port}"
    (folder / "plugins.toml").write_text(plugins_toml(upstream_url))
    data = folder / "data"
    for owner, purpose in [("acme", "TestData"), ("localstack-dotnet", "Package")]:
        arguments = [binary, "secret", "set", "--owner", owner, "--purpose", purpose, "--data", data]
        subprocess.run(arguments, input=SECRET, text=True, check=True, stdout=subprocess.DEVNULL)
    serve = [binary, "serve", "--listen", "127.0.0.1:0", "--config", folder / "plugins.toml", "--data", data]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        first = re.search(r"http://\S+", server.stdout.readline())
        if first is None:
            sys.exit((folder / "server.log").read_text())
        threading.Thread(target=server.stdout.read, daemon=True).start()
        url = first.group()
        assert all(report(url, path, numbers) == 201 for path, numbers in REPORTS.items())
        told = {"STAGE_URL": url, "STAGE_SECRET": SECRET, "STAGE_DOCUMENTS": f"{upstream_url}/documents"}
        outcome = subprocess.run(command, env=os.environ | told).returncode
        if outcome != 0 and server.poll() is None:
            print_state(url, folder / "server.log")
        if server.poll() is not None:
            sys.exit(f"the server ended: {(folder / 'server.log').read_text()[-2000:]}")
        sys.exit(outcome)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
