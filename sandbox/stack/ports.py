"""Free loopback ports."""

import random
import socket

from .state import HOST, Failure

# Below the range that the kernel gives to clients (net.ipv4.ip_local_port_range), so that no client
# takes a port before its server does.
RANGE = range(20000, 32000)


def free(count):
    """That many different ports on which nothing listens."""
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
