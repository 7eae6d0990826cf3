"""stacktop-watch.service in a real systemd: what its hardening forbids must not be what stacktop needs.

Without two of its lines, which need mounts that a systemd in a namespace cannot make: PrivateDevices and LoadCredential.
"""

import shutil
from pathlib import Path

import pytest

import systemd_host
from sandbox import wait_until
from stacktop import BINARY, closed_port

LABEL = "long"

UNIT = Path(__file__).resolve().parents[2] / "packaging/systemd/stacktop-watch.service"
STATE = "stacktop-test-of-units"


@pytest.fixture
def host():
    with systemd_host.running() as running:
        yield running
        running.ctl("stop", "stacktop-watch.service", check=False)
    for place in (Path("/var/lib") / STATE, Path("/var/lib/private") / STATE):
        if place.is_symlink():
            place.unlink()
        elif place.exists():
            shutil.rmtree(place)


def test_watch_runs_hardened(host):
    run = host.folder / "run"
    shutil.copy(BINARY, run / "stacktop")
    (run / "stacktop").chmod(0o755)
    (run / "stacktop.yaml").write_text(
        f"services: [{{name: api, address: '127.0.0.1:{closed_port()}'}}]\n"
        f"kafka: [{{name: main, bootstrap: '127.0.0.1:{closed_port()}'}}]\n"
        "hosts: [{name: here}]\n")
    (run / "stacktop.yaml").chmod(0o644)
    text = UNIT.read_text()
    for old, new in (("/usr/bin/stacktop", "/run/stacktop"), ("=/etc/stacktop/stacktop.yaml", "=/run/stacktop.yaml"),
                     ("${CREDENTIALS_DIRECTORY}", "/run"),
                     ("LoadCredential=stacktop.yaml:/etc/stacktop/stacktop.yaml\n", ""), ("PrivateDevices=yes\n", ""), ("StateDirectory=stacktop", f"StateDirectory={STATE}"),
                     ("XDG_STATE_HOME=/var/lib ", f"XDG_STATE_HOME=/var/lib/{STATE} "),
                     ("[Service]\n", "[Service]\nStandardOutput=file:/run/out\nStandardError=file:/run/err\n"),
                     ("Wants=network-online.target\nAfter=network-online.target\n", "DefaultDependencies=no\n")):
        assert old in text, old
        text = text.replace(old, new)
    host.write("stacktop-watch.service", text)
    host.ctl("start", "stacktop-watch.service")

    def both():
        said = (run / "out").read_text() if (run / "out").exists() else ""
        assert host.show("stacktop-watch.service", "NRestarts") == "0", ((run / "err").read_text(), said)
        return "api" in said and "main" in said

    wait_until(both, 20, what="an event of each target")
    assert host.show("stacktop-watch.service", "ActiveState") == "active"
    pid = host.show("stacktop-watch.service", "MainPID")
    status = host.enter("cat", f"/proc/{pid}/status")
    assert "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status and "Seccomp:\t2" in status
    assert "Uid:\t0" not in status
    host.ctl("stop", "stacktop-watch.service")
    assert host.show("stacktop-watch.service", "Result") == "success"
