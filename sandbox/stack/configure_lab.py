"""What a person and stacktop need to know of a lab that is up: stacktop.yaml and addresses.txt, of the parts
that it has."""

import json

from . import certificates, clients
from .kafka_secured import NONE, SOME, SUPER
from .state import write_json, write_private


def lab(state):
    lists = {"kafka": kafka(state)}
    text = "# stacktop's own lab, as it was started last (docs/sandbox.md)\nname: lab\nenvironment: lab\ninterval: 2s\n"
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
