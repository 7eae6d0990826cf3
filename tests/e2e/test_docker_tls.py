"""An engine over TCP with TLS that verifies its clients: dockerd --tlsverify on loopback, by the configuration, by the docker
command's environment and by a context."""

import json
import shutil
import subprocess

import pytest

from docker_engine import Engine, running
from stacktop import OK, check, closed_port, stacktop, write_config

BESIDE = "others"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder):
    """server/ and client/ of one authority, as the docker command names them."""
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test authority",
            "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth"),
                            ("client", "extendedKeyUsage=clientAuth")):
        (folder / name).mkdir()
        shutil.copy(folder / "ca.pem", folder / name)
        (folder / "extension").write_text(extension)
        openssl(folder, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}/key.pem", "-out", "request.pem")
        openssl(folder, "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2",
                "-extfile", "extension", "-out", f"{name}/cert.pem")


class Verifying(Engine):
    def command(self):
        self.port = closed_port()
        certificates(self.folder)
        server = self.folder / "server"
        return [*super().command(), "-H", f"tcp://127.0.0.1:{self.port}", "--tlsverify", f"--tlscacert={server}/ca.pem",
                f"--tlscert={server}/cert.pem", f"--tlskey={server}/key.pem"]

    @property
    def url(self):
        return f"tcp://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def engine():
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    with running(Verifying) as it:
        it.run("api", "sh", "-c", "echo hello; sleep 1000")
        yield it


def of(folder, **options):
    return write_config(folder, docker=[{"name": "engine", **options}], hosts=[])


def files(engine, *names):
    return {f"{name}_file": str(engine.folder / "client" / f"{name}.pem") for name in names}


def environment(engine, **more):
    return {"DOCKER_HOST": engine.url, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(engine.folder / "client"), **more}


def good(run):
    assert run.status == OK and "api" in run.stdout, run


def test_the_configuration_names_it(engine, tmp_path):
    good(check(of(tmp_path, endpoint=engine.url, **files(engine, "ca", "cert", "key"))))


def test_the_environment_names_it(engine, tmp_path):
    path = of(tmp_path)
    good(check(path, env=environment(engine)))
    run = stacktop("-c", path, "logs", "engine/api", env=environment(engine))
    assert "hello" in run.stdout, run
    run = check(path, env=environment(engine, DOCKER_TLS_VERIFY=""))
    assert run.status != OK and "the engine accepts TLS only; set ca_file" in run.stdout, run
    run = check(path, env=environment(engine, DOCKER_CERT_PATH=str(tmp_path)))
    assert run.status != OK and f"DOCKER_CERT_PATH: there is no ca.pem in {tmp_path}" in run.stdout + run.stderr, run


def test_a_service_takes_the_same(engine, tmp_path):
    path = write_config(tmp_path, services=[{"name": "api", "address": "127.0.0.1:1", "runtime": {"docker": "api"}}], hosts=[])
    run = check(path, "--json", env=environment(engine))
    (cells,) = [each for table in run.document.target("service")["tables"] for each in (row["cells"] for row in table["rows"])]
    assert cells["run"] == "running", run


def test_a_context_names_it(engine, tmp_path):
    meta, tls = tmp_path / "contexts/meta/0123", tmp_path / "contexts/tls/0123/docker"
    meta.mkdir(parents=True)
    shutil.copytree(engine.folder / "client", tls)
    (meta / "meta.json").write_text(json.dumps({"Name": "tls", "Endpoints": {"docker": {"Host": engine.url, "SkipTLSVerify": False}}}))
    (tmp_path / "config.json").write_text('{"currentContext": "tls"}')
    good(check(of(tmp_path), env={"DOCKER_CONFIG": str(tmp_path)}))
    (tmp_path / "other").mkdir()
    certificates(tmp_path / "other")
    shutil.copy(tmp_path / "other/ca.pem", tls / "ca.pem")
    run = check(of(tmp_path), env={"DOCKER_CONFIG": str(tmp_path)})
    assert run.status != OK and "TLS: " in run.stdout, run
    (meta / "meta.json").write_text(json.dumps({"Name": "tls", "Endpoints": {"docker": {"Host": engine.url, "SkipTLSVerify": True}}}))
    good(check(of(tmp_path), env={"DOCKER_CONFIG": str(tmp_path)}))


def test_a_context_of_the_docker_command_itself(engine, tmp_path):
    """As it writes them."""
    if not shutil.which("docker"):
        pytest.skip("the docker command is not installed")
    client = engine.folder / "client"
    for words in (["create", "real", "--docker", f"host={engine.url},ca={client}/ca.pem,cert={client}/cert.pem,key={client}/key.pem"],
                  ["use", "real"]):
        subprocess.run(["docker", "--config", tmp_path, "context", *words], check=True, capture_output=True)
    good(check(of(tmp_path), env={"DOCKER_CONFIG": str(tmp_path)}))


def test_what_is_refused(engine, tmp_path):
    run = check(of(tmp_path, endpoint=engine.url, **files(engine, "ca")))
    assert run.status != OK and "requires a client certificate, set cert_file and key_file" in run.stdout, run
    run = check(of(tmp_path, endpoint=engine.url.replace("127.0.0.1", "localhost"), **files(engine, "ca", "cert", "key")))
    assert run.status != OK and "TLS: the certificate is for a different host name" in run.stdout, run
