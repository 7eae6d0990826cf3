"""A target that the configuration disables is in its pane with the reason, is never contacted, and never green."""

import socket

import pytest

from sandbox import HOST
from stacktop import UNKNOWN, check, dashboard, stacktop

REASON = "moves to the new rack until Friday"
KINDS = ("kafka", "redis", "postgres", "service", "host")


@pytest.fixture
def path(config, tmp_path):
    """Every target names a server that must not be contacted."""
    with socket.create_server((HOST, 0)) as listener:
        listener.setblocking(False)
        address = f"{HOST}:{listener.getsockname()[1]}"
        yield config(kafka=[{"name": "main", "bootstrap": address, "disabled": REASON}],
                     redis=[{"name": "cache", "url": f"redis://{address}", "disabled": REASON}],
                     postgres=[{"name": "db", "dsn": f"postgresql://u@{address}/d", "disabled": REASON}],
                     services=[{"name": "api", "address": address, "disabled": REASON}],
                     hosts=[{"name": "here", "disabled": REASON}], state=str(tmp_path / "state"))
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_check_says_why(path):
    run = check(path)
    assert run.status == UNKNOWN and run.stdout.count(f"disabled: {REASON}") >= len(KINDS), run
    assert "no answer" not in run.stdout
    document = check(path, "--json").document
    assert [severity for severity, _ in document.findings] == ["unknown"] * len(KINDS)
    for kind in KINDS:
        assert document.target(kind)["error"] == {"kind": "disabled", "text": f"disabled: {REASON}"}
    run = check(path, "--plugin")
    assert run.status == UNKNOWN and REASON in run.stdout, run


def test_its_pane_says_why(path):
    with dashboard(path, columns=160, rows=40) as terminal:
        terminal.wait_for(lambda screen: screen.text.count(f"disabled: {REASON}") >= len(KINDS))
        title = terminal.screen.line("Kafka lag")
        assert "disabled" in title and "down" not in title
        terminal.press("q")
        assert terminal.wait_exit(2) == 0


def test_actions_on_it_are_refused(path):
    run = stacktop("plan", "-c", path, "redis.flush-all", "cache")
    assert run.status != 0 and f"cache is disabled: {REASON}" in run.stderr, run


def test_its_option(path, config):
    assert REASON in stacktop("config", "-c", path).stdout
    assert "disabled:" in stacktop("config", "--default").stdout
    run = check(config(hosts=[{"name": "here", "disabled": "on"}]))
    assert run.status == 78 and '"on" is not a reason' in run.stderr, run
