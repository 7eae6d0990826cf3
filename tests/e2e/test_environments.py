"""Several environments in one view: `-c A -c B` and `-c DIRECTORY`."""

import http.server
import json
import os
import re
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from stacktop import BINARY, CONFIG, CRIT, OK, UNKNOWN, USAGE, closed_port, stacktop
from terminal import Terminal

BESIDE = "others"
LISTED = re.compile(r"^!! ecap +PRODUCTION CRIT .*billing: refused.*\n +lab +staging +ok .*\n\? +shop +UNKNOWN .*unknown key",
                    re.M)


@pytest.fixture
def port():
    """A server that answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def files(tmp_path, port):
    """ecap (production, one service down), lab (well), shop (wrong)."""
    folder = tmp_path / "environments"
    folder.mkdir()

    def put(name, **content):
        (folder / f"{name}.yaml").write_text(json.dumps(content))
        return folder / f"{name}.yaml"

    put("ecap", environment="production", interval="500ms",
        services=[{"name": "api", "address": f"127.0.0.1:{port}"},
                  {"name": "billing", "address": f"127.0.0.1:{closed_port()}"}])
    put("lab", environment="staging", interval="500ms", services=[{"name": "web", "address": f"127.0.0.1:{port}"}])
    put("shop", nonsense=1)
    return folder


def children_of(pid):
    """The processes whose parent it is: {pid: command line}."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and f"\nPPid:\t{pid}\n" in (folder / "status").read_text():
                found[int(folder.name)] = (folder / "cmdline").read_text().split("\0")
        except OSError:  # it has ended meanwhile
            pass
    return found


def member(pid, name):
    return next(child for child, command in children_of(pid).items() if any(name in word for word in command))


def wait_ended(pids):
    end = time.monotonic() + 5
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end, f"still there: {[pid for pid in pids if is_alive(pid)]}"
        time.sleep(0.02)  # between two looks


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def listed(folder, *arguments, **options):
    with Terminal([BINARY, "-c", folder, *arguments], **options) as terminal:
        terminal.wait_for(LISTED)
        yield terminal


def test_list(files):
    with listed(files) as terminal:
        screen = terminal.screen
        assert "3 environments" in screen.rows[0] and " 1 CRIT " in screen.rows[0] and " 1 UNKNOWN " in screen.rows[0]
        assert screen.rows[1].startswith(" !! ecap PRODUCTION billing: refused")  # the worst rules
        line = next(row for row in screen.rows if row.startswith("!! ecap"))
        assert "PRODUCTION" in line and "1/2" in line and "billing: refused" in line
        assert screen.attributes("PRODUCTION").reverse or screen.attributes("PRODUCTION").bg != "default"
        # Enter opens the worst, with the data that it has already.
        terminal.press("Enter")
        terminal.wait_for(lambda screen: "ecap [PRODUCTION]" in screen.rows[0] and "billing" in screen.text)
        assert "Esc back" in screen.text and "q list" in screen.text
        terminal.press("Esc")
        terminal.wait_for("3 environments")
        # One that is wrong cannot be opened, and says why.
        terminal.press("G", "Enter")
        terminal.wait_for("shop: ")
        # It is corrected: r starts it at once.
        (files / "shop.yaml").write_text((files / "lab.yaml").read_text())
        terminal.press("r")
        terminal.wait_for(lambda screen: "2 ok" in screen.rows[0])
        # A name that a reload has made another's is not shown as ok.
        content = json.loads((files / "shop.yaml").read_text())
        (files / "shop.yaml").write_text(json.dumps({**content, "name": "lab"}))
        terminal.press("R")
        terminal.wait_for(lambda screen: "2 UNKNOWN" in screen.rows[0] and "another environment has" in screen.text)
        (files / "shop.yaml").write_text(json.dumps({**content, "mouse": False}))  # it has no terminal to change now
        terminal.press("R")
        terminal.wait_for(lambda screen: "2 ok" in screen.rows[0])
        # An action names its environment.
        terminal.press("g", "Enter")
        terminal.wait_for("Services")
        terminal.press("a")
        terminal.wait_for(lambda screen: "[ecap " in screen.text)
        terminal.press("Esc", "q")
        terminal.wait_for("3 environments")
        terminal.press("q")
        assert terminal.wait_exit(3) == 0
        terminal.assert_given_back()
        assert children_of(terminal.process.pid) == {}


def test_a_process_that_dies_or_hangs(files):
    with listed(files) as terminal:
        terminal.press("Enter")
        terminal.wait_for("ecap [PRODUCTION]")
        os.kill(member(terminal.process.pid, "ecap"), signal.SIGKILL)
        terminal.wait_for("ended by SIGKILL; it starts again")
        terminal.wait_for(LISTED)
        # It gives the terminal back to the list, and this to the shell.
        terminal.press("Enter")
        terminal.wait_for("ecap [PRODUCTION]")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit(3) == -signal.SIGTERM
        terminal.assert_given_back()


