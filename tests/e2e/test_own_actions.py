"""Programs of the configuration as actions: by key, their output, their record, their end; and without the screen.
The neighbour stays as it was, and what must be refused is refused."""

import json
import os
import re
import signal
import socket
import sys

import pytest

from keys import agree, close, outcome, select
from headless import FAILED, PARTLY, UNKNOWN, apply, plan, said
from sandbox import wait_until
from stacktop import closed_port, dashboard, stacktop, write_config
from witness import Audit

BESIDE = "others"
CONFIG_BAD = 78

# Writes its arguments, input and environment to a file, and prints 204 lines.
PROGRAM = r"""
import json, os, sys
folder, *words = sys.argv[1:]
with open(f"{folder}/ran.jsonl", "a") as ran:
    ran.write(json.dumps({"argv": words, "stdin": sys.stdin.read(), "env": dict(os.environ),
                          "session": os.getsid(0) == os.getpid()}) + "\n")
for number in range(1, 201):
    print(f"line {number} of the histogram")
print("the key is", os.environ.get("API_KEY"))
print("password=other-secret")
print("extra:", os.environ.get("EXTRA"))
print("hostile \x1b[31m\x9b2J bytes")
sys.exit(int(os.environ.get("EXIT", "0")))
"""


class Own:
    def __init__(self, folder):
        self.folder = folder
        (folder / "program.py").write_text(PROGRAM)
        (folder / "key").write_text("geheim-4711\n")
        self.audit = Audit(folder / "state")

    def configure(self, *actions, names=("api", "neighbour")):
        return write_config(self.folder, services=[{"name": name, "address": f"127.0.0.1:{closed_port()}"} for name in names],
                            hosts=[], interval="500ms", environment="staging", state=str(self.folder / "state"),
                            actions=list(actions))

    def action(self, **more):
        return {"id": "histogram", "title": "class histogram", "key": "H", "danger": "low",
                "help": "counts the objects of the JVM",
                "rows": {"kind": "service", "table": "services", "where": {"name": "api"}},
                "argv": [sys.executable, str(self.folder / "program.py"), str(self.folder), "{name}", "{ask.lines}"],
                "ask": [{"name": "lines", "default": "20", "help": "number of classes"}],
                "environment_files": {"API_KEY": str(self.folder / "key")}, **more}

    def ran(self):
        path = self.folder / "ran.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def own(tmp_path):
    return Own(tmp_path)


def test_by_its_key_with_a_parameter_and_its_output(own):
    """The key on the row, the form, the plan, y; then the output is read, searched and left again."""
    config = own.configure(own.action(stdin="from {state}"))
    with dashboard(config, columns=120, rows=36, env={"PGPASSWORD": "not-for-it", "DOCKER_HOST": "unix:///x"}) as terminal:
        terminal.wait_for("api refused")
        terminal.press("1", "g")
        terminal.settle(0.1)
        if not re.search(r"►[^│]*api\b", terminal.screen.text):
            select(terminal, 1, "api")
        terminal.press("H")
        terminal.wait_for("number of classes")
        terminal.press("Backspace", "Backspace", "7", " ", "x", "Enter")
        terminal.wait_for("Run class histogram on api")
        assert "'7 x'" in terminal.screen.text and "geheim" not in terminal.screen.text
        agree(terminal, "y")
        text = outcome(terminal)
        assert "DONE" in text and "Output (press o to read it): 204 lines" in text
        terminal.press("o")
        terminal.wait_for("line 1 of the histogram")
        terminal.press("PageDown")
        terminal.wait_for(lambda screen: "line 1 of" not in screen.text and "line 40 of" in screen.text)
        terminal.press("End")
        terminal.wait_for("the key is ***")
        assert "geheim" not in terminal.screen.text and "\x1b" not in terminal.screen.text
        terminal.press("/", *"line 123", "Enter")
        terminal.wait_for("line 123 of the histogram")
        terminal.press("Esc")
        terminal.wait_for("press o to read it")
        close(terminal)
        terminal.press("q")
        assert terminal.wait_exit(1) == 0
    (ran,) = own.ran()
    assert ran["argv"] == ["api", "7 x"] and ran["stdin"] == "from refused" and ran["session"]
    assert ran["env"]["API_KEY"] == "geheim-4711" and "PGPASSWORD" not in ran["env"] and "TERM" not in ran["env"]
    assert ran["env"]["DOCKER_HOST"] == "unix:///x"
    intent, result = own.audit.only()
    assert intent["action"] == "own.histogram" and intent["params"] == {"lines": "7 x"}
    (output,) = result["output"]
    assert output["text"].startswith("line 1 of the histogram\n") and "the key is ***\npassword=***\nextra: None\n" in output["text"]
    assert "geheim" not in json.dumps(own.audit.records)


