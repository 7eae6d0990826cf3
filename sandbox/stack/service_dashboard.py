"""The platform's web dashboard: a page.

    python3 -m stack.service_dashboard STATE PORT
"""

from .service_http import Server, answer, arguments

PAGE = "<!doctype html><title>ECAP</title><h1>ECAP dashboard</h1><p>A stand-in, for stacktop's sandbox.</p>\n"


def main():
    state, port = arguments()
    Server(state, port, {
        "/": lambda: (200, "text/html; charset=utf-8", PAGE),
        "/health": lambda: answer(200, {"status": "ok"}),
    }).serve_forever()


if __name__ == "__main__":
    main()
