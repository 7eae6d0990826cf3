"""The rules of the house that neither the compiler nor the linker holds.

Each rule is a function of a source tree that yields what is wrong, as "file:line: what, and what to
do". They look at the code without its comments and strings.
"""

import re
import subprocess
from pathlib import Path

# Whom a room may include beside itself (docs/architecture.md). main.c and app see all. "clients" is
# all clients, "clients/own" the one of the including file's own system.
ROOMS = {
    "core": set(),
    "model": {"core"},
    "io": {"core"},
    "clients": {"io", "model", "core"},
    "collectors": {"clients", "io", "model", "core"},
    "actions": {"clients", "io", "model", "core"},
    "logs": {"clients", "io", "model", "core"},
    "audit": {"io", "model", "core"},
    "events": {"audit", "io", "model", "core"},
    "config": {"model", "core"},
    "report": {"model", "core"},
    "ui": {"model", "core"},
    "operate": {"actions", "audit", "io", "model", "core"},
    "app": {"core", "model", "io", "clients", "collectors", "actions", "audit", "config", "report", "ui",
            "operate", "logs", "events"},
}
# Rooms with a folder for each system: such a folder includes none beside it. A system's own client
# is the folder of its name, but for these.
BY_SYSTEM = ("clients", "collectors", "actions")
CLIENTS = {"pgbouncer": "postgres"}
# Below the clients: what systems with an API over HTTP share. Each client, collector and action may
# include it; it includes none.
SHARED = "web"
# Services are where the runtimes come together: the clients that each folder "service" may include too.
RUNTIMES = {"service": {"docker", "kubernetes", "systemd"}, "alert": {"prometheus"}, "fleet": {"prometheus"}}

# The headers of libraries, and who may include them: rooms ("io"), folders ("clients/redis") or files
# ("ui/terminal/terminal.c").
LIBRARIES = {
    r"(n?cursesw?/)?(n?curses|term)\.h": {"ui/terminal/terminal.c"},
    r"uv\.h": {"io", "events", "clients", "collectors", "actions", "audit", "logs", "operate", "app",
                "main.c"},
    r"libpq-fe\.h|libpq/.*": {"clients/postgres/"},
    r"librdkafka/.*": {"clients/kafka/child/"},
    r"hiredis/.*": {"clients/redis/", "collectors/redis/", "actions/redis/"},
    r"curl/.*": {"io/http/"},
    r"ares\.h": {"io/net/dns.c", "io/net/dns_answer.c"},
    r"yaml\.h": {"config"},
    r"jansson\.h": {"core", "report", "audit", "clients/docker/", "clients/kubernetes/", "collectors/kubernetes/",
                     "actions/kubernetes/", "clients/service/", "clients/web/", "clients/prometheus/", "clients/spark/", "clients/connect/",
                     "clients/elasticsearch/", "clients/s3/", "collectors/alert/", "collectors/notify/"},
    r"openssl/.*": {"report", "clients/s3/", "io/http/", "io/tls/", "io/net/line_tls.c"},
    r"sqlite3\.h": {"events"},
    r"expat\.h": {"clients/s3/"},
    r"systemd/.*": {"clients/systemd/", "logs/log_journal.c"},
    r"pcre2\.h": {"core/pattern.c"},
    r"zstd\.h|zlib\.h": {"clients/host/"},
    r"utf8proc\.h": {"core", "config"},  # config: where an invalid byte of the file stands
}

# What asks each library for its version.
VERSIONS = "app/startup/versions.c"

