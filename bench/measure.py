"""Taking turns: floor and console answer one after the other, round by round, in one run."""

import gc
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.cases import Case
from bench.visitor import Request, Visitor

WARM_UP = 8
MILLI = 1000.0


@dataclass(slots=True, kw_only=True)
class Pair:
    """What was measured of two that took turns, in milliseconds or in pages a second."""

    floor: list[float] = field(default_factory=list)
    console: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the ratios, pair by pair: what drifts, drifts for both."""
        return median(c / f for f, c in zip(self.floor, self.console, strict=True))

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the ratios."""
        ratios = [c / f for f, c in zip(self.floor, self.console, strict=True)]
        if len(ratios) == 1:
            return ratios[0], ratios[0]
        low, _middle, high = quantiles(ratios, n=4)
        return low, high


def in_turns(case: Case, floor: Visitor, rounds: int) -> Pair:
    """Ask both, `rounds` times after a warm-up; who begins changes from round to round."""
    found = Pair()
    for n in range(WARM_UP + rounds):
        theirs, ours = case.floor(n), case.console(n)
        if n % 2:
            f, c = timed(floor, theirs), timed(case.visitor, ours)
        else:
            c, f = timed(case.visitor, ours), timed(floor, theirs)
        if n >= WARM_UP:
            found.floor.append(f)
            found.console.append(c)
    return found


def timed(visitor: Visitor, request: Request) -> float:
    """Return how many milliseconds the answer took."""
    gc.collect(0)
    begun = time.perf_counter()
    visitor.send(request)
    return (time.perf_counter() - begun) * MILLI


def throughput(visitors: Sequence[Visitor], path: str, seconds: float) -> float:
    """Return how many pages a second that many clients get at once."""
    until = time.perf_counter() + seconds
    counts = [0] * len(visitors)

    def visit(place: int) -> None:
        request = Request(path=path)
        while time.perf_counter() < until:
            visitors[place].send(request)
            counts[place] += 1

    begun = time.perf_counter()
    threads = [threading.Thread(target=visit, args=(n,)) for n in range(len(visitors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)
