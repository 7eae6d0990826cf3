"""Services that a script of their own starts and stops: a web server each."""

import os
import signal
import sys
import urllib.request

from sandbox import wait_until
from stacktop import closed_port, write_config

# Starts a web server in the background, or ends it: what a site's own script does.
SCRIPT = """\
import os, pathlib, signal, subprocess, sys
verb, port, folder = sys.argv[1:]
pid = pathlib.Path(folder, f"{port}.pid")
with open(pathlib.Path(folder, "order"), "a") as order:
    order.write(f"{verb} {port}\\n")
if verb == "start":
    server = subprocess.Popen([sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1", "-d", folder],
                              env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid.write_text(str(server.pid))
elif pid.exists():
    os.kill(int(pid.read_text()), signal.SIGKILL)
    pid.unlink()
elif verb == "status":
    sys.exit("it does not run")
"""


class Service:
    def __init__(self, folder, name):
        self.folder, self.name, self.port = folder, name, closed_port()
        (folder / "control.py").write_text(SCRIPT)

    def command(self, verb):
        return f"{sys.executable} {self.folder}/control.py {verb} {self.port} {self.folder}"

    def entry(self, **more):
        return {"name": self.name, "address": f"127.0.0.1:{self.port}", "health": f"http://127.0.0.1:{self.port}/",
                "runtime": {verb: self.command(verb) for verb in ("start", "stop")}, **more}

    def start(self):
        os.system(self.command("start"))
        wait_until(self.answers, what="the service to answer")

    def pid(self):
        path = self.folder / f"{self.port}.pid"
        return int(path.read_text()) if path.exists() else None

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2).status == 200
        except OSError:
            return False

    def end(self):
        if self.pid():
            os.kill(self.pid(), signal.SIGKILL)


def configured(folder, *entries, **more):
    return write_config(folder, services=list(entries), interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"), **more)


def order(folder, *services):
    """What was done to these, in turn: ["stop api", ...]."""
    path = folder / "order"
    names = {str(service.port): service.name for service in services}
    words = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [f"{verb} {names[port]}" for verb, port in words if port in names and verb != "status"]