# Functions that are not called, or only in some files: name -> (reason, files allowed).
BANNED = {
    "system": ("no string becomes a shell command: argv arrays only", ()),
    "popen": ("no string becomes a shell command: argv arrays only", ()),
    "gets": ("has no bound", ()),
    "sprintf": ("has no bound: snprintf", ()),
    "vsprintf": ("has no bound: vsnprintf", ()),
    "strcpy": ("has no bound: memcpy of a known length, or mem_dup", ()),
    "strtok": ("keeps hidden state: strcspn and strspn, or strtok_r", ()),
    "rand": ("keeps hidden state", ()),
    "alloca": ("has no bound", ()),
    "localtime": ("shares a buffer: localtime_r", ()),
    "gmtime": ("shares a buffer: gmtime_r", ()),
    "atoi": ("cannot fail: strtol with its end checked", ()),
    # What would stop the loop.
    "getaddrinfo": ("waits for the name server: io/net/resolve.h", ("io/net/resolve.c",)),
    "gethostbyname": ("waits for the name server: io/net/resolve.h", ()),
    "getnameinfo": ("waits for the name server: io/net/resolve.h", ()),
    "PQconnectdb": ("waits for the server: PQconnectStartParams", ()),
    "PQconnectdbParams": ("waits for the server: PQconnectStartParams", ()),
    "PQconnectStart": ("takes one string: PQconnectStartParams", ()),
    "PQsetdbLogin": ("waits for the server: PQconnectStartParams", ()),
    "PQreset": ("waits for the server: a new connection", ()),
    "PQexec": ("waits for the server: PQsendQuery", ()),
    "PQexecParams": ("waits for the server: PQsendQueryParams", ()),
    "PQprepare": ("waits for the server: PQsendPrepare", ()),
    "PQexecPrepared": ("waits for the server: PQsendQueryPrepared", ()),
    "PQcancel": ("waits for the server", ()),
    "redisConnect": ("waits for the server: redisAsyncConnectWithOptions", ()),
    "redisConnectWithTimeout": ("waits for the server: redisAsyncConnectWithOptions", ()),
    "redisConnectWithOptions": ("waits for the server: redisAsyncConnectWithOptions", ()),
    "redisCommand": ("waits for the server: redisAsyncCommand", ()),
    "redisCommandArgv": ("waits for the server: redisAsyncCommandArgv", ()),
    "rd_kafka_query_watermark_offsets": ("waits for the broker: ListOffsets", ()),
    "rd_kafka_committed": ("waits for the broker: ListConsumerGroupOffsets", ()),
    "rd_kafka_list_groups": ("waits for the broker: ListConsumerGroups", ()),
    # in the client's own process (clients/kafka/child/kafka_child.c): librdkafka before 2.3 has no ListOffsets
    "rd_kafka_offsets_for_times": ("waits for the broker: ListOffsets", ("clients/kafka/child/read/kafka_offsets.c",)),
    "sd_bus_call": ("waits for systemd: sd_bus_call_async", ()),
    "sd_bus_call_method": ("waits for systemd: sd_bus_call_async", ()),
    "sd_bus_get_property": ("waits for systemd: sd_bus_call_async", ()),
    "sd_bus_get_property_string": ("waits for systemd: sd_bus_call_async", ()),
    "sd_bus_set_property": ("waits for systemd: sd_bus_call_async", ()),
    "sd_bus_add_match": ("waits for the bus: sd_bus_match_signal_async", ()),
    "sd_bus_match_signal": ("waits for the bus: sd_bus_match_signal_async", ()),
    "sd_bus_flush": ("waits for the bus", ()),
    "sd_bus_wait": ("waits for the bus", ()),
    "sd_bus_open_system": ("takes what the environment says: systemd_address", ()),
    "sd_bus_flush_close_unref": ("waits for the bus: sd_bus_close", ()),
    "curl_easy_perform": ("waits for the server: the multi handle of io/http/http.h", ()),
    "statvfs": ("a hung mount holds it for ever: io/file/mount.h on a thread of io/worker.h",
                ("io/file/mount.c",)),
    "realpath": ("the same", ("io/file/mount.c", "io/file/keep_file.c", "io/file/beacon_file.c", "logs/log_rotation.c")),  # the others run on a thread of their own
    "sleep": ("nothing sleeps: a uv timer", ()),
    "usleep": ("nothing sleeps: a uv timer", ()),
    "nanosleep": ("nothing sleeps: a uv timer", ()),
}

# Output belongs to the rooms that print: the screen is ui/terminal/terminal.c's and ui/terminal/tty.c's.
PRINTING = ("printf", "puts", "putchar", "vprintf", "perror")
PRINTERS = ("report/", "app/", "main.c")

# Globals that change, beside app's: "file.c:symbol" -> why there is no other way.
GLOBALS = {
    "clock.c:wall_minus_boot_us": "the offset between two clocks of the machine, fixed at the start",
    "clock.c:wall_offset_us": "by how much the host's clock was set since",
    "clock.c:started": "the same",
}

LINES_MAX = 800  # a ceiling; the aim is half of it


def strip(code):
    """The code with comments and the insides of literals made blank; lines stay where they are."""
    pattern = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""

    def blank(match):
        text = match.group()
        if text[0] in "\"'":
            return text[0] * 2
        return "\n" * text.count("\n") or " "

    return re.sub(pattern, blank, code, flags=re.S)


