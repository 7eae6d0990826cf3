"""The first minute: without a configuration, `stacktop init`, what --check finds, and the JSON Schema for editors."""

import json
import os
import stat

import pytest

from stacktop import BINARY, CONFIG, ROOT, USAGE, Listener, stacktop
from terminal import Terminal

COMPOSE = """
name: shop
services:
  db: {image: postgres, ports: ["PORT:5432"], environment: {POSTGRES_PASSWORD: hunter2}}
  gone: {ports: ["1:8000"]}
"""


@pytest.fixture
def place(tmp_path):
    """A home, and a folder with a compose file whose database seems to answer."""
    (tmp_path / "home").mkdir()
    with Listener() as database:
        (tmp_path / "compose.yaml").write_text(COMPOSE.replace("PORT", str(database.port)))
        yield tmp_path, {"HOME": str(tmp_path / "home")}, database.port


def test_init_shows_asks_and_writes_a_private_file(place):
    folder, home, port = place
    path = folder / "home/.config/stacktop/stacktop.yaml"
    with Terminal([BINARY, "init"], env=home, cwd=folder) as terminal:
        terminal.wait_for("[y/N]")
        assert not path.exists()
        terminal.press("n\r")
        assert terminal.wait_exit() == 1
    assert not path.exists()
    with Terminal([BINARY, "init"], env=home, cwd=folder) as terminal:
        terminal.wait_for("[y/N]")
        terminal.press("y\r")
        assert terminal.wait_exit() == 0
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f'dsn: "host=127.0.0.1 port={port}"' in text and "name: shop" in text
    assert "hunter2" not in text and "gone" not in text
    checked = stacktop("config", "--check", env=home)
    assert checked.status == 0, checked
    with Terminal([BINARY, "init"], env=home, cwd=folder) as terminal:
        terminal.wait_for("Type yes:")
        terminal.press("y\r")  # not enough to replace a file
        assert terminal.wait_exit() == 1
    path.write_text("# mine\n" + text)
    with Terminal([BINARY, "init"], env=home, cwd=folder) as terminal:
        terminal.wait_for("Type yes:")
        terminal.press("yes\r")
        assert terminal.wait_exit() == 0
    assert path.with_name("stacktop.yaml.old").read_text().startswith("# mine")
    assert not path.read_text().startswith("# mine")


def test_init_without_a_terminal(place):
    folder, home, _ = place
    own = folder / "new/own.yaml"
    refused = stacktop("init", env=home)
    assert refused.status == 1 and "use --yes" in refused.stderr
    assert stacktop("init", "--output", env=home).status == USAGE
    assert stacktop("init", "-", env=home).status == 0
    assert stacktop("init", "--output", own, env=home).status == 0 and own.exists()
    assert "exists" in stacktop("init", own, env=home).stderr
    assert stacktop("init", own, "--yes", env=home).status == 0
    assert stacktop("check", "-c", own, "--only", "hosts", env=home).status in (0, 1, 2)


def test_without_a_configuration(place):
    folder, home, _ = place
    checked = stacktop("check", env=home)
    for words in (f"{folder}/home/.config/stacktop/stacktop.yaml", "/etc/stacktop/stacktop.yaml", "host local",
                  "`stacktop init`"):
        assert words in checked.stderr
    assert '"discovered":true' in stacktop("check", "--json", env=home).stdout.replace(" ", "")
    with Terminal([BINARY], env=home) as terminal:
        terminal.wait_for("No configuration file")
        terminal.press("q")
        terminal.wait_exit()


@pytest.mark.parametrize("command", [("show", "host.x", "local"), ("audit",), ("events",), ("actions",), ("keys",),
                                     ("alarms",), ("incident", "list"), ("logs", "local"), ("plan", "x", "y"),
                                     ("runbook", "due"), ("silence", "x", "--reason", "y"), ("config",)])
def test_every_command_says_that_there_is_no_configuration(tmp_path, command):
    told = stacktop(*command, env={"HOME": str(tmp_path), "XDG_CONFIG_HOME": None, "XDG_STATE_HOME": None}).stderr
    assert told.startswith("stacktop: no configuration file (looked for ") and told.count("no configuration file") == 1
    assert f"{tmp_path}/.config/stacktop/stacktop.yaml and /etc/stacktop/stacktop.yaml" in told
    assert "`stacktop init` writes a configuration, -c FILE names one" in told


