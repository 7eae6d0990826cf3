"""The platform's streaming service: the members of its consumer group. In the scenes lag, stuck-consumer and skew they do
not keep up, until a restart.

    python3 -m stack.service_streaming STATE PORT
"""

import threading

from .actors_kafka import MEMBERS, Member
from .crew import Crew
from .service_http import Server, answer, arguments


def main():
    state, port = arguments()
    crew = Crew(state, "streaming", {"streaming": [Member] * MEMBERS})
    # Healthy as long as the process responds, as many such services are: only the lag shows that it does not work.
    server = Server(state, port, {"/health": lambda: answer(200, {"status": "ok", **crew.errors()})})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    crew.run()


if __name__ == "__main__":
    main()
