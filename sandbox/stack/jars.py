"""Kafka's jars: by Maven from the pinned pom.xml, once, into a cache that all sandboxes share."""

import hashlib
import os
import re
import shutil
import subprocess

from . import cache
from .part import Absent
from .state import ROOT

POM = ROOT / "sandbox/kafka/pom.xml"
MAVEN_SECONDS = 420
JAVA_VERSION = 17
# Quick to start, and with nothing left in /tmp.
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]


def java():
    """The path of a Java that Kafka 4 runs on."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else None
    program = program or shutil.which("java")
    if not program:
        raise Absent("no Java: Kafka needs Java 17 or newer")
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version.group(1)) < JAVA_VERSION:
        raise Absent(f"Kafka needs Java 17 or newer, this is {told.splitlines()[0] if told else 'none'}")
    return program


def get(log, env=None):
    """The folder with the jars. They are fetched when they are not there yet, by a Maven with this
    environment; log gets its words."""
    return cache.get(hashlib.sha256(POM.read_bytes()).hexdigest()[:12], lambda incoming: _fetch(incoming, log, env))


def _fetch(incoming, log, env):
    maven = shutil.which("mvn")
    if not maven:
        raise Absent("no mvn to fetch Kafka's jars with")
    print("fetching Kafka's jars by Maven (45 MB, once) ...", flush=True)
    repository = incoming.parent / "repository"
    cache.run([maven, "-B", "-ntp", "-f", str(POM), f"-Dmaven.repo.local={repository}",
               "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={incoming}"],
              "Maven", "Kafka's jars", log, MAVEN_SECONDS, env)
    shutil.rmtree(repository, ignore_errors=True)  # the jars are all that is needed of it


def command(jars, main, *arguments, heap="-Xmx256m", options=()):
    return [java(), heap, *QUICK, *options, "-cp", f"{jars}/*", main, *arguments]
