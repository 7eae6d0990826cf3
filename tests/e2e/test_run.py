"""`./run`: what it prints, what it starts, and that it leaves nothing running, however it ends. Uses the real script
with stand-ins for what it calls (cmake, the servers, the dashboard), so that each way to end takes a second."""

import os
import shutil
import signal
import subprocess

import pytest

from stacktop import ROOT
from terminal import Terminal, environment

STANDINS = {
    # Builds a dashboard that reads keys, and has a verdict.
    "bin/cmake": """
        mkdir -p build/release
        cat >build/release/stacktop <<'END'
        #!/bin/bash
        [[ $1 == check ]] && echo "verdict of $3" && { grep host.load "$3"; exit 2; }
        echo "dashboard on $2"
        while read -rn1 key; do [[ $key == q ]] && exit 0; done
        exit 9
        END
        chmod +x build/release/stacktop
        [[ ${BREAK-} != build ]] || { echo "src/a.c:1: error: what is wrong"; exit 1; }
        """,
    "sandbox/up": """
        mkdir -p "$2"
        trap 'exit 1' TERM INT HUP
        sleep 1000 </dev/null >/dev/null 2>&1 &
        echo $! >"$2/server.new" && mv "$2/server.new" "$2/server"
        [[ ! ${SLOW-} ]] || { exec {never}<> <(:); read -r -t 1000 -u "$never"; } # no child that could be left
        touch "$2/state.json"
        echo thresholds: >"$2/stacktop.yaml"
        [[ ${BREAK-} != sandbox ]] || { echo "no java here"; exit 1; }
        """,
    "sandbox/down": """
        pid=$(cat "$2/server")
        kill "$pid" && rm -f "$2/server" "$2/state.json"
        while read -r _ _ state _ <"/proc/$pid/stat" && [[ $state != Z ]]; do sleep 0.01; done 2>/dev/null
        """,
    "sandbox/ctl": """
        [[ -e $2/server ]] || exit 1
        echo "redis      up       port 1      pid 2"
        [[ ! ${WITHOUT-} ]] || echo "kafka      absent   port 3      pid -        $WITHOUT"
        """,
}


class Checkout:
    def __init__(self, folder):
        self.folder = folder
        (folder / "packages").mkdir()
        for name in ("run", "packages/install", "packages/build.txt"):
            shutil.copy2(ROOT / name, folder / name)
        (folder / "sandbox").mkdir()
        (folder / "sandbox/packages.txt").write_text("# none\n")
        for name, body in STANDINS.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            lines = [line[8:] if line.startswith(" " * 8) else line for line in body.strip("\n").split("\n")]
            path.write_text("#!/bin/bash\n" + "\n".join(lines) + "\n")
            path.chmod(0o755)
        self.env = {"PATH": f"{folder}/bin:/usr/bin:/bin"}

    def start(self, *arguments, **env):
        return Terminal(["./run", *arguments], cwd=self.folder, env={**self.env, **env})

    def run(self, *arguments, **env):
        return subprocess.run(["./run", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=30, check=False,
                              env=environment("dumb", {**self.env, **env}))

    @property
    def server(self):
        """Whether a server of the sandbox runs."""
        try:
            pid = int((self.folder / "build/sandbox/server").read_text())
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return True


@pytest.fixture
def checkout(tmp_path):
    checkout = Checkout(tmp_path)
    yield checkout
    if checkout.server:
        os.kill(int((tmp_path / "build/sandbox/server").read_text()), signal.SIGKILL)


def test_the_dashboard_and_back(checkout):
    with checkout.start() as terminal:
        terminal.wait_for("dashboard on " + str(checkout.folder)[:20])
        assert checkout.server
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
        terminal.assert_given_back()
        assert "stopping the sandbox" in terminal.screen.text
    assert not checkout.server


@pytest.mark.parametrize("name, status", [("Ctrl-C", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                                          ("cut", None)])
@pytest.mark.parametrize("when", ["dashboard on", "starting the sandbox"])
def test_however_it_ends_nothing_is_left(checkout, name, status, when):
    env = {"SLOW": "1"} if when == "starting the sandbox" else {}
    with checkout.start(**env) as terminal:
        terminal.wait_for(when)
        terminal.wait_for(lambda screen: checkout.server)
        if name == "cut":
            terminal.hang_up()
        elif name == "Ctrl-C":
            terminal.press(name)
        else:
            terminal.signal(name)
        assert terminal.wait_exit(5) == status or status is None
        terminal.assert_no_children()
    assert not checkout.server


def test_without_a_terminal_it_is_check(checkout):
    run = checkout.run()
    assert run.returncode == 2
    # The load that the build has raised is not evaluated.
    assert run.stdout == f"verdict of {checkout.folder}/build/sandbox/check.yaml\n  host.load: off\n"
    assert "host.load is not evaluated" in run.stderr
    assert not checkout.server


def test_it_says_what_it_runs_without(checkout):
    run = checkout.run(WITHOUT="Maven could not fetch Kafka's jars: 403 Forbidden")
    assert "running without Kafka: Maven could not fetch Kafka's jars: 403 Forbidden\n" in run.stderr
    assert "without" not in checkout.run().stderr


def test_a_sandbox_that_was_up_stays_up(checkout):
    subprocess.run(["sandbox/up", "--state", "build/sandbox"], cwd=checkout.folder, check=True)
    run = checkout.run()
    assert run.returncode == 2 and "will be left running" in run.stderr
    assert run.stdout == f"verdict of {checkout.folder}/build/sandbox/stacktop.yaml\n"  # all thresholds apply
    assert checkout.server


@pytest.mark.parametrize("part, words", [("build", "what is wrong"), ("sandbox", "no java here")])
def test_a_step_that_fails_shows_why(checkout, part, words):
    run = checkout.run(BREAK=part)
    assert run.returncode == 1 and run.stdout == ""
    assert words in run.stderr and "build/log/" in run.stderr
    assert not checkout.server


def test_the_sandbox_stays_until_a_signal(checkout):
    with checkout.start("sandbox") as terminal:
        terminal.wait_for("Ctrl-C stops the sandbox")
        assert checkout.server and "stacktop.yaml" in terminal.screen.text
        terminal.press("Ctrl-C")
        assert terminal.wait_exit(5) == 0
        terminal.assert_no_children()
    assert not checkout.server


def test_help(checkout):
    for option in ("-h", "--help"):
        run = checkout.run(option)
        assert run.returncode == 0 and "./run test" in run.stdout and run.stderr == ""


@pytest.mark.parametrize("arguments", [["nonsense"], ["build", "x"], ["--all"], ["sandbox", "up"]])
def test_an_unknown_argument(checkout, arguments):
    run = checkout.run(*arguments)
    assert run.returncode == 64 and run.stdout == ""
    assert run.stderr.startswith("run: unknown argument") and "usage:" in run.stderr
