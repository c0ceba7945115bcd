"""Hooks for schemathesis that add what a schema cannot express, so that generated reports reach the store.

A report with valid headers is signed as a build would sign it; every eighth is signed with a wrong secret. In a report
that is valid as a whole, the counts of tests are made to add up, the platform is that of the path, and the time is now. All
other requests are sent as they were generated, deliveries of webhooks among them, which are refused without a signature. The number of answers with each status is written to the file in STAGE_REPORTS.

Three of four requests for a document badge name a document of stage.py. Faults of upstreams are answered with 502 to 504,
which schemathesis.toml accepts.
"""

import atexit
import collections
import hashlib
import hmac
import itertools
import json
import os
import time
import urllib.parse
import uuid

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

statuses = collections.Counter()
turns = itertools.count()
DOCUMENTS = ["endpoint.json", "values.json", "values.toml", "values.yaml", "values.xml", "broken", "missing"]
QUERIES = {"query": ["//version | //coverage", "$.version", "$.coverage"], "search": ["[0-9]+", "v(.)"]}


class Signed(requests.auth.AuthBase):
    """Signs the final request as docs/reporting.md describes."""

    def __init__(self, secret):
        self.secret = secret.encode()

    def __call__(self, request):
        now, nonce = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), uuid.uuid4().hex
        path = request.path_url.partition("?")[0]
        while path != urllib.parse.unquote(path):
            path = urllib.parse.unquote(path)
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        text = "\n".join(["v2", now, nonce, request.method, path, hashlib.sha256(body).hexdigest()])
        digest = hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()
        # A generated token in its place would be a second proof.
        request.headers.pop("Authorization", None)
        request.headers.update({"X-Signature": f"v2={digest}", "X-Timestamp": now, "X-Nonce": nonce})
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    names = {parameter.name for parameter in case.operation.query}
    if "url" in names and (turn := next(turns)) % 4 and not case.meta.is_negative_at(ParameterLocation.QUERY):
        found = {name: texts[turn % len(texts)] for name, texts in QUERIES.items() if name in names}
        document = DOCUMENTS[turn % len(DOCUMENTS)]
        case.query = (case.query or {}) | found | {"url": f"{os.environ['STAGE_DOCUMENTS']}/{document}"}
    if case.method.upper() != "POST" or case.meta is None or case.meta.is_negative_at(ParameterLocation.HEADER):
        return
    if "/results/" not in case.path:
        return
    case.path_parameters["owner"] = "acme"
    if case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        body = case.body
        if "passed" in body:
            body["total"] = body["passed"] + body["failed"] + body["skipped"]
        body["platform"] = case.path_parameters["platform"]
        body["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    kwargs["auth"] = Signed(os.environ["STAGE_SECRET"] if next(turns) % 8 else "a guess")


@schemathesis.hook
def after_call(context, case, response):
    if case.method.upper() == "POST" and "/tests/results/" in case.path:
        statuses[response.status_code] += 1


@atexit.register
def tell():
    with open(os.environ["STAGE_REPORTS"], "w") as file:
        json.dump(statuses, file)
