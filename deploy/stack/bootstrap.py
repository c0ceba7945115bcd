#!/usr/bin/env python3
"""A Lambda function for tests: answers every request with its environment and parts of the request, and adds a line to
a file for every batch of a queue or a stream."""

import json
import os
import urllib.request

RELEASE = "RELEASE"
BATCHES = "BATCHES"
RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"

while True:
    with urllib.request.urlopen(f"{RUNTIME}/next") as invocation:
        id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(invocation)
    known = {
        "release": RELEASE,
        "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "variables": {name: value for name, value in os.environ.items() if name.startswith("BADGESMITH_")},
        "level": os.environ["LOG_LEVEL"],
    }
    if "Records" in event:
        with open(BATCHES, "a", encoding="utf-8") as batches:
            batches.write(json.dumps(known | {"records": event["Records"]}) + "\n")
        urllib.request.urlopen(f"{RUNTIME}/{id}/response", b'{"batchItemFailures": []}').close()
        continue
    known |= {
        "payload": event["version"],
        "method": event["requestContext"]["http"]["method"],
        "path": event["rawPath"],
        "query": event["rawQueryString"],
        "headers": event["headers"],
        "body": event.get("body") or "",
        "is_base64": event.get("isBase64Encoded", False),
    }
    answer = {"statusCode": 404, "headers": {"content-type": "application/json"}, "body": json.dumps(known)}
    urllib.request.urlopen(f"{RUNTIME}/{id}/response", json.dumps(answer).encode()).close()
