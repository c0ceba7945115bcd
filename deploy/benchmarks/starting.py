"""The time from the start of a process to its first answer, and the sizes of what is shipped."""

import os
import time

import build
from figures import Section, digits, ratio, spread
from processes import STATIC, badge_server, node_server


def sections(plan):
    """The server's start, the Lambda function's, and the sizes."""
    found = [server(plan), sizes(plan)]
    if plan.is_short or not build.package():
        plan.missing.append("The cold start of the Lambda function, which a measurement without `--short` has.")
        return found
    return [found[0], function(plan), found[1]]


def started(make):
    """Milliseconds from the start of a server to its first answer."""
    began = time.monotonic()
    with make() as one:
        one.get(STATIC)
        return (time.monotonic() - began) * 1000


def server(plan):
    kinds = {
        "BadgeSmith, two plugins": lambda: badge_server(plan),
        "BadgeSmith, all plugins": lambda: badge_server(plan, config=build.ROOT / "plugins.toml"),
    }
    if build.badge_maker():
        kinds["badge-maker behind node"] = lambda: node_server(1)
    times = {kind: [] for kind in kinds}
    # The first turn loads the files into the page cache.
    for turn in range(plan.starts + 1):
        for kind, make in kinds.items():
            took = started(make)
            if turn > 0:
                times[kind].append(took)
    node = times.get("badge-maker behind node")
    beside = {kind: ratio(node, taken) if node and node is not taken else "" for kind, taken in times.items()}
    rows = [[kind, spread(taken), beside[kind]] for kind, taken in times.items()]
    return Section(
        "Start of the server",
        f"Until a static badge was answered, {plan.starts} starts of each. All plugins are those of `plugins.toml`, "
        "each of which is read, checked and opened. The ratio says how many times as fast as badge-maker behind "
        "node it starts.",
        ["server", "ms", "ratio"],
        rows,
    )


def function(plan):
    """The benchmark of deploy/lambda, which compares the function with a minimal one of lambda_http."""
    package, _ = build.package()
    rows = build.bench(plan.profile, "badgesmith-lambda", "cold", BADGESMITH_PACKAGE=str(package))
    smallest = next(row["first"] for row in rows if row["name"] == "smallest function")
    return Section(
        "Cold start of the Lambda function",
        "From the start of the process to the answer of its first event, with AWS's interface emulated on loopback."
        " The ratio is the time over that of the smallest function that lambda_http makes, which answers `ok` to "
        "everything: 1 would be as fast. Then the same request once more, and the most memory that was resident.",
        ["first request", "first answer, ms", "ratio", "second answer, ms", "memory, MiB"],
        [
            [
                row["name"],
                spread(row["first"]),
                ratio(row["first"], smallest),
                spread(row["warm"]),
                spread([kib / 1024 for kib in row["resident"]]),
            ]
            for row in rows
        ],
    )


def sizes(plan):
    profile = plan.profile
    server_size = os.stat(build.server(profile)).st_size
    plugins = (build.folder(profile) / "deps").glob("libbadgesmith_provider_*.so")
    libraries = sum(file.stat().st_size for file in plugins)
    rows = [
        [f"`badgesmith`, profile `{profile}`", digits(server_size / 1e6)],
        ["the native plugins' libraries", digits(libraries / 1e6)],
    ]
    if package := build.package():
        rows.append(["the Lambda package, zipped", f"{package[1].stat().st_size / 1e6:.2f}"])
    return Section("Size", "On disk, in millions of bytes.", ["what", "MB"], rows)
