"""A small S3 server of the tests' own: it keeps objects in memory, verifies each signature by the specification,
and can be told to fail. It shows what a fault looks like; what real servers do is in
test_s3_long.py."""

import contextlib
import datetime
import hashlib
import hmac
import http.server
import threading
import urllib.parse
from xml.sax.saxutils import escape

ACCESS, SECRET, REGION = "test-access", "test/secret+key", "us-east-1"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    def __init__(self, status, code, message="played", extra=""):
        super().__init__(code)
        self.status, self.code, self.message, self.extra = status, code, message, extra


class Store:
    """buckets: {name: {key: (bytes, datetime)}}."""

    def __init__(self, **buckets):
        self.buckets = {name.replace("_", "-"): dict(objects) for name, objects in buckets.items()}
        self.settings = {}  # {bucket: {"policyStatus": XML, ...}}
        self.public = set()
        self.versions = set()  # buckets with versions: the ids that were deleted
        self.deleted_versions = []
        self.faults = {}  # {(method, "bucket" or "bucket/prefix"): Refused, bytes of another body, or "hang"}
        self.skew = 0  # seconds that this server is ahead
        self.page = 1000
        self.requests = []
        self.by_host = None  # "bucket.HOST"
        self.token = None
        self.urls = False  # keys encoded, as asked for

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.skew)

    def put(self, bucket, key, body=b"", hours=0):
        self.buckets[bucket][key] = (body, self.now() - datetime.timedelta(hours=hours))


def verify(store, handler, path, query, body):
    given = handler.headers.get("Authorization")
    if not given:
        return False
    algorithm, rest = given.split(" ", 1)
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    access, day, region, service, end = parts["Credential"].split("/")
    date = handler.headers["x-amz-date"]
    if access != ACCESS:
        raise Refused(403, "InvalidAccessKeyId")
    if region != REGION:
        raise Refused(400, "AuthorizationHeaderMalformed", extra=f"<Region>{REGION}</Region>")
    names = parts["SignedHeaders"].split(";")
    assert {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names) and names == sorted(names)
    assert handler.headers["x-amz-content-sha256"] == sha256(body)
    assert (algorithm, service, end) == ("AWS4-HMAC-SHA256", "s3", "aws4_request") and date.startswith(day)
    if store.token != handler.headers.get("x-amz-security-token"):
        raise Refused(403, "InvalidToken")
    assert not store.token or "x-amz-security-token" in names
    at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs((store.now() - at).total_seconds()) > 900:
        raise Refused(403, "RequestTimeTooSkewed")
    pairs = sorted((urllib.parse.quote(n, safe="-_.~"), urllib.parse.quote(v, safe="-_.~"))
                   for n, v in urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join([handler.command, urllib.parse.quote(urllib.parse.unquote(path), safe="/-_.~"),
                           "&".join(f"{n}={v}" for n, v in pairs),
                           *(f"{n}:{handler.headers[n].strip()}" for n in names), "", ";".join(names),
                           handler.headers["x-amz-content-sha256"]])
    text = "\n".join([algorithm, date, f"{day}/{region}/{service}/{end}", sha256(canonical.encode())])
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, service, end):
        key = sign(key, part)
    if not hmac.compare_digest(sign(key, text).hex(), parts["Signature"]):
        raise Refused(403, "SignatureDoesNotMatch")
    return True


def listing(store, bucket, query):
    prefix = query.get("prefix", [""])[0]
    after = query.get("continuation-token", [""])[0]
    most = min(int(query.get("max-keys", ["1000"])[0]), store.page)
    keys = sorted(key for key in store.buckets[bucket] if key.startswith(prefix) and key > after)
    shown = keys[:most]

    def text(key):
        return urllib.parse.quote(key) if store.urls else escape(key)

    items = "".join(
        f"<Contents><Key>{text(key)}</Key><LastModified>{store.buckets[bucket][key][1]:%Y-%m-%dT%H:%M:%S.000Z}"
        f"</LastModified><Size>{len(store.buckets[bucket][key][0])}</Size></Contents>" for key in shown)
    more = len(keys) > len(shown)
    return ('<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
            f'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{bucket}</Name>{items}'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>"
            + (f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else "")
            + ("<EncodingType>url</EncodingType>" if store.urls else "") + "</ListBucketResult>")


def answer(store, method, bucket, key, query, body, login):
    """(status, bytes, headers)"""
    for place in (f"{bucket}/{key}", f"{bucket}/" if key else bucket, "*"):
        fault = store.faults.get((method, place))
        if isinstance(fault, Refused):
            raise fault
        if fault is not None:
            return 200, fault, {}
    if not bucket:
        if not login:
            raise Refused(403, "AccessDenied")
        names = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in store.buckets)
        return 200, f"<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>".encode(), {}
    if bucket not in store.buckets:
        raise Refused(404, "NoSuchBucket")
    if not login and not (bucket in store.public and method == "GET"):
        raise Refused(403, "AccessDenied")
    if not key:
        for name in ("versioning", "encryption", "policyStatus", "policy", "acl"):
            if name in query:
                setting = store.settings.get(bucket, {}).get(name)
                if isinstance(setting, Refused):
                    raise setting
                if setting is None:
                    raise Refused(501, "NotImplemented")
                return 200, setting.encode(), {}
        return 200, listing(store, bucket, query).encode(), {}
    objects = store.buckets[bucket]
    if method == "PUT":
        store.put(bucket, key, body)
        return 200, b"", {"x-amz-version-id": "v/1+"} if bucket in store.versions else {}
    if key not in objects and method == "GET":
        raise Refused(404, "NoSuchKey")
    if method == "DELETE":
        objects.pop(key, None)
        store.deleted_versions += query.get("versionId", [])
        return 204, b"", {}
    return 200, objects[key][0], {"x-amz-version-id": "v/1+"} if bucket in store.versions else {}


@contextlib.contextmanager
def played(store):
    """Yields the URL."""
    hanging = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def date_time_string(self, timestamp=None):
            return store.now().strftime("%a, %d %b %Y %H:%M:%S GMT")

        def place(self, path):
            host = self.headers["Host"]
            if store.by_host and host.endswith("." + store.by_host):
                return host[:-len(store.by_host) - 1], urllib.parse.unquote(path[1:])
            bucket, _, key = urllib.parse.unquote(path[1:]).partition("/")
            return bucket, key

        def serve(self):
            path, _, text = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            query = urllib.parse.parse_qs(text, keep_blank_values=True)
            bucket, key = self.place(path)
            store.requests.append((self.command, bucket, key, text))
            if store.faults.get((self.command, bucket)) == "hang" or store.faults.get((self.command, "*")) == "hang":
                hanging.wait(30)
                return
            try:
                login = verify(store, self, path, text, body)
                status, data, headers = answer(store, self.command, bucket, key, query, body, login)
            except Refused as refused:
                status, headers = refused.status, {}
                data = (f"<?xml version='1.0'?><Error><Code>{refused.code}</Code><Message>{refused.message}</Message>"
                        f"{refused.extra}</Error>").encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if status != 204:
                self.wfile.write(data)

        do_GET = do_PUT = do_DELETE = serve  # noqa: N815

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        hanging.set()
        server.shutdown()
