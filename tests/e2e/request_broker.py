"""A broker of a test's own that logs each request, with its client, its API and the time that it took. For a test or a bench that
counts what a client costs; the sandbox's broker logs nothing of the kind."""

import contextlib
import re
import subprocess
import sys
import time
from collections import Counter

from stacktop import ROOT, closed_port

sys.path.insert(0, str(ROOT / "sandbox"))

from stack import jars  # noqa: E402
from stack.commands import TOOLS  # noqa: E402
from stack.kafka import HOST, LOGGING, Kafka  # noqa: E402

REQUEST = re.compile(r'"clientId":"([^"]*)".*?"requestApiKeyName":"(\w+)".*"totalTimeMs":([\d.]+).*"localTimeMs":([\d.]+)')


class Place:
    """What a part of the sandbox asks of its state."""

    closed = False

    def __init__(self, folder):
        self.folder, self.ports = folder, {"port": closed_port(), "controller_port": closed_port()}

    def part(self, _):
        return self.ports

    def port(self, _):
        return self.ports["port"]

    @staticmethod
    def keep(_, make):
        return make(None)


class Broker:
    def __init__(self, folder):
        self.part = Kafka(Place(folder))
        self.part.folder.mkdir(parents=True)
        self.part.log.parent.mkdir(parents=True, exist_ok=True)
        self.log = self.part.log
        self.bootstrap = f"{HOST}:{self.part.port}"

    @contextlib.contextmanager
    def running(self):
        self.part.prepare()
        argv = self.part.command()
        argv[1:1] = ["-Dorg.slf4j.simpleLogger.log.kafka.request.logger=debug"]
        with open(self.log, "a", encoding="utf-8") as log:
            process = subprocess.Popen(argv, cwd=self.part.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 180
            while True:
                with contextlib.suppress(Exception):
                    self.part.answers()
                    break
                assert process.poll() is None and time.monotonic() < deadline, self.log.read_text(errors="replace")[-2000:]
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait()

    def tool(self, name, *arguments):
        argv = jars.command(self.part.jars, TOOLS[name], "--bootstrap-server", self.bootstrap, *arguments,
                            options=LOGGING)
        start = time.perf_counter()
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return (time.perf_counter() - start) * 1000

    @contextlib.contextmanager
    def counted(self, client=None):
        """Yields a Counter by API that is filled at the end, with the broker's milliseconds as `ms`: of the requests of
        that client, or of all that stacktop does not make."""
        found = Counter()
        start = self.log.stat().st_size
        yield found
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(start)
            for line in log:
                request = REQUEST.search(line)
                if request and (request[1] == client if client else not self.is_of_others(request[1])):
                    found[request[2]] += 1
                    found["ms"] += float(request[4])

    @staticmethod
    def is_of_others(client):
        """stacktop's, the broker's own, and those of the sandbox's checks."""
        return client.startswith(("bench-", "stacktop", "rdkafka")) or client in ("", "1")
