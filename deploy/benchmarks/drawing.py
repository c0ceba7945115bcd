"""The time of drawing one badge, beside the crate shields, badge-maker, and usvg with resvg."""

import subprocess

import build
from figures import Section, ratio, spread
from processes import HERE

STYLES = ["flat", "flat-square", "plastic", "for-the-badge", "social"]
# The styles that the crate shields and badge-maker are compared in.
PEERS = STYLES[:4]
# How many rounds node gets to compile what it runs often.
WARM_UP = 25


def sections(plan):
    """SVG and PNG."""
    rows = {row["name"]: row["nanoseconds"] for row in build.bench(plan.profile, "badgesmith-renderer", "draw")}
    rounds = len(rows["svg flat"])
    maker = badge_maker(rounds)
    svg = []
    for style in PEERS:
        ours, shields = rows[f"svg {style}"], rows[f"shields {style}"]
        theirs = maker.get(style)
        beside = [spread(theirs), ratio(theirs, ours)] if theirs else ["", ""]
        svg.append([style, spread(ours), spread(shields), ratio(shields, ours), *beside])
    png = []
    for style in STYLES:
        ours, resvg = rows[f"png {style}"], rows[f"resvg {style} outlines"]
        png.append([style, spread(in_microseconds(ours)), spread(in_microseconds(resvg)), ratio(resvg, ours)])
    return [
        Section(
            "Drawing an SVG",
            f"One line is one badge, `build | passing`, drawn in a loop on one thread in {rounds} short rounds. The ratio "
            "says how many times as fast as the peer BadgeSmith is: above 1 it is faster. badge-maker's rounds come "
            "after the others'.",
            ["style", "BadgeSmith, ns", "crate shields, ns", "ratio", "badge-maker, ns", "ratio"],
            svg,
        ),
        Section(
            "Drawing a PNG",
            "The same badge at scale 1. The peer is usvg and resvg, which parse and draw the SVG with outlines that"
            " BadgeSmith made, so that both draw the same picture, and which have no fonts to search for.",
            ["style", "BadgeSmith, µs", "usvg and resvg, µs", "ratio"],
            png,
        ),
    ]


def in_microseconds(nanoseconds):
    return [value / 1000 for value in nanoseconds]


def badge_maker(rounds):
    """The nanoseconds of a badge in each style and round; nothing without node."""
    maker = build.badge_maker()
    if not maker:
        return {}
    asked = [style for _ in range(WARM_UP + rounds) for style in PEERS]
    command = ["node", HERE / "badge_maker.mjs", maker[0], "draw"]
    done = subprocess.run(command, check=True, input="\n".join(asked) + "\n", stdout=subprocess.PIPE, text=True)
    times = [float(line) for line in done.stdout.split()]
    return {style: times[place :: len(PEERS)][WARM_UP:] for place, style in enumerate(PEERS)}
