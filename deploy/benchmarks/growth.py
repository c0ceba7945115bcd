"""How latency and memory grow with distinct badges, connections, and results of a branch."""

import datetime
import json
import os
import subprocess
import time

import build
from figures import Section, digits, ratio, spread
from processes import CACHED, CONFIG, badge_server, load, make_folder, plain_server, upstream_port

BRANCH = "linux/acme/tools/main"
SHARES = ["rate", "p50", "p99"]
BESIDES = ["memory, MiB", "file, MiB", "import, s"]
QUESTIONS = {
    "badge": f"/badges/tests/{BRANCH}.svg",
    "chart": f"/charts/tests/{BRANCH}.svg",
    "page of history": f"/api/history/tests/{BRANCH}?last=100",
}


def sections(plan):
    """Three tables."""
    return [distinct(plan), connections(plan), results(plan)]


def distinct(plan):
    threads, rows, done, first = len(os.sched_getaffinity(0)), [], 0, None
    with badge_server(plan, "--threads", str(threads)) as server:
        server.get("/health")
        idle = server.memory()
        for count in plan.distinct:
            path = "/badge/build-number%20{}-blue.svg"
            figures = load(plan, "closed", server, path, threads=threads, requests=count - done, first=done)
            done = count
            if count == 10_000:
                first = figures["rate"]
            beside = f"**{figures['rate'] / first:.2f}**" if first else ""
            shares = [digits(figures["p50"]), digits(figures["p99"])]
            # With only a few requests, the rate would measure the opening of connections.
            rate = f"{figures['rate']:,.0f}" if count >= 10_000 else ""
            memory = server.memory()
            rows.append([f"{count:,}", rate, beside, *shares, f"{memory:.0f}", f"{memory - idle:.0f}"])
    return Section(
        "Distinct badges",
        "So many static badges, each asked for once, on 32 connections; a line's requests are those that the line "
        "above did not ask. The ratio is to the rate of the first 10,000. `cache-mib` is at its default, so memory "
        f"must stop growing. Before, the server has {idle:.0f} MiB. One run, without a peer: badge-maker caches "
        "nothing.",
        ["badges", "answers/s", "ratio", "p50, µs", "p99, µs", "memory, MiB", "more than before, MiB"],
        rows,
    )


def connections(plan):
    threads, rows = len(os.sched_getaffinity(0)), []
    for count in plan.connections:
        with badge_server(plan, "--threads", str(threads)) as server:
            server.get(CACHED)
            with plain_server(plan, server, CACHED, threads) as plain:
                found = {name: [] for name in ("ours", "plain")}
                for _ in range(plan.rounds):
                    for name, one in (("ours", server), ("plain", plain)):
                        options = {"connections": count, "threads": threads, "seconds": plan.seconds}
                        found[name].append(load(plan, "closed", one, CACHED, **options))
                memory = [f"{server.memory():.0f}", f"{plain.memory():.0f}"]
        rates, p50, p99 = ({name: [turn[key] for turn in turns] for name, turns in found.items()} for key in SHARES)
        rate = [spread(rates["ours"]), ratio(rates["ours"], rates["plain"])]
        rows.append([f"{count:,}", *rate, spread(p50["ours"]), spread(p99["ours"]), spread(p99["plain"]), *memory])
    return Section(
        "Connections",
        "So many connections ask for a package's cached badge, each as soon as it has the last answer, so with more"
        " of them an answer waits for its turn. The ratio is to plain hyper's answers a second. Memory is measured "
        "at the end.",
        ["connections", "answers/s", "ratio", "p50, µs", "p99, µs", "hyper's p99, µs", "memory, MiB", "hyper's, MiB"],
        rows,
    )


def results(plan):
    rows = []
    for count in plan.results:
        folder = make_folder()
        (folder / "plugins.toml").write_text(CONFIG.format(port=upstream_port()))
        took = fill(plan, folder, count)
        with badge_server(plan, folder=folder) as server:
            found = {name: [] for name in QUESTIONS}
            for _ in range(plan.rounds):
                for name, path in QUESTIONS.items():
                    found[name].append(load(plan, "closed", server, path, connections=1, seconds=plan.seconds / 2))
            size = (folder / "data/store.redb").stat().st_size / 1024 / 1024
            shares = [spread([turn["p50"] for turn in turns]) for turns in found.values()]
            worst = spread([turn["p99"] for turn in found["badge"]])
            rows.append([f"{count:,}", *shares, worst, f"{server.memory():.0f}", digits(size), f"{took:.1f}"])
    return Section(
        "Results of a branch",
        "The embedded store has so many results of one branch, one each five minutes, imported by `badgesmith "
        "import`. One connection asks for the badge, which reads the newest result each time, for the chart, which "
        "is drawn anew when a minute is over, and for a page of 100 results. These are times without waiting for "
        "others.",
        ["results", *(f"{name}, p50, µs" for name in QUESTIONS), "badge, p99, µs", *BESIDES],
        rows,
    )


def fill(plan, folder, count):
    """Imports results of a branch, and returns how many seconds it took."""
    now = time.time()
    lines = folder / "results.jsonl"
    with lines.open("w") as file:
        for run in range(count):
            at = now - (count - run) * 300
            arrived = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            fields = {"passed": 190 + run % 7, "failed": int(run % 50 == 7), "skipped": 1, "total": 193}
            fields |= {"platform": "linux", "commit": "11e20f8", "url_html": f"https://example.com/runs/{run}"}
            record = {"run_id": str(run), "run_attempt": 1, "timestamp_ms": int(at * 1000), "fields": fields}
            place = {"owner": "acme", "repo": "tools", "platform": "linux", "branch": "main"}
            line = {"kind": "result", "collection": "test-results", **place, "record": record, "arrived": arrived}
            file.write(json.dumps(line) + "\n")
    began = time.monotonic()
    command = [build.server(plan.profile), "import", "--data", folder / "data"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with lines.open() as file:
        subprocess.run(command, stdin=file, check=True, cwd=folder, **quiet)
    return time.monotonic() - began
