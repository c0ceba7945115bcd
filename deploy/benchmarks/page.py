"""docs/benchmarks.md."""

import textwrap

HEAD = """# Benchmarks

How fast BadgeSmith is beside other software of its kind, on one machine. This page is written by a command:

```sh
.ci/tools build benchmarks
python3 deploy/benchmarks            # about 15 minutes, once everything is built
python3 deploy/benchmarks --short    # about 2 minutes
```

Figures are the median of all rounds, {rounds} unless a section says another number, and in brackets the least and the
greatest of them. The sides of a pair are measured in turn, round by round, and a ratio is of the same round. Clients
and servers are on the same machine and connect over loopback, so they take processor time from each other, and the
network costs less than a real one.
"""

TAIL = """## Instructions

CI measures no times. It counts the instructions of hot paths by callgrind, and fails if one of them grew more than 5 %
over `deploy/benchmarks/instructions.toml`:

```sh
python3 deploy/benchmarks instructions             # compares
python3 deploy/benchmarks instructions --update    # writes the new baseline
```
"""

NOT_MEASURED = [
    "A network: latency of a real connection, TLS, HTTP/2, and what a proxy in front of the server adds.",
    "shields.io's own server, which needs services of its own; badge-maker is the part of it that draws.",
    "A badge that is not cached: its time is that of its upstream.",
    "DynamoDB, and stores on slow disks.",
]


def table(head, rows):
    """A table of Markdown, with figures at the right."""
    columns = list(zip(*rows))
    marks = ["---:" if any(cell[:1].isdigit() for cell in column) else "---" for column in columns]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, marks, *rows])


def fill(words):
    """A paragraph in lines of at most 120 characters."""
    return textwrap.fill(words, 120, break_long_words=False, break_on_hyphens=False)


def write(file, facts, sections, plan, left_out, took):
    """Writes the page."""
    parts = [HEAD.format(rounds=plan.rounds)]
    kind = "short" if plan.is_short else "whole"
    parts.append(f"## What it was measured on\n\n{table(['what', 'which'], facts)}\n")
    parts.append(f"This is the {kind} measurement, which took {int(took) // 60} min {int(took) % 60:02} s.\n")
    for section in sections:
        parts.append(f"## {section.title}\n\n{fill(section.words)}\n\n{table(section.head, section.rows)}\n")
    missing = NOT_MEASURED + plan.missing
    missing += [f"The sections of `{name}`, which were left out by `--only`." for name in left_out]
    listed = "\n".join(fill(f"- {line}").replace("\n", "\n  ") for line in missing)
    parts.append(f"## What was not measured\n\n{listed}\n")
    parts.append(TAIL)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(parts))
