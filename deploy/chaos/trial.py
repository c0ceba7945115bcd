"""One schedule with its builds, readers and prober."""

import collections
import random
import threading
import time

import promises
from client import ask, report
from stage import SECRET

BRANCHES = 3
READERS = 3
# How long the recovery of everything may take after the last fault, in seconds: a circuit breaker is open for 60.
RECOVERY = 80


class Trial:
    """Runs a schedule on a stage, and collects the broken invariants."""

    def __init__(self, stage, schedule):
        self.stage, self.schedule = stage, schedule
        self.broken = stage.broken
        self.is_over = threading.Event()
        self.sent = dict.fromkeys(range(BRANCHES), 0)
        self.acknowledged = dict.fromkeys(range(BRANCHES), 0)
        self.counts = collections.Counter()
        self.longest = 0.0
        self.refused_since = self.taken_since = None

    def run(self):
        """The invariants that were broken."""
        self.stage.start()
        threads = [threading.Thread(target=self.build, args=(branch,)) for branch in range(BRANCHES)]
        threads += [threading.Thread(target=self.read, args=(number,)) for number in range(READERS)]
        threads += [threading.Thread(target=self.probe)]
        for thread in threads:
            thread.start()
        try:
            self.make_faults()
            if not self.broken:
                self.recover()
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()
            if not self.broken:
                self.compare()
            self.stage.close()
        return self.broken

    def make_faults(self):
        """Begins and ends each fault at its time."""
        moments = [(fault.begins, True, fault) for fault in self.schedule.faults]
        moments += [(fault.begins + fault.lasts, False, fault) for fault in self.schedule.faults]
        began = time.monotonic()
        for moment, begins, fault in sorted(moments, key=lambda row: row[:2]):
            while not self.broken and time.monotonic() < began + moment:
                time.sleep(0.05)
            (self.stage.begin if begins else self.stage.mend)(fault)
            if self.broken:
                return

    def asked(self, path, longest=promises.LONGEST, **more):
        """Sends a request and checks the invariants of its answer; None if the server was not running all the time."""
        epoch = self.stage.process.epoch
        answer = more.pop("by", ask)(self.stage.process.port, *more.pop("about", [path]), **more)
        if epoch % 2 or epoch != self.stage.process.epoch:
            return None
        self.counts[answer.status] += 1
        self.longest = max(self.longest, answer.took)
        if answer.fault:
            self.breaks(f"{path}: {answer.fault} after {answer.took:.1f} s")
            return None
        if answer.took > longest:
            self.breaks(f"{path} took {answer.took:.1f} s")
        fault = promises.form(answer, path)
        if fault:
            self.breaks(fault)
            return None
        return answer

    def breaks(self, line):
        self.broken.append(line)

    def build(self, branch):
        """Reports one run after the other, each until it is recorded."""
        run, tried = 1, False
        while not self.is_over.is_set():
            self.sent[branch] = run
            answer = self.asked(f"report {run}", by=report, about=[SECRET, f"b{branch}", run])
            if answer is None or answer.status not in (201, 409):
                self.taken_since = None
            if answer is None:
                tried = True
            elif answer.status == 201 or answer.status == 409 and tried:
                self.acknowledged[branch] = run
                run, tried = run + 1, False
                self.refused_since = None
                self.taken_since = self.taken_since or time.monotonic()
            elif answer.status == 503:
                # If the store is a service, the answer of a transaction may be lost.
                tried = True
                self.refused_since = self.refused_since or time.monotonic()
            elif not (answer.status == 400 and self.clock_may_be_wrong(answer)):
                self.breaks(f"report {run} of b{branch}: {answer.status} {answer.body[:200]!r}")
            self.is_over.wait(0.05)

    def clock_may_be_wrong(self, answer):
        return promises.code(answer) == "INVALID_TIMESTAMP" and "clock" in str(self.schedule)

    def read(self, number):
        """Requests badges of the upstream and of results, in all formats."""
        dice = random.Random(number)
        while not self.is_over.is_set():
            ending = dice.choice(["", ".svg", ".png"])
            project = dice.randrange(8)
            path = f"/badges/ticking/p{project}{ending}"
            answer = self.asked(path)
            if answer and ending != ".png" and not self.stage.clock_is_moved:
                self.note(promises.too_old(answer, path))
            self.read_results(dice.randrange(BRANCHES), dice.choice(["", ".svg"]))
            self.asked("/badge/build-passing-brightgreen" + ending, longest=promises.LONGEST_OF_HEALTH)
            self.is_over.wait(0.02)

    def read_results(self, branch, ending):
        least = self.acknowledged[branch]
        path = f"/badges/tests/linux/acme/tools/b{branch}{ending}"
        answer = self.asked(path)
        if answer is None:
            return
        shown, most = promises.count(answer), self.sent[branch]
        if shown is not None and not least <= shown <= most:
            self.breaks(f"{path} shows {shown}, and {least} was acknowledged before, {most} sent")
        elif shown is None and answer.status == 404 and least:
            self.breaks(f"{path} shows nothing, and {least} was acknowledged before")

    def note(self, fault):
        if fault:
            self.breaks(fault)

    def probe(self):
        """Requests the health checks, and compares them with the outcomes of the builds' reports."""
        # Since when the server is not ready: at the beginning of an outage no build's report has failed yet.
        unready_since = None
        while not self.is_over.is_set():
            live = self.asked("/health/live", longest=promises.LONGEST_OF_HEALTH)
            if live and live.status != 200:
                self.breaks(f"/health/live says {live.status}")
            refused, taken = self.refused_since, self.taken_since
            now = time.monotonic()
            ready = self.asked("/health/ready")
            if ready and ready.status == 200 and refused and now - refused > 15 and refused == self.refused_since:
                self.breaks(f"/health/ready says 200, and reports are refused for {now - refused:.0f} s")
            unready_since = (unready_since or now) if ready and ready.status == 503 else None
            if unready_since and taken and now - max(taken, unready_since) > 15 and taken == self.taken_since:
                self.breaks(f"/health/ready says {ready.body!r} for 15 s, and reports are taken for {now - taken:.0f} s")
            if not self.stage.process.epoch % 2:
                try:
                    memory = self.stage.process.memory()
                except OSError:
                    memory = 0
                if memory > promises.LARGEST_MEMORY:
                    self.breaks(f"the server has {memory >> 20} MiB")
            self.is_over.wait(0.25)

    def recover(self):
        """Waits until everything works again."""
        ends = time.monotonic() + RECOVERY
        lacks = "something"
        while lacks and time.monotonic() < ends and not self.broken:
            time.sleep(0.5)
            lacks = self.lacks()
        if lacks:
            self.breaks(f"{RECOVERY} s after the last fault: {lacks}")

    def lacks(self):
        """What does not work yet."""
        before = dict(self.acknowledged)
        time.sleep(1.5)
        if any(self.acknowledged[branch] == before[branch] for branch in before):
            return "reports are not recorded"
        ready = ask(self.stage.process.port, "/health/ready")
        if ready.status != 200:
            return f"/health/ready says {ready.status} {ready.body!r}"
        for project in range(8):
            answer = ask(self.stage.process.port, f"/badges/ticking/p{project}")
            seconds = promises.age(answer) if answer.status == 200 else None
            if seconds is None or seconds > 2 + promises.SLACK:
                return f"the badge of p{project} shows {answer.status} {answer.body!r}, {seconds} s old"
        return None

    def compare(self):
        """Every acknowledged run is in the history, and no run is in it twice."""
        for branch in range(BRANCHES):
            runs, page = [], f"/api/history/tests/linux/acme/tools/b{branch}?last=100"
            where = page
            while where:
                found = ask(self.stage.process.port, where)
                if found.status != 200:
                    self.breaks(f"{where} says {found.status} {found.body[:200]!r}")
                    break
                runs += [int(item["run_id"]) for item in found.json()["items"]]
                after = found.json().get("next")
                where = f"{page}&after={after}" if after else None
            lost = set(range(1, self.acknowledged[branch] + 1)) - set(runs)
            twice = [run for run, times in collections.Counter(runs).items() if times > 1]
            if lost or twice:
                self.breaks(f"b{branch}: lost are {sorted(lost)[:9]}, twice there are {twice[:9]}")

    def tally(self):
        """One line about what was asked."""
        statuses = ", ".join(f"{count} of {status or 'no answer'}" for status, count in sorted(self.counts.items()))
        return f"{sum(self.acknowledged.values())} reports recorded; answers: {statuses}; the slowest {self.longest:.1f} s"