def test_a_bar_and_monitoring_get_their_one_line_without_a_configuration(tmp_path):
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": None}
    assert stacktop("status", "--no-check", env=home).stderr == ""
    assert "no configuration" not in stacktop("check", "--plugin", "--only", "hosts", env=home).stderr


def test_check_finds_what_the_dashboard_would_refuse(tmp_path):
    path = tmp_path / "stacktop.yaml"
    path.write_text("""postgres: [{name: a, dsn: "host=x port=abc"}, {name: b, dsn: "postgresql://h:99999/d"}]\n""")
    found = stacktop("config", "--check", "-c", path)
    assert found.status == CONFIG
    assert 'yaml:1:27: dsn: the port is not a number from 1 to 65535' in found.stderr
    path.write_text("""kafka: [{name: a, bootstrap: "x:1", properties: {sasl.pasword: x}}]
redis: [{name: r, url: "rediss://x", ca_file: /none}]\n""")
    found = stacktop("config", "--check", "-c", path)
    assert found.status == CONFIG
    assert 'kafka "a"' in found.stderr and "sasl.pasword" in found.stderr
    assert 'yaml:2:16: redis "r": ca_file: cannot read /none' in found.stderr


def test_a_readable_password_is_refused(tmp_path):
    path = tmp_path / "stacktop.yaml"
    path.write_text('redis: [{name: r, url: "redis://u:hunter2@127.0.0.1:1"}]\n')
    os.chmod(path, 0o644)
    refused = stacktop("check", "-c", path, env={"STACKTOP_READABLE_SECRETS": None})
    assert refused.status == CONFIG and f"run: chmod 600 {path}" in refused.stderr and "hunter2" not in refused.stderr
    os.chmod(path, 0o600)
    assert stacktop("check", "-c", path, env={"STACKTOP_READABLE_SECRETS": None}).status == 2


def test_secrets_of_commands(tmp_path):
    path = tmp_path / "stacktop.yaml"

    def load(command, *arguments):
        path.write_text(f"""secrets: {{a: {{command: {command}, timeout: 300ms}}}}
redis: [{{name: r, url: "redis://x", password: "${{secret:a}}"}}]\n""")
        return stacktop("config", *arguments, "-c", path)

    shown = load("[printf, hunter2]")
    assert shown.status == 0 and 'password: "***"' in shown.stdout and "from a command" in shown.stdout
    assert "hunter2" not in shown.stdout
    for command, words in (("[sleep, '9']", "300ms"), ("[sh, -c, 'echo hunter2 >&2; exit 3']", "status 3"),
                           ("['true']", "printed nothing"), ("[/none]", "/none"),
                           ("[head, -c, '70000', /dev/zero]", "more than")):
        refused = load(command, "--check")
        assert refused.status == CONFIG and words in refused.stderr, refused
        assert "hunter2" not in refused.stderr


WRONG = """
{hosts: [{name: a, adress: b}]}
{hosts: [{mounts: [/]}]}
{hosts: {name: a}}
{nmae: x, hosts: [{name: a}]}
{interval: 10, hosts: [{name: a}]}
{interval: never, hosts: [{name: a}]}
{read_only: 7, hosts: [{name: a}]}
{kafka: [{name: a, bootstrap: "x:1", allowed: -1}]}
{services: [{name: a, address: "x:1", method: FETCH}]}
{services: [{name: a, address: "x:1", runtime: {cmopose: api}}]}
{hosts: [{name: a}], thresholds: {disk.usde: {warn: 80%}}}
{hosts: [{name: a}], thresholds: {disk.used: {wran: 80%}}}
{hosts: [{name: a, thresholds: {redis.memory: {warn: 80%}}}]}
{hosts: [{name: a}], secrets: {x: {file: a, command: [b]}}}
""".strip().splitlines()


def test_the_schema_knows_right_from_wrong(tmp_path):
    jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")
    yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
    schema = json.loads(stacktop("config", "--schema").stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    texts = [path.read_text() for path in sorted((ROOT / "examples").rglob("*.yaml"))]
    assert len(texts) >= 5
    texts += [stacktop("config", "--default").stdout, stacktop("init", "-").stdout,
              "{include: [a.yaml], interval: '${I:-2s}', hosts: [{name: 5}], thresholds: {disk.used: off}}"]
    for text in texts:
        assert not [error.message for error in validator.iter_errors(yaml.safe_load(text))]
    for text in WRONG:
        assert list(validator.iter_errors(yaml.safe_load(text))), text
        path = tmp_path / "wrong.yaml"
        path.write_text(text + "\n")
        assert stacktop("config", "--check", "-c", path).status == CONFIG, text
