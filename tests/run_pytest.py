#!/usr/bin/python3
"""Runs pytest for ctest. Exit status 77 means that a test was skipped.

    run_pytest.py FILE [pytest arguments]

A file with a skipped test counts as skipped, never as passed. The reasons are the lines that begin with
SKIPPED; `./run test` shows them at its end. A file without tests is a failure.
"""

import sys

sys.dont_write_bytecode = True  # the checkout stays as it is

import pytest  # noqa: E402


class Count:
    skipped = 0

    def pytest_runtest_logreport(self, report):
        self.skipped += report.skipped

    def pytest_collectreport(self, report):
        self.skipped += report.skipped


def main():
    count = Count()
    arguments = ["-p", "no:cacheprovider", "-rs", "-q", "--durations=3", "--tb=short", *sys.argv[1:]]
    status = pytest.main(arguments, plugins=[count])
    nothing_ran = status == pytest.ExitCode.NO_TESTS_COLLECTED and count.skipped
    return 77 if count.skipped and (status == 0 or nothing_ran) else int(status)


if __name__ == "__main__":
    sys.exit(main())
