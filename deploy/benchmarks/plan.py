"""How long and how often everything is measured, and the results that one part passes to the next."""

import dataclasses


@dataclasses.dataclass
class Plan:
    """The full measurement takes about 15 minutes, the short one 2."""

    is_short: bool
    profile: str
    # How often each pair is measured, one side after the other, so that a slow phase of the machine affects both.
    rounds: int
    # How long a round is, in seconds.
    seconds: float
    starts: int
    distinct: tuple
    connections: tuple
    results: tuple
    # What is not measured here, and why: sentences.
    missing: list = dataclasses.field(default_factory=list)
    # Answers a second for each (kind of request, server), on all processors. Latency is measured at half of this rate.
    rates: dict = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, is_short, profile):
        counts, connections = (1, 100, 10_000, 100_000), (1, 10, 100, 1000)
        if is_short:
            return cls(True, profile, 3, 0.5, 7, counts, connections, counts[:-1])
        return cls(False, profile, 7, 2, 21, (*counts, 1_000_000), connections, counts)
