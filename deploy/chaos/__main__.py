"""Runs a server while its upstreams, its store, its disk and its clock fail at random, and checks what it promises.

    python3 deploy/chaos [--binary FILE] [--store embedded|dynamodb] [--seconds 40] [--schedules 1] [--seed N] [--list]

A schedule is generated from a seed: it says which fault begins when and how long it lasts; `--list` prints it. While it
runs, builds send reports, readers request badges, and a prober requests the health checks; promises.py has the
invariants. After the last fault everything must work again without a restart. The first broken invariant is printed
with its seed, and `--seed` runs that schedule again.

The embedded store is on a small disk of its own, which needs root or a user namespace. For DynamoDB, run this with
.ci/peers, which sets BADGESMITH_DYNAMODB and BADGESMITH_SECRETS_MANAGER; the faults are injected between DynamoDB and
the server.
"""

import argparse
import pathlib
import random
import sys
import tempfile

from schedule import Schedule
from stage import DynamoStage, EmbeddedStage
from trial import Trial

ROOT = pathlib.Path(__file__).resolve().parents[2]
STAGES = {"embedded": EmbeddedStage, "dynamodb": DynamoStage}


def main():
    options = argparse.ArgumentParser(prog="chaos")
    options.add_argument("--binary", default=str(ROOT / "target/release/badgesmith"))
    options.add_argument("--store", choices=STAGES, default="embedded")
    options.add_argument("--seconds", type=float, default=40, help="how long faults are made in each schedule")
    options.add_argument("--schedules", type=int, default=1)
    options.add_argument("--seed", type=int)
    options.add_argument("--list", action="store_true", help="only print the schedules")
    given = options.parse_args()
    first = random.randrange(1_000_000) if given.seed is None else given.seed
    for seed in range(first, first + given.schedules):
        stage = STAGES[given.store]
        schedule = Schedule.of(seed, stage.FAULTS, given.seconds)
        print(f"seed {seed}, {given.store}:", schedule, flush=True)
        if given.list:
            continue
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            trial = Trial(stage(pathlib.Path(folder), pathlib.Path(given.binary).resolve()), schedule)
            broken = trial.run()
            print(f"  {trial.tally()}", flush=True)
            if broken:
                print("".join(f"  BROKEN: {line}\n" for line in broken[:10]) + trial.stage.last_log())
                again = f"--store {given.store} --seconds {given.seconds:g} --seed {seed}"
                sys.exit(f"an invariant is broken; once more: python3 deploy/chaos {again}")


main()