def sources(root, *suffixes):
    src = Path(root) / "src"
    for path in sorted(src.rglob("*")):
        if path.suffix in (suffixes or (".c", ".h")):
            yield path, path.relative_to(src).as_posix()


def room_of(name):
    return name.split("/")[0] if "/" in name else "app"


def allowed(name, places):
    return any(name == place or room_of(name) == place or
               (place.endswith("/") and name.startswith(place)) for place in places)


def check_includes(root):
    """Rooms include only whom they may; collectors and actions never each other."""
    for path, name in sources(root):
        room = room_of(name)
        if room not in ROOMS:
            yield f"src/{name}:1: a room that ROOMS does not know"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            kind, header = match.groups()
            if kind == '"':
                yield from _own_header(name, room, header, number)
            else:
                yield from _library_header(name, header, number)


def _system_of(name):
    """ "redis" of "actions/redis/redis_keys.c"; "" of "actions/action.h"."""
    parts = name.split("/")
    return parts[1] if len(parts) >= 3 and parts[0] in BY_SYSTEM else ""


def _own_header(name, room, header, number):
    if "/" not in header:
        if not header.endswith(".def"):
            yield f'src/{name}:{number}: "{header}": write its room: "{room}/{header}"'
        return
    other = header.split("/")[0]
    if other != room and other not in ROOMS[room]:
        yield f"src/{name}:{number}: {room} must not include {other} ({header})"
    mine, theirs = _system_of(name), _system_of(header)
    if not theirs or room not in BY_SYSTEM:
        return
    if other == "clients" and (theirs in RUNTIMES.get(mine, ()) or theirs == SHARED):
        return
    if room == other and mine != theirs:
        yield f"src/{name}:{number}: the systems of {room} do not include each other ({header})"
    elif room != other and theirs != CLIENTS.get(mine, mine):
        yield f"src/{name}:{number}: {room}/{mine} has no business with {other}/{theirs} ({header})"


def _library_header(name, header, number):
    for pattern, places in LIBRARIES.items():
        if name != VERSIONS and re.fullmatch(pattern, header) and not allowed(name, places):
            yield f"src/{name}:{number}: <{header}> belongs in {', '.join(sorted(places))}"


def _modules(root):
    """Which module includes which: a .c and the .h of its name are one, so that a circle through the
    implementation is one too."""
    graph = {}
    for path, name in sources(root):
        module = name.rsplit(".", 1)[0]
        edges = graph.setdefault(module, {})
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := re.match(r'\s*#\s*include\s*"([^"]+)\.h"', line):
                if match.group(1) != module:
                    edges.setdefault(match.group(1), f"src/{name}:{number}")
    return graph


def _way(graph, start, end):
    """The shortest way from start to end, both included; empty if there is none."""
    before, waiting = {start: None}, [start]
    for module in waiting:
        for other in graph.get(module, ()):
            if other in before:
                continue
            before[other] = module
            waiting.append(other)
            if other == end:
                way = [end]
                while before[way[0]] is not None:
                    way.insert(0, before[way[0]])
                return way
    return []


def check_circles(root):
    """No module includes another that includes it again, over however many others: what both need is
    a module of its own below them. Each circle is reported once."""
    graph, seen = _modules(root), set()
    for module, edges in sorted(graph.items()):
        for other, where in sorted(edges.items()):
            way = _way(graph, other, module)
            if way and frozenset(way) not in seen:
                seen.add(frozenset(way))
                yield f"{where}: a circle of includes: {' -> '.join([module] + way)}"


def check_calls(root):
    """No call of a function that has no bound, keeps hidden state or would stop the loop."""
    names = "|".join(BANNED)
    call = re.compile(rf"(?<![\w.>]){'(' + names + ')'}\s*\(")
    for path, name in sources(root):
        for number, line in enumerate(strip(path.read_text()).splitlines(), 1):
            for match in call.finditer(line):
                reason, files = BANNED[match.group(1)]
                if name not in files:
                    yield f"src/{name}:{number}: {match.group(1)}(): {reason}"


