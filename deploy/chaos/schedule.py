"""A schedule of faults, generated from a seed."""

import dataclasses
import random

# How long no new fault begins at the end of a schedule, in seconds.
QUIET = 6


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault: its kind, when it begins and how long it lasts in seconds, and a number that its kind interprets."""

    kind: str
    begins: float
    lasts: float
    size: float

    def __str__(self):
        return f"{self.begins:.1f}+{self.lasts:.1f} {self.kind}"


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The faults of one run in their order. Faults of the same part of the stage do not overlap."""

    faults: tuple
    seconds: float

    @classmethod
    def of(cls, seed, kinds, seconds):
        """The schedule of a seed. `kinds` has the kinds of faults for each part, such as the upstream or the store."""
        faults = []
        for part in sorted(kinds):
            dice = random.Random(f"{seed} {part}")
            now = dice.uniform(1, 5)
            while now < seconds - QUIET:
                lasts = min(dice.choice([0.2, 1, 3, 6]) * dice.uniform(0.5, 1.5), seconds - QUIET / 2 - now)
                faults.append(Fault(dice.choice(kinds[part]), now, lasts, dice.random()))
                now += lasts + dice.uniform(0.5, 6)
        return cls(tuple(sorted(faults, key=lambda fault: fault.begins)), seconds)

    def __str__(self):
        return ", ".join(map(str, self.faults))
