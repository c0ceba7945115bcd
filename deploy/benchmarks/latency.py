"""Latency while requests arrive at half of the rate that a server can answer."""

import contextlib
import os

import serving
from figures import Section, ratio, spread
from processes import badge_server, load, node_server, plain_server

# In microseconds.
SHARES = ["p50", "p99", "p999"]


def sections(plan):
    """One table, with a row for each address and server."""
    if not plan.rates:
        serving.sections(plan)
    threads = len(os.sched_getaffinity(0))
    rows = []
    for kind, path in serving.KINDS.items():
        with contextlib.ExitStack() as stack:
            ours = stack.enter_context(badge_server(plan, "--threads", str(threads)))
            ours.get(path)
            half = plan.rates[kind, "badgesmith"] / 2
            servers = {
                "BadgeSmith": (ours, half),
                "plain hyper": (stack.enter_context(plain_server(plan, ours, path, threads)), half),
            }
            if (kind, "node") in plan.rates:
                servers["node"] = (stack.enter_context(node_server(threads)), plan.rates[kind, "node"] / 2)
            found = {name: [] for name in servers}
            for turn in range(plan.rounds + 1):
                for name, (server, rate) in servers.items():
                    figures = load(plan, "open", server, path, rate=rate, seconds=2 * plan.seconds)
                    # The first turn warms up.
                    if turn > 0:
                        found[name].append(figures)
        mine = [figures["p99"] for figures in found["BadgeSmith"]]
        for name, (_, rate) in servers.items():
            shares = [spread([figures[share] for figures in found[name]]) for share in SHARES]
            beside = "" if name == "BadgeSmith" else ratio([figures["p99"] for figures in found[name]], mine)
            rows.append([kind, name, f"{rate:,.0f}", *shares, beside])
    return [
        Section(
            "Latency at half load",
            "Requests arrive at half of the rate that was measured above on all processors, on 32 connections, and "
            "do not wait for the answers to others. The latency of a request counts from the moment when it was "
            "due, so a pause of the server delays all that arrive meanwhile. It includes the time until the "
            "client's thread is woken. Half of the answers took at most p50, 99 % at most p99, 99.9 % at most "
            "p99.9. Plain hyper gets BadgeSmith's rate, node half of its own. The ratio is the peer's p99 over "
            "BadgeSmith's: above 1 BadgeSmith is faster.",
            ["what", "server", "requests/s", "p50, µs", "p99, µs", "p99.9, µs", "ratio of p99"],
            rows,
        )
    ]