def check_printing(root):
    """Only report, app and main write to the standard output."""
    call = re.compile(rf"(?<![\w.>])(?:({'|'.join(PRINTING)})\s*\(|(stdout|STDOUT_FILENO)\b)")
    for path, name in sources(root):
        if allowed(name, PRINTERS) or name in ("ui/terminal/terminal.c", "ui/terminal/tty.c"):
            continue
        for number, line in enumerate(strip(path.read_text()).splitlines(), 1):
            if match := call.search(line):
                what = match.group(1) or match.group(2)
                yield f"src/{name}:{number}: {what}: only {', '.join(PRINTERS)} print"


def check_globals(libraries, allow=None):
    """No room but app keeps state of its own: what changes is owned by something made with new or
    init. Reads the symbols of the built libraries."""
    allow = GLOBALS if allow is None else allow
    unused = set(allow)
    for library in libraries:
        if Path(library).stem == "libroom_app":
            continue
        listing = subprocess.run(["objdump", "-t", library], check=True, capture_output=True, text=True)
        member = "?"
        for line in listing.stdout.splitlines():
            if match := re.match(r"(\S+\.c)\.o:", line):
                member = match.group(1)
            # "0000 l     O .bss  0008 name"; .data.rel.ro holds constants with addresses in them
            match = re.match(r"\S+ .{7} (\.t?bss|\.t?data|\*COM\*)\S*\s+\S+\s+(?:\.hidden )?(\S+)$", line)
            if not match or ".data.rel.ro" in line:
                continue
            section, symbol = match.groups()
            if symbol.startswith(".") or symbol == section:
                continue
            symbol = re.sub(r"\.\d+$", "", symbol)  # a static inside a function
            where = f"{member}:{symbol}"
            unused.discard(where)
            if where not in allow:
                yield f"{where} ({section}): state without an owner; or name it in GLOBALS with a reason"
    for where in sorted(unused):
        yield f"{where}: GLOBALS allows it, but there is no such symbol"


# Functions that take the id of a table or a column, and where it stands among their arguments.
ID_ARGUMENTS = {
    "table_column": r"[^,()]*(?:\([^()]*\))?[^,()]*,\s*",
    "model_cell": r"[^,()]*,[^,()]*,\s*",
    "sample_table": r"[^,()]*,\s*",
    "sample_table_view": r"[^,()]*,\s*",
    "sample_note": r"[^,()]*,(?:[^,()]*,)?\s*",
    "sample_fault": r"[^,()]*,\s*",
}
# What is left of the actions' own tables and plans, by folder: how many places. It only gets less.
IDS_LEFT = {}
CELLS_LEFT = {}
KEYS_LEFT = {}


def _beyond(found, left):
    """Those places of a folder that are more than are left."""
    folders = {}
    for name, places in sorted(found.items()):
        folders.setdefault(name.rpartition("/")[0], []).extend((name, *place) for place in places)
    for folder, places in folders.items():
        if len(places) > left.get(folder, 0):
            yield from (f"src/{name}:{number}: {what}" for name, number, what in places)


def _lines_with(root, pattern, rooms, what):
    found = {}
    for path, name in sources(root):
        if room_of(name) not in rooms:
            continue
        for number, line in enumerate(strip(path.read_text()).splitlines(), 1):
            for match in re.finditer(pattern, line):
                found.setdefault(name, []).append((number, f"{match.group()}: {what}"))
    return found


def check_ids(root, left=None):
    """A table or column is named by its spec or its contract (clients/SYSTEM/SYSTEM_contract.h): an
    id that is renamed does not compile then."""
    found = {}
    for path, name in sources(root):
        code = strip(path.read_text())
        for function, before in ID_ARGUMENTS.items():
            for match in re.finditer(rf'\b{function}\(\s*{before}""', code):
                number = code.count("\n", 0, match.end()) + 1
                found.setdefault(name, []).append(
                    (number, f"{function}(): an id as a literal: take it from the contract or the spec"))
    yield from _beyond(found, IDS_LEFT if left is None else left)


def check_cells(root, left=None):
    """A cell is named by the enum of its columns, not by a number; column 0 is the label of every row."""
    found = _lines_with(root, r"\bcells\[\s*[1-9]\d*\s*\]", ROOMS, "name the column by its enum")
    yield from _beyond(found, CELLS_LEFT if left is None else left)


