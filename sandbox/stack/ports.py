"""Free loopback ports."""

import random
import socket

from .state import HOST, Failure

# Below those that the kernel gives to clients (net.ipv4.ip_local_port_range), which could take one
# before its server does.
RANGE = range(20000, 32000)


def free(count):
    """So many different ports where nothing listens."""
    found = []
    for port in random.sample(RANGE, 500):
        if len(found) == count:
            return found
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
    raise Failure("no free ports")