def test_its_key_is_not_for_the_neighbour(own):
    config = own.configure(own.action())
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        select(terminal, 1, "neighbour")
        terminal.press("H")
        terminal.wait_for("for rows whose name is api")
    assert not own.ran()
    plan(config, "own.histogram", "neighbour", "neighbour", status=FAILED)


def test_it_is_listed_like_the_others(own):
    config = own.configure(own.action())
    listed = {action["id"]: action for action in stacktop("-c", config, "actions", "--json").json["actions"]}
    assert listed["own.histogram"]["key"] == "H" and listed["own.histogram"]["danger"] == "reversible"
    assert listed["own.histogram"]["params"][0]["fallback"] == "20" and "service.restart" in listed
    assert "own.histogram" not in stacktop("actions", "--json", env={"HOME": str(own.folder)}).stdout
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        select(terminal, 1, "api")
        terminal.press("a")
        terminal.wait_for("class histogram")
        terminal.press("Esc", "?")
        terminal.wait_for("Help")
        for _ in range(20):
            if "class histogram: counts the objects" in terminal.screen.text:
                break
            terminal.press("PageDown")
            terminal.settle(0.05)
        assert "class histogram: counts the objects" in terminal.screen.text


def test_without_the_screen(own):
    config = own.configure(own.action(argv=own.action()["argv"] + ["$(id); `id`"]))
    planned = plan(config, "own.histogram", "api", "api", "lines=a 'b' $HOME")
    text = apply(config, planned)
    assert "ended with exit code 0" in text and "line 200 of the histogram" in text
    assert "geheim" not in text and "\x1b" not in text
    assert own.ran()[0]["argv"] == ["api", "a 'b' $HOME", "$(id); `id`"]
    listed = stacktop("-c", config, "audit", "--json").stdout
    assert "line 200 of the histogram" in listed and "geheim" not in listed
    listed = stacktop("-c", config, "audit").stdout
    lines = listed.splitlines()
    first = next(i for i, line in enumerate(lines) if "line 1 of the histogram" in line)
    assert [line.strip() for line in lines[first:first + 5]] == [*(f"line {i} of the histogram" for i in range(1, 5)),
                                                               "... 196 more lines; --output shows all ..."]
    assert "the key is ***" in listed and "geheim" not in listed and "\x1b" not in listed and len(lines) < 15, listed
    whole = stacktop("-c", config, "audit", "--output").stdout
    assert "line 123 of the histogram" in whole and "geheim" not in whole and "\x1b" not in whole
    plan(config, "own.histogram", "api", "api", "lines=", status=FAILED)  # empty


def test_secrets_of_the_target_are_masked(own):
    config = own.configure(own.action(environment={"EXTRA": "a topsecret-bearer b"}))
    text = json.loads(config.read_text())
    text["services"][0].update(health="http://" + text["services"][0]["address"], bearer="topsecret-bearer")
    config.write_text(json.dumps(text))
    assert "topsecret" not in stacktop("-c", config, "plan", "own.histogram", "api", "api").stdout
    text = apply(config, plan(config, "own.histogram", "api", "api"))
    assert "extra: a *** b" in text and "topsecret" not in json.dumps(own.audit.records)


def test_an_output_that_is_only_shown(own):
    config = own.configure(own.action(output="show"))
    text = apply(config, plan(config, "own.histogram", "api", "api"))
    assert "line 200 of the histogram" in text
    assert "output" not in own.audit.outcomes[-1]


def test_destructive_unless_stated_and_a_failure_is_unknown(own):
    action = own.action(environment={"EXIT": "3"})
    del action["danger"]
    config = own.configure(action)
    planned = plan(config, "own.histogram", "api", "api")
    assert planned["phrase"] == "api"
    text = apply(config, planned, UNKNOWN)
    assert "ended with exit code 3" in said(text) and "it may have had an effect" in said(text)
    config = own.configure(own.action(environment={"EXIT": "3"}))
    apply(config, plan(config, "own.histogram", "api", "api"), FAILED)
    assert [record["result"] for record in own.audit.outcomes] == ["unknown", "refused"]


def test_it_is_verified(own):
    flag = own.folder / "flag"
    config = own.configure(own.action(verify={"argv": ["test", "-e", str(flag)], "within": "1s"}))
    text = apply(config, plan(config, "own.histogram", "api", "api"), PARTLY)
    assert "it ended with exit code 0, but after" in said(text) and "test ended with exit code 1" in said(text)
    flag.touch()
    text = apply(config, plan(config, "own.histogram", "api", "api"))
    assert "Proof: verified by test after" in said(text)


