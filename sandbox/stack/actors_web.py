"""The visitors of the platform's API."""

from http.client import HTTPException

from . import web
from .actor import Actor

PATHS = ("/health", "/api/v1/analytics/revenue", "/api/v1/health")


class Visitors(Actor):
    """Two requests per second. The results are in the API's metrics; failures are expected."""

    period = 0.5

    def __init__(self, state, board):
        super().__init__(state, board)
        self.count = 0

    def step(self, mode):
        if mode["paused"]:
            return
        self.count += 1
        slow = mode["scene"] == "api-slow"
        try:
            web.get(self.state.port("api"), PATHS[self.count % len(PATHS)], 0.5 if slow else 5)
        except (OSError, HTTPException):
            pass