def test_the_list_is_killed(files):
    with listed(files) as terminal:
        pids = [member(terminal.process.pid, name) for name in ("ecap", "lab")]
        os.kill(pids[1], signal.SIGSTOP)  # it cannot run when the list ends
        terminal.press("Enter")
        terminal.wait_for("ecap [PRODUCTION]")
        terminal.signal(signal.SIGKILL)
        wait_ended(pids[:1])
        os.kill(pids[1], signal.SIGCONT)
        wait_ended(pids)


def test_refusals(files, tmp_path):
    ecap, lab = files / "ecap.yaml", files / "lab.yaml"
    run = stacktop("plan", "x", "y", "-c", ecap, "-c", lab)
    assert run.status == USAGE and "-c is given 2 times" in run.stderr, run
    run = stacktop("watch", "-c", files)
    assert run.status == USAGE and "is a directory" in run.stderr, run
    (files / "other.yaml").write_text(json.dumps({"name": "lab"}))
    run = stacktop("-c", lab, "-c", files / "other.yaml")
    assert run.status == CONFIG and 'have the same name, "lab"' in run.stderr, run
    run = stacktop("-c", lab, "-c", f"{files}/../environments/lab.yaml")
    assert run.status == CONFIG and "are the same file" in run.stderr, run
    run = stacktop("-c", lab, "-c", tmp_path)
    assert run.status == CONFIG and "no configuration in this directory" in run.stderr, run


def test_check(files):
    run = stacktop("check", "-c", files)
    assert run.status == CRIT, run
    assert re.search(r"^=== ecap PRODUCTION  \S+/ecap\.yaml\nCRIT ecap: ", run.stdout, re.M), run
    assert re.search(r"^=== lab  \S+\n.*1 of 1 targets ok", run.stdout, re.M), run
    assert re.search(r"^=== shop  \S+\nUNKNOWN shop\.yaml:1:2: unknown key", run.stdout, re.M), run
    assert run.stdout.endswith("=== 3 environments: 1 CRIT, 0 WARN, 1 UNKNOWN, 1 ok\n"), run
    data = json.loads(stacktop("check", "--json", "-c", files).stdout)
    assert data["severity"] == "crit" and data["exit_status"] == CRIT
    ecap, lab, shop = data["environments"]
    assert ecap["production"] and ecap["report"]["verdict"]["severity"] == ecap["severity"] == "crit"
    assert not lab["production"] and lab["report"]["configuration"]["name"] == lab["name"] == "lab"
    assert shop["severity"] == "unknown" and "unknown key" in shop["error"] and "report" not in shop
    run = stacktop("check", "-c", files / "lab.yaml", "-c", files / "shop.yaml")
    assert run.status == UNKNOWN, run  # never a false green
    run = stacktop("check", "--plugin", "-c", files)
    assert run.status == UNKNOWN and "--plugin takes one configuration" in run.stdout, run


def test_config_check(files):
    run = stacktop("config", "--check", "-c", files)
    assert run.status == CONFIG and run.stdout.count(": ok, ") == 2 and "unknown key" in run.stderr, run
    (files / "shop.yaml").unlink()
    assert stacktop("config", "--check", "-c", files).status == OK
    run = stacktop("config", "-c", files)
    assert run.status == USAGE and "is a directory" in run.stderr, run


def test_status(files, tmp_path):
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    env = {"XDG_RUNTIME_DIR": str(place)}

    def status(*arguments):
        return stacktop("status", "-c", files, *arguments, env=env)

    run = status()
    assert run.status == CRIT and run.stdout.startswith("1 CRIT ecap (production); UNKNOWN shop; 1 ok: ecap: billing: "), run
    run = status("--no-check")
    assert run.status == UNKNOWN and "UNKNOWN ecap (production); UNKNOWN lab (staging)" in run.stdout, run
    with listed(files, env=env):
        end, severities = time.monotonic() + 10, []
        while severities != ["crit", "ok", "unknown"]:
            assert time.monotonic() < end, severities
            time.sleep(0.05)  # between two looks
            said = json.loads(status("--no-check", "--json").stdout)
            severities = [one["severity"] for one in said["environments"]]
        assert said["severity"] == "crit" and status("--no-check").status == CRIT
        assert [one.get("source") for one in said["environments"]] == ["running", "running", None]
    (files / "shop.yaml").unlink()
    (files / "ecap.yaml").unlink()
    run = status()
    assert run.status == OK and run.stdout == "all ok 1 environment 1/1 targets\n", run


def test_without_colour_and_unicode(files):
    with listed(files, env={"NO_COLOR": "1", "LC_ALL": "C"}) as terminal:
        screen = terminal.screen
        assert screen.colours() == set() and screen.text.isascii()
        assert screen.attributes("PRODUCTION").reverse
        terminal.press("Enter")
        terminal.wait_for("ecap [PRODUCTION]")
        assert screen.colours() == set() and screen.text.isascii()  # the options are handed on
        terminal.press(":quit", "Enter")  # ends everything
        assert terminal.wait_exit(3) == 0
        terminal.assert_given_back()
