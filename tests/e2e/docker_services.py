"""Services in containers of a test's own engine: a web server each, and a neighbour of the same compose service in another
project, which is not to be touched."""

import urllib.request

import pytest

from docker_engine import PROJECT, SERVICE
from headless import FAILED, PARTLY, apply, plan  # noqa: F401 (for those who import this)
from sandbox import wait_until
from stacktop import closed_port, stacktop, write_config

SERVE = """trap 'kill $pid; exit 0' TERM
mkdir -p /www && echo ok > /www/health
httpd -f -p 127.0.0.1:{port} -h /www & pid=$!
wait $pid"""


class Web:
    """A container that serves on a port of this host."""

    def __init__(self, engine, name, project="ecap", port=None, start=True, **options):
        self.engine, self.name, self.port = engine, f"{project}-{name}-1", port or closed_port()
        make = engine.run if start else engine.create
        labels = {PROJECT: project, SERVICE: name, "com.docker.compose.container-number": "1"}
        self.id = make(self.name, "sh", "-c", SERVE.format(port=self.port), labels=labels, network="host", **options)

    def entry(self, name, runtime, **more):
        return {"name": name, "address": f"127.0.0.1:{self.port}", "health": f"http://127.0.0.1:{self.port}/health",
                "runtime": runtime, "engine": f"unix://{self.engine.socket}", **more}

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2).status == 200
        except OSError:
            return False

    def state(self):
        return self.engine.state(self.name)


@pytest.fixture
def neighbour(engine):  # noqa: F811
    """The service api of another project."""
    engine.run("shop-api-1", labels={PROJECT: "shop", SERVICE: "api"})
    before = engine.inspect("shop-api-1")
    yield
    after = engine.inspect("shop-api-1")
    assert (after["Id"], after["State"]) == (before["Id"], before["State"])


def configured(folder, *entries, **more):
    return write_config(folder, services=list(entries), interval="500ms", hosts=[], environment="staging",
                        state=str(folder / "state"), **more)


def row(config, name):
    """The columns of a service after one collection, and all findings and notes as text."""
    run = stacktop("-c", config, "check", "--json")
    target = next(each for each in run.json["targets"] if each["name"] == name)
    table = next(each for each in target["tables"] if each["id"] == "services")
    return table["rows"][0], run




def labels(project="ecap", service="api", number="1", **more):
    return {PROJECT: project, SERVICE: service, "com.docker.compose.container-number": number, **more}


def up(engine, **options):  # noqa: F811
    api = Web(engine, "api", **options)
    wait_until(api.answers, what="the service to answer")
    return api


def cells(config, name="api"):
    found, run = row(config, name)
    return found["cells"], found, run


def sentences(run):
    return " | ".join(f"{finding['subject']}: {finding['sentence']}" for finding in run.json["findings"])


def stack(engine, tmp_path, broken=None):  # noqa: F811
    """Three services in order; the one that is broken does not answer after its restart."""
    webs = {name: Web(engine, name) for name in ("db", "api", "dashboard")}
    for web in webs.values():
        wait_until(web.answers, what="the services to answer")
    entries = [web.entry(name, {"compose": f"ecap/{name}"}, ready="2s", expect="204" if name == broken else "200")
               for name, web in webs.items()]
    return webs, configured(tmp_path, *entries, webs["db"].entry("absent", {"compose": "ecap/none"}),
                            {**webs["db"].entry("kept", {"compose": "ecap/db"}), "read_only": True},
                            {"name": "plain", "address": f"127.0.0.1:{webs['db'].port}"})


def started(webs):
    return {name: web.state()["StartedAt"] for name, web in webs.items()}