def test_the_row_and_the_configuration_are_those_of_the_plan(own):
    """The service answers meanwhile: its state is one of the values. Then the action is another one."""
    config = own.configure(own.action(stdin="{state}"))
    planned = plan(config, "own.histogram", "api", "api")
    port = int(re.search(r"127.0.0.1:(\d+)", config.read_text())[1])
    pid = os.spawnlp(os.P_NOWAIT, sys.executable, sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1",
                     "-d", str(own.folder))
    try:
        wait_until(lambda: plan(config, "own.histogram", "api", "api")["hash"] != planned["hash"], what="the server")
        text = apply(config, planned, FAILED)
        assert "the row has changed to" in said(text) and "state=up" in said(text)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    planned = plan(config, "own.histogram", "api", "api")
    config.write_text(config.read_text().replace("{state}", "{address}"))
    text = apply(config, planned, FAILED)
    assert "the configuration now has another action of this id" in said(text)
    assert not own.ran()


def test_the_row_is_looked_up_again(own):
    """The dashboard collects once an hour: only the look before the effect sees that the service answers."""
    config = own.configure(own.action(stdin="{state}"))
    config.write_text(config.read_text().replace('"500ms"', '"1h"'))
    port = int(re.search(r"127.0.0.1:(\d+)", config.read_text())[1])
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        select(terminal, 1, "api")
        terminal.press("H")
        terminal.wait_for("number of classes")
        terminal.press("Enter")
        terminal.wait_for("state=refused")
        with socket.create_server(("127.0.0.1", port)):
            agree(terminal, "y")
            text = " ".join(outcome(terminal).split())
        assert "REFUSED: nothing was done" in text and "the row has changed to" in text
    assert not own.ran()


def test_a_timeout_kills_all_of_it(own):
    """Also what it has started, and what ignores SIGTERM; what it has printed until then is kept."""
    script = "echo begun $$; (trap '' TERM; sleep 1000; sleep 1000) & sleep 1000"
    config = own.configure(own.action(argv=["sh", "-c", script], timeout="1s", ask=[]))
    text = apply(config, plan(config, "own.histogram", "api", "api"), UNKNOWN)
    group = int(re.search(r"begun (\d+)", text)[1])
    assert "sh did not end within 1.0s and was killed" in said(text)

    def is_gone():
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    wait_until(is_gone, what="the group to end")
    assert own.audit.outcomes[-1]["output"][0]["text"] == f"begun {group}\n"


def test_a_cancel_kills_it(own):
    script = f"echo $$ > {own.folder}/pid; exec sleep 1000"
    config = own.configure(own.action(argv=["sh", "-c", script], ask=[]))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        select(terminal, 1, "api")
        terminal.press("H")
        agree(terminal, "y")
        wait_until(lambda: (own.folder / "pid").exists(), what="the program")
        terminal.wait_for("Esc stop at")
        terminal.press("Esc")
        assert "cancelled while sh ran" in outcome(terminal)
    pid = int((own.folder / "pid").read_text())
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the program to end")


def test_leaving_ends_it(own):
    """stacktop exits while it runs, and it ignores SIGTERM."""
    script = f"trap '' TERM; echo $$ > {own.folder}/pid; while :; do sleep 1; done"
    config = own.configure(own.action(argv=["sh", "-c", script], ask=[]))
    with dashboard(config, columns=120, rows=36) as terminal:
        terminal.wait_for("api refused")
        select(terminal, 1, "api")
        terminal.press("H")
        agree(terminal, "y")
        wait_until(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text(), what="the program")
        terminal.wait_for("b background")
        terminal.press("b")
        terminal.wait_gone("b background")
        terminal.press("q")
        terminal.wait_exit(2)
    pid = int((own.folder / "pid").read_text())
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), what="the program to end")
    assert own.audit.outcomes[-1]["result"] == "unknown"


def test_a_program_that_is_not_there(own):
    config = own.configure(own.action(argv=["/no/such/program"], ask=[]))
    text = apply(config, plan(config, "own.histogram", "api", "api"), FAILED)
    assert "/no/such/program: no such file or directory" in said(text)
    (own.folder / "key").unlink()
    text = apply(config, plan(config, "own.histogram", "api", "api"), FAILED)
    assert "cannot read" in said(text)


def test_errors_have_their_place(own):
    config = own.configure(own.action(argv=["sh", "-c", "kill {pid}"]))
    run = stacktop("-c", config, "config", "--check")
    assert run.status == CONFIG_BAD
    assert re.search(r"stacktop.yaml:\d+:\d+: .*has no column \"pid\"", run.stderr), run
    assert stacktop("-c", config, "actions").status == CONFIG_BAD