def check_keys(root, left=None):
    """Only the contract reads a row's key (clients/SYSTEM/SYSTEM_contract.h); no cell's text is read back."""
    pattern = r"\b(?:strto\w+|sscanf|strr?chr|strc?spn)\(\s*(?:[\w\[\].>-]*(?:->|\.))?(?:keys?\b|cells\[)"
    found = _lines_with(root, pattern, ("collectors", "actions", "operate", "ui", "report"),
                        "a key is read by its contract, a value is taken from the model")
    yield from _beyond(found, KEYS_LEFT if left is None else left)


def check_lengths(root, ceiling=LINES_MAX):
    for path, name in sources(root):
        lines = len(path.read_text().splitlines())
        if lines > ceiling:
            yield f"src/{name}:{lines}: longer than {ceiling} lines: it has more than one responsibility"


# Idioms of our own that a reader of English stumbles over, in what is shown and in the manual.
IDIOMS = re.compile(
    r"\b(by now|whoever|are told|is told|goes on behind|as it stands|of today|at the most|mends?|mended|nobody listens|"
    r"to be had|not come to|ask all now|the pane alone|while all goes on|(?<!there )is no (duration|size|list|plan|trouble|"
    r"finding|name|absolute path|configuration|place|option|URL)|no word why|wants a|whomever|gone already|not heard from)\b")
# Those that the manual may still use, but what is shown on the screen and in errors may not.
SHOWN = re.compile(
    r"\b(nobody|everybody|anew|goes? on|half-way|so long|(what )?is said|is asked|no more than|at the (most|least)|under way|"
    r"comes? to|makes? no sense|what answers|log-in|look-ups?|passed over|left (out|alone)|as they stand|"
    r"taken up|yet to|turned away|lies on)\b", re.I)
# Comments of C code: they give a reason or a contract, and read like the rest.
COMMENTED = re.compile(
    r"\b(by now|who(m)?ever|anew|goes? on|half-way|at the (most|least)|to be had|(is|are|was|were|be|been) told|"
    r"(some|no|every|any)body|as (it stands|they stand)|of today)\b", re.I)
MANUAL = ("README.md", "CONTRIBUTING.md", "docs/*.md")
# Scripts, configurations and tests that are checked line by line, like the manual.
SCRIPTS = ("run", ".ci/*", "examples/**/*", "themes/*", "runbooks/*", "sandbox/**/*", "tests/e2e/*.py")
# C code whose comments are checked, beside src; and the files of it that are not clean yet.
TEST_CODE = ("tests/unit/**/*.[ch]", "tests/fuzz/*.[ch]")
TEST_CODE_LATER = re.compile(r"tests/unit/(io/test_http|collectors/test_service|clients/(docker|http)/)")


def _literals(code):
    """The string literals of C code with their lines; those side by side are one."""
    code = re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment.group()), code, flags=re.S)
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', code):
        yield code.count("\n", 0, match.start()) + 1, re.sub(r'"\s*"', "", match.group())


def _comments(code):
    """The comments of C code with their lines, each on one line."""
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', code, flags=re.S):
        if match.group()[0] == "/":
            yield code.count("\n", 0, match.start()) + 1, re.sub(r"\s*\n\s*\*?\s*", " ", match.group())


def _odd_words(texts, *idioms):
    """The idioms in numbered texts; two expressions that match at one place count once."""
    for number, text in texts:
        found = {match.start(): match.group() for words in idioms for match in words.finditer(text)}
        yield from ((number, words) for _, words in sorted(found.items()))


def _files(root, patterns):
    for pattern in patterns:
        for path in sorted(Path(root).glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                yield path, path.relative_to(root).as_posix()


def check_words(root):
    """What is shown, what manual and scripts say and what comments explain is plain English."""
    found = []
    for path, name in sources(root, ".c", ".h", ".def"):
        code = path.read_text()
        found += [(f"src/{name}", *odd) for odd in _odd_words(_literals(code), IDIOMS, SHOWN)]
        found += [(f"src/{name}", *odd) for odd in _odd_words(_comments(code), IDIOMS, COMMENTED)]
    for path, name in _files(root, TEST_CODE):
        if not TEST_CODE_LATER.match(name):
            found += [(name, *odd) for odd in _odd_words(_comments(path.read_text()), IDIOMS, COMMENTED)]
    for path, name in _files(root, MANUAL + SCRIPTS):
        found += [(name, *odd) for odd in _odd_words(enumerate(path.read_text().splitlines(), 1), IDIOMS)]
    for name, number, words in found:
        yield f'{name}:{number}: "{words}": say it in plain English'
