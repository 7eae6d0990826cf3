"""A small file system of its own, for the scene disk-full. It is mounted by its service, and needs root."""

import ctypes
import os

from .part import Absent
from .web import Service

MNT_DETACH = 2


class Disk(Service):
    name = "disk"
    module = "service_disk"
    optional = True

    def prepare(self):
        if os.geteuid() != 0:
            raise Absent("a file system of its own needs root")
        data(self.state).mkdir(exist_ok=True)

    def end_orphans(self):
        """Unmounts it, also where its service was killed."""
        libc = ctypes.CDLL(None, use_errno=True)
        while os.path.ismount(data(self.state)):
            if libc.umount2(os.fsencode(data(self.state)), MNT_DETACH) != 0:
                break


def data(state):
    return state.folder / "disk" / "data"


def used(state):
    """The share of its space that is used."""
    figures = os.statvfs(data(state))
    return 1 - figures.f_bavail / figures.f_blocks
