"""Answers a second over HTTP, beside plain hyper with the same bytes and badge-maker behind node."""

import contextlib
import os

from figures import Section, ratio, spread
from processes import CACHED, CACHED_PNG, STATIC, badge_server, load, node_server, plain_server

KINDS = {"a package's badge, cached": CACHED, "a static badge": STATIC, "a package's badge as PNG, cached": CACHED_PNG}


def sections(plan):
    """One table, with the rows of one thread and those of all processors."""
    processors = len(os.sched_getaffinity(0))
    rows = [row for threads in sorted({1, processors}) for row in with_threads(plan, threads)]
    return [
        Section(
            "Answers over HTTP",
            "One line is one address, which 32 connections ask for, each as soon as it has the last answer. Plain "
            "hyper sends the same bytes without finding out which, so its ratio says how much of that BadgeSmith "
            "reaches: 1 would be all. badge-maker draws each badge anew behind node's `http`; with more threads it "
            "is so many processes. The client has as many threads as the servers, and shares the processors with "
            "them.",
            ["what", "threads", "BadgeSmith, answers/s", "plain hyper, answers/s", "ratio", "node, answers/s", "ratio"],
            rows,
        )
    ]


def with_threads(plan, threads):
    for kind, path in KINDS.items():
        with contextlib.ExitStack() as stack:
            ours = stack.enter_context(badge_server(plan, "--threads", str(threads)))
            ours.get(path)
            servers = {"badgesmith": ours, "hyper": stack.enter_context(plain_server(plan, ours, path, threads))}
            # badge-maker has no PNG.
            node = None if path.endswith(".png") else node_server(threads)
            if node:
                servers["node"] = stack.enter_context(node)
            rates = {name: [] for name in servers}
            for turn in range(plan.rounds + 1):
                for name, server in servers.items():
                    figures = load(plan, "closed", server, path, threads=threads, seconds=plan.seconds)
                    # The first turn warms up caches and node's compiler.
                    if turn > 0:
                        rates[name].append(figures["rate"])
            for name, found in rates.items():
                plan.rates[kind, name] = sorted(found)[len(found) // 2]
        beside = [spread(rates["node"]), ratio(rates["badgesmith"], rates["node"])] if node else ["", ""]
        hyper = [spread(rates["hyper"]), ratio(rates["badgesmith"], rates["hyper"])]
        yield [kind, str(threads), spread(rates["badgesmith"]), *hyper, *beside]
