"""`--wall`: what it shows, how it is left, and what it does when a critical finding begins."""

import json
import signal
import socket
import sys

from stacktop import CONFIG, closed_port, dashboard, stacktop

BESIDE = "others"

PROGRAM = """import sys
open(sys.argv[1], "a").write(sys.stdin.read())
"""


def test_a_display(config, tmp_path):
    said = tmp_path / "said"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = config(name="ecap", interval="200ms", wall_bell=True, wall_notice="osc777", wall_every="1s",
                      wall_run=[sys.executable, "-c", PROGRAM, str(said)],
                      services=[{"name": "api", "address": f"127.0.0.1:{listener.getsockname()[1]}"}])
        with dashboard(path, "--wall") as terminal:
            terminal.wait_for(lambda screen: "all ok" in screen.text and "READ-ONLY" in screen.text)
            terminal.wait_for("moves every second")
            assert b"\a" not in terminal.output and not said.exists()
            listener.close()
            terminal.wait_for("!! api: refused")
            terminal.wait_for(lambda screen: b"\a" in terminal.output)
            assert terminal.output.count(b"\x1b]777;notify;ecap;api: refused") == 1
            terminal.wait_for(lambda screen: said.exists() and said.read_text().endswith("\n"))
            heard = json.loads(said.read_text())
            assert heard["began"] == 1 and heard["text"].startswith("api: refused") and heard["crit"] == 1
            # No key ends it by accident, and nothing is unlocked.
            terminal.press("q")
            terminal.wait_for("type :quit and Enter")
            terminal.press(":unlock ecap", "Enter")
            terminal.wait_for("--wall; this session stays read-only")
            terminal.press("Esc")  # the line with the error
            terminal.press(":quit", "Enter")
            assert terminal.wait_exit(1) == 0
            terminal.assert_given_back()


def test_signals_end_it(config):
    path = config(services=[{"name": "api", "address": f"127.0.0.1:{closed_port()}"}])
    with dashboard(path, "--wall") as terminal:  # nothing rings unless the configuration says so
        terminal.wait_for("!! api: refused")
        terminal.press("Ctrl-C")
        assert terminal.wait_exit(1) == 0
        assert b"\a" not in terminal.output and b"]777" not in terminal.output
    with dashboard(path, "--wall") as terminal:
        terminal.wait_for("!! api: refused")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit(1) == -signal.SIGTERM
        terminal.assert_given_back()


def test_its_options(config):
    text = stacktop("config", "--default").stdout
    assert all(f"{name}: " in text for name in ("wall_bell", "wall_notice", "wall_run", "wall_every", "wall_rotate"))
    run = stacktop("config", "-c", config(hosts=[{"name": "here"}], wall_notice="osc777", wall_run=["/bin/x", "a b"]))
    assert "\nwall_notice: osc777 " in run.stdout and '\nwall_run: [/bin/x, "a b"] ' in run.stdout, run
    run = stacktop("check", "-c", config(hosts=[{"name": "here"}], wall_notice="loud"))
    assert run.status == CONFIG and "is not one of none, osc777, osc9" in run.stderr, run
