"""Drivers and a history server of Spark of the test's own."""

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from sandbox import wait_until
import versions  # noqa: F401 (it makes the sandbox importable)
from stack import jars, spark
from stack.part import Absent
from stacktop import closed_port

START_SECONDS = 180


def package(folder):
    try:
        return spark.get(folder / "spark.log")
    except Absent as reason:
        pytest.skip(str(reason))


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


class Driver:
    """An application with its driver; see spark_app.py."""

    def __init__(self, folder, name, kind, seconds=0, events="", port=None):
        installed = package(folder)
        self.port, self.name = port or closed_port(), name
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(folder / f"{name}.log", "ab")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("spark_app.py")), str(self.port), name, kind, str(seconds), events],
            env=spark.environment(installed), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, cwd=folder)

    def wait(self):
        """Until the orders so far are done."""
        word = self.process.stdout.readline().decode().strip()
        assert word, f"the driver of {self.name} has ended"
        return word

    def order(self, order):
        self.process.stdin.write(f"{order}\n".encode())
        self.process.stdin.flush()
        assert self.wait() == order.partition(" ")[0]

    def __enter__(self):
        assert self.wait() == "ready"
        wait_until(lambda: answers(f"{self.url}/api/v1/applications"), START_SECONDS, "the API of the driver")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


class History:
    """A history server of that folder of event logs."""

    def __init__(self, folder, events):
        installed = package(folder)
        self.port = closed_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = (f"-Dspark.history.fs.logDirectory={events}", f"-Dspark.history.ui.port={self.port}",
                   "-Dspark.history.fs.update.interval=1s",
                   "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.nio=ALL-UNNAMED",
                   "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED")
        self.log = open(folder / "history.log", "ab")
        self.process = subprocess.Popen(
            jars.command(installed / "deps/jars", "org.apache.spark.deploy.history.HistoryServer", heap="-Xmx400m",
                         options=options),
            env=spark.environment(installed), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=folder)

    def __enter__(self):
        wait_until(lambda: answers(f"{self.url}/api/v1/applications"), START_SECONDS, "the history server")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
