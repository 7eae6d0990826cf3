"""Writes stacktop.yaml and addresses.txt of a running lab, for the parts that it has."""

import json

from . import certificates, clients
from .kafka_secured import NONE, SOME, SUPER
from .pgbouncer import POOLS
from .postgres_lab import ENCODINGS, PLAIN_USER
from .state import HOST, write_json, write_private


def lab(state):
    lists = {"services": services(state), "kafka": kafka(state), "postgres": postgres(state),
             "pgbouncer": pgbouncer(state), "redis": redis(state)}
    text = "# stacktop's lab (docs/sandbox.md). Written at each start.\nname: lab\nenvironment: lab\ninterval: 2s\n"
    addresses = ""
    for kind, targets in lists.items():
        if targets:
            text += f"{kind}:\n" + "".join(f"  - {json.dumps(target)}\n" for target in targets)  # JSON is YAML
            addresses += "".join(f"{kind:10} {target['name']:18} {address(target)}\n" for target in targets)
    write_private(state.folder / "stacktop.yaml", text)
    write_json(state.folder / "targets.json", lists)
    write_private(state.folder / "addresses.txt", addresses)


def address(target):
    return next(target[key] for key in ("bootstrap", "dsn", "url", "health", "address") if key in target)


def services(state):
    """Good and bad targets; the name says what to expect."""
    authority = str(certificates.folder(state) / "ca.pem")
    found = []
    for name, facts in state.group("http").items():
        address = f"{HOST}:{facts['port']}"
        if name == "http":
            found.append({"name": name, "address": address, "health": f"http://{address}/health"})
        else:
            found.append({"name": name, "address": address, "health": f"https://{address}/health",
                          "ca_file": authority})
    return found


def postgres(state):
    if not state.group("postgres"):
        return []

    def target(name, part, database, user="ecap_user"):
        return {"name": name, "dsn": f"postgresql://{user}:{state.data['passwords'][user]}@{HOST}:{state.port(part)}"
                                     f"/{database}"}

    return [
        target("primary", "postgres", "ecap"), target("standby", "standby", "ecap"),
        *(target(name, "postgres", name) for name in ENCODINGS),
        target("plain-user", "postgres", "ecap", PLAIN_USER),
        *(target(f"pool-{pool}", "pgbouncer", pool) for pool in POOLS
          if state.part("pgbouncer").get("status") != "absent"),
    ]


def pgbouncer(state):
    """Its console, for an administrator and for a user that may only read."""
    if not state.group("postgres") or state.part("pgbouncer").get("status") == "absent":
        return []
    return [{"name": name, "dsn": f"postgresql://{user}:{state.data['passwords'][user]}@{HOST}:{state.port('pgbouncer')}"
                                  "/pgbouncer"}
            for name, user in (("pooler", "postgres"), ("pooler-read-only", "ecap_user"))]


def redis(state):
    parts = {**state.group("redis"), **state.group("cluster")}
    return [{"name": name, "url": f"redis://{HOST}:{facts['port']}"} for name, facts in parts.items()]


def kafka(state):
    if not state.group("kafka"):
        return []

    def user(name):
        return {"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": name,
                "sasl.password": state.data["passwords"][name]}

    tls = {"security.protocol": "ssl", "ssl.ca.location": str(certificates.folder(state) / "ca.pem")}
    listeners = [("kafka", "port", {}), ("kafka-tls", "ssl_port", tls),
                 *((name.replace("_", "-"), "sasl_port", user(name)) for name in (SUPER, SOME, NONE))]
    return [{"name": name, "bootstrap": clients.bootstrap(state, listener), "properties": properties}
            for name, listener, properties in listeners]
