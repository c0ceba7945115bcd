"""Figures as the page shows them: the median of all rounds, and in brackets the least and the greatest."""

import dataclasses
import statistics


@dataclasses.dataclass
class Section:
    """A table of the page. `words` says what its lines mean, in Markdown."""

    title: str
    words: str
    head: list
    rows: list


def digits(value):
    """Three significant digits, with commas between thousands."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values):
    """The median of a figure in all rounds, and its least and greatest."""
    return f"{digits(statistics.median(values))} ({digits(min(values))}–{digits(max(values))})"


def ratio(over, under):
    """The ratio of two figures of the same round, of all rounds."""
    ratios = [one / other for one, other in zip(over, under)]
    return f"**{statistics.median(ratios):.2f}** ({min(ratios):.2f}–{max(ratios):.2f})"
