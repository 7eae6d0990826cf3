"""Prints figures as a table, each with its peer and its target."""

import statistics


def median(values):
    return statistics.median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, value, target="", peer="", holds=None):
        """holds: whether the target is met; None if there is none. Prints each line at once, so that a long run shows
        its progress."""
        mark = {True: "ok", False: "MISSED", None: ""}[holds]
        self.rows.append((what, value, target, peer, mark))
        print(f"{what:44} {value:>16}  {target:18} {mark:7} {peer}", flush=True)

    @property
    def missed(self):
        return [row[0] for row in self.rows if row[4] == "MISSED"]
