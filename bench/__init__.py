"""Figures of `docs/performance.md`: the console beside a floor of bare SQL, in one run."""
