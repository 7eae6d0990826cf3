"""rediss://: a Redis that only speaks TLS and verifies its clients, and what is said when a certificate is not accepted."""

import contextlib
import shutil
import subprocess

import pytest

from redis_servers import SERVER, Server, serve  # noqa: F401 (a fixture)
from stacktop import check, closed_port, Listener, stacktop, write_config
from test_docker_tls import certificates, openssl

BESIDE = "others"


class Encrypted(Server):
    """On --tls-port only; its client of the test has a certificate, too."""

    def __init__(self, folder, *options, certificate="server"):
        self.files, self.secure = folder, closed_port()
        super().__init__(folder, "--tls-port", str(self.secure), "--tls-ca-cert-file", f"{folder}/ca.pem",
                         "--tls-cert-file", f"{folder}/{certificate}/cert.pem", "--tls-key-file", f"{folder}/{certificate}/key.pem",
                         *options)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    certificates(folder)
    return folder


@pytest.fixture(scope="module")
def server(files):
    if not SERVER:
        pytest.skip("redis-server is not installed")
    if b"tls-port" not in subprocess.run([SERVER, "--tls-port", "x"], capture_output=True).stdout + \
            subprocess.run([SERVER, "--tls-port", "x"], capture_output=True).stderr:
        pytest.skip("this redis-server is built without TLS")
    running = Encrypted(files)
    yield running
    running.end()


def options(files, **more):
    return {"ca_file": f"{files}/ca.pem", "cert_file": f"{files}/client/cert.pem", "key_file": f"{files}/client/key.pem", **more}


def of(folder, port, host="127.0.0.1", **more):
    return write_config(folder, redis=[{"name": "cache", "url": f"rediss://{host}:{port}", **more}], hosts=[],
                        interval="500ms", state=str(folder / "state"))


def answers(config):
    """No finding, but for a machine that is busy with other tests."""
    return all("latency" in sentence for _, sentence in check(config, "--json").document.findings)


def says(config):
    run = check(config, "--json")
    assert run.status != 0, run
    return str(run.document.findings)


def test_figures_pages_and_an_action(server, files, tmp_path):
    config = of(tmp_path, server.secure, **options(files))
    assert answers(config)
    pipe = server.client.pipeline(transaction=False)
    for number in range(40):  # answers of more than one record of TLS
        pipe.set(f"{'n' * 60000}{number}", "x")
    pipe.execute()
    run = stacktop("show", "-c", config, "redis.memory", "cache", "--json", "--duration", "2s")
    assert run.status == 0 and "complete: 40 keys" in run.stdout, run
    assert stacktop("show", "-c", config, "redis.clients", "cache").status == 0
    server.client.config_set("slowlog-log-slower-than", 0)
    server.client.ping()
    server.client.config_set("slowlog-log-slower-than", -1)
    plan = stacktop("-c", config, "plan", "redis.reset-slowlog", "cache", "--json")
    assert plan.status == 0, plan
    tls = f"--tls --cacert {files}/ca.pem --cert {files}/client/cert.pem --key {files}/client/key.pem"
    command = f"redis-cli -h 127.0.0.1 -p {server.secure} {tls} SLOWLOG RESET"
    assert command in str(plan.json)
    run = stacktop("-c", config, "apply", plan.json["hash"], "--confirm", plan.json["phrase"])
    assert run.status == 0 and server.client.slowlog_len() == 0, run
    if shutil.which("redis-cli"):  # the command to copy works
        said = subprocess.run(command.split(), capture_output=True, text=True, timeout=10)
        assert said.stdout.strip() == "OK", said


def test_with_a_login(server, files, tmp_path):
    server.client.execute_command("ACL", "SETUSER", "watcher", "on", ">secret", "~*", "+@all")
    try:
        config = of(tmp_path, server.secure, **options(files, username="watcher", password="secret"))
        assert answers(config)
        config = of(tmp_path, server.secure, **options(files, username="watcher", password="other"))
        assert "WRONGPASS" in says(config)
    finally:
        server.client.execute_command("ACL", "DELUSER", "watcher")


def test_what_is_not_accepted_is_said(server, files, tmp_path):
    assert "the server's certificate is not accepted: " in says(of(tmp_path, server.secure, **options(files, ca_file="")))
    assert answers(of(tmp_path, server.secure, **options(files, ca_file="", insecure=True)))
    assert "mismatch" in says(of(tmp_path, server.secure, host="localhost", **options(files)))  # the certificate names 127.0.0.1
    said = says(of(tmp_path, server.secure, ca_file=f"{files}/ca.pem"))
    assert "cert_file" in said or "closed" in said, said
    assert "ca_file /nowhere/ca.pem: " in says(of(tmp_path, server.secure, **options(files, ca_file="/nowhere/ca.pem")))
    assert "it may not speak TLS" in says(of(tmp_path, server.port, **options(files)))
    plain = write_config(tmp_path, redis=[{"name": "cache", "url": f"redis://127.0.0.1:{server.secure}"}], hosts=[])
    said = says(plain)  # either, from one time to the next
    assert "closed" in said or "reset" in said, said


def test_a_key_with_a_password_is_refused_and_not_asked_for(server, files, tmp_path):
    openssl(files, "ec", "-in", "client/key.pem", "-aes256", "-passout", "pass:secret", "-out", "locked.pem")
    assert "key_file " in says(of(tmp_path, server.secure, **options(files, key_file=f"{files}/locked.pem")))


def test_a_server_that_never_ends_the_handshake(files, tmp_path):
    with Listener() as hung:
        config = write_config(tmp_path, redis=[{"name": "cache", "url": f"rediss://127.0.0.1:{hung.port}", "timeout": "500ms",
                                                **options(files)}], hosts=[])
        assert "no answer to the TLS handshake" in says(config)


def test_a_restarted_server_is_connected_to_again(files, tmp_path):
    with contextlib.ExitStack() as stack:
        own = Encrypted(tmp_path_of(tmp_path, files))
        stack.callback(own.end)
        config = of(tmp_path, own.secure, **options(files))
        assert answers(config)
        own.end()
        assert "refused" in says(config)
        own.start()
        assert answers(config)


def tmp_path_of(tmp_path, files):
    for name in ("ca.pem", "server", "client"):
        (shutil.copytree if (files / name).is_dir() else shutil.copy)(files / name, tmp_path / name)
    return tmp_path
