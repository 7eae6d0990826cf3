"""Nodes of a real OpenSearch, from Maven Central's jars: without its scripts, its security and its modules, which stacktop
does not need. A node is up in 10 to 20 seconds."""

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from sandbox import wait_until
from stacktop import ROOT, closed_port

sys.path.insert(0, str(ROOT / "sandbox"))
from stack import cache, jars  # noqa: E402
from stack.part import Absent  # noqa: E402

VERSION, LOG4J = "2.19.6", "2.25.4"
FETCH_SECONDS = 420
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>
<dependency><groupId>org.opensearch</groupId><artifactId>opensearch</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.opensearch.plugin</groupId><artifactId>transport-netty4-client</artifactId>
<version>{VERSION}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>{LOG4J}</version>
</dependency></dependencies></project>
"""
# Without the bootstrap's checks of limits, of the user and of memory.
NODE = """
import java.util.*;
import org.opensearch.common.settings.Settings;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

public class Server {
  static class Own extends Node {
    Own(Settings settings) {
      super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node"),
            List.of(Netty4Plugin.class), false);
    }
  }

  public static void main(String[] args) throws Exception {
    Settings.Builder builder = Settings.builder();
    for (String each : args)
      builder.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    new Own(builder.build()).start();
    Thread.currentThread().join();
  }
}
"""


def _fetch(incoming, log):
    maven, javac = shutil.which("mvn"), shutil.which("javac")
    if not maven or not javac:
        raise Absent("mvn or javac is not installed; they are needed to fetch OpenSearch")
    print(f"fetching OpenSearch {VERSION} with Maven (45 MB, once) ...", flush=True)
    (incoming / "pom.xml").write_text(POM)
    (incoming / "Server.java").write_text(NODE)
    repository = incoming / "repository"
    cache.run([maven, "-B", "-ntp", "-f", str(incoming / "pom.xml"), f"-Dmaven.repo.local={repository}",
               "dependency:copy-dependencies", f"-DoutputDirectory={incoming}"], "Maven", "OpenSearch", log, FETCH_SECONDS)
    shutil.rmtree(repository)
    cache.run([javac, "-nowarn", "-cp", f"{incoming}/*", "-d", str(incoming), str(incoming / "Server.java")], "javac",
              "the node", log, 120)


class Cluster:
    """Nodes by name; n1 is the only one that can be the master."""

    def __init__(self, folder):
        try:
            self.jars = cache.get(f"opensearch-{VERSION}", lambda incoming: _fetch(incoming, folder / "fetch.log"))
            self.java = jars.java()
        except Absent as absent:
            pytest.skip(str(absent))
        self.folder = folder
        self.ports = {name: (closed_port(), closed_port()) for name in ("n1", "n2")}
        self.processes = {}

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name][0]}"

    def start(self, name, **settings):
        http, transport = self.ports[name]
        every = {"cluster.name": "test", "node.name": name, "path.home": str(self.folder / name), "http.port": http,
                 "transport.port": transport, "network.host": "127.0.0.1", "cluster.initial_cluster_manager_nodes": "n1",
                 "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for _, port in self.ports.values()), **settings}
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.java, "-Xms256m", "-Xmx256m", *jars.QUICK, "-Dlog4j2.disable.jmx=true", "-cp",
                 f"{self.jars}:{self.jars}/*", "Server", *(f"{key}={value}" for key, value in every.items())],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.nodes(name) is not None, 90, f"an answer of {name}")

    def stop(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def ask(self, name, path, body=None, method=None):
        request = urllib.request.Request(self.url(name) + path, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def nodes(self, name):
        """How many the node knows; None: it does not answer yet."""
        assert name not in self.processes or self.processes[name].poll() is None, \
            (self.folder / f"{name}.log").read_text()[-2000:]
        try:
            return self.ask(name, "/_cluster/health?local=true")["number_of_nodes"]
        except (OSError, urllib.error.HTTPError, ValueError):
            return None

    def __enter__(self):
        self.start("n1")
        self.start("n2", **{"node.roles": "data"})
        wait_until(lambda: self.nodes("n1") == 2, 60, "both nodes in the cluster")
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self.stop(name)
