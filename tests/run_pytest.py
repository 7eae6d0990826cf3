#!/usr/bin/python3
"""Runs pytest for ctest: the exit status 77 says that something could not run here.

    run_pytest.py FILE [pytest arguments]

A file of which a test was skipped counts as skipped, never as passed; the reasons are the lines that
begin with SKIPPED, which `./run test` shows at its end. No test at all is a failure.
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
