/* Certificates: of a server, which it shows when TLS is established, or of files of this host. One
 * target a server or a file; with wildcards, a row for each file. */
#include "collectors/frame.h"
#include "collectors/tls/tls_rows.h"
#include "core/mem.h"
#include "io/clock.h"
#include "io/http/http.h"
#include "io/net/tcp.h"
#include "io/tls/tls_probe.h"
#include "io/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, HTTPS_PORT = 443, HSTS_MARGIN_MS = 300, HSTS_BODY_MAX = 1024 };

static bool name_check(const char *text, struct err *err) {
  return http_host_check(text, err);
}

static bool path_check(const char *text, struct err *err) {
  return *text == '/' || err_set(err, ERR_INVALID, "\"%.80s\" is not an absolute path", text);
}

static const char *const starts[] = {"no", "smtp", "imap", "postgres", NULL};

static const struct option options[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .help = "host and port of the server whose certificate is watched",
     .example = "api.example.com:443",
     .check = tcp_address_check},
    {.name = "file",
     .type = OPTION_TEXT,
     .help = "instead of address: path of a file with certificates (PEM or DER) on this host; with "
             "wildcards, of several",
     .example = "/etc/ssl/certs/ecap.crt",
     .check = path_check},
    {.name = "server_name",
     .type = OPTION_TEXT,
     .help = "name that is sent to the server (SNI) and that the certificate must be for; "
             "default: the host of address; for files: none",
     .example = "api.example.com",
     .check = name_check},
    {.name = "starttls",
     .type = OPTION_CHOICE,
     .choices = starts,
     .fallback = "no",
     .help = "protocol whose command starts TLS (STARTTLS)"},
    {.name = "ca_file",
     .type = OPTION_TEXT,
     .help = "PEM file to verify the chain by; default: the system's",
     .check = path_check},
    {.name = "insecure",
     .type = OPTION_BOOL,
     .fallback = "false",
     .help = "do not judge the chain and the name, only what else is wrong"},
    {.name = "key_file",
     .type = OPTION_TEXT,
     .help = "of file: path of the private key, which has to belong to the certificate; default: "
             "the one in file, if there is one",
     .example = "/etc/ssl/private/ecap.key",
     .check = path_check},
    {.name = "hsts",
     .type = OPTION_DURATION,
     .min = 1000,
     .max = 3660LL * 86400000,
     .help = "of a web server: the least max-age of Strict-Transport-Security; default: shown on "
             "port 443, not judged",
     .example = "180d"},
    {.name = "path",
     .type = OPTION_TEXT,
     .fallback = "/",
     .help = "of a web server: path that is requested to read the header",
     .check = path_check},
};

static const struct table_spec *const tables[] = {&tls_table};

/* On a thread of its own. */
struct reading {
  struct worker_task task; /* first */
  char *pattern, *ca_file, *name, *key_file;
  struct tls_files files;
};

struct watcher {
  struct watch watch; /* first */
  char host[HOST_MAX];
  int port;
  bool is_file, wants_hsts;
  enum tls_start start;
  struct worker_pool *workers;
  struct reading *reading; /* the thread's, while the collection waits for it; NULL: none */
  struct tls_probe *probe;
  struct http_request *request;
  bool seen;
  struct tls_facts facts;
  int64_t hsts_s;
};

static bool check(const struct target *target, struct err *err) {
  const char *address = target_text(target, "address"), *file = target_text(target, "file");
  const bool starttls = strcmp(target_text(target, "starttls"), "no") != 0;
  if (!address == !file)
    return err_set(err, ERR_INVALID,
                   address ? "address and file exclude each other" : "address or file is required");
  if (file && (starttls || target_option(target, "hsts")->set))
    return err_set(err, ERR_INVALID, "starttls and hsts need address, not file");
  if (address && target_text(target, "key_file"))
    return err_set(err, ERR_INVALID, "key_file needs file, not address");
  return !(starttls && target_option(target, "hsts")->set) ||
         err_set(err, ERR_INVALID, "hsts is of web servers: it excludes starttls");
}

static bool init(void *self, struct err *err) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  const char *address = target_text(target, "address");
  if (!check(target, err))
    return false;
  watcher->is_file = !address;
  if (address && !tcp_address_split(address, watcher->host, &watcher->port, err))
    return false;
  while (strcmp(starts[watcher->start], target_text(target, "starttls")) != 0)
    watcher->start++;
  watcher->wants_hsts = address && watcher->start == TLS_START_NONE &&
                        (target_option(target, "hsts")->set || watcher->port == HTTPS_PORT);
  if (watcher->is_file) {
    watcher->workers = worker_pool_new(watcher->watch.io, 1);
    watch_hold(&watcher->watch);
  }
  return true;
}

static void end_watcher(void *self) {
  struct watcher *watcher = self;
  if (watcher->workers)
    worker_pool_close(watcher->workers, watch_released, watcher);
}

/* ---- files */

static void reading_free(struct reading *reading) {
  tls_files_fini(&reading->files);
  free(reading->pattern);
  free(reading->ca_file);
  free(reading->name);
  free(reading->key_file);
  free(reading);
}

static struct reading *reading_of(struct worker_task *task) {
  return (struct reading *)task;
}

static void reading_work(struct worker_task *task) {
  tls_files_read(&reading_of(task)->files);
}

static void reading_drop(struct worker_task *task) {
  reading_free(reading_of(task));
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

static struct sample *files_sample(const struct watcher *watcher, const struct tls_files *files) {
  const struct target *target = watcher->watch.target;
  struct sample *sample = sample_new(tables, 1);
  struct table *table = &sample->tables[0];
  const bool several = strpbrk(files->pattern, "*?[") != NULL;
  for (size_t i = 0; i < files->count; i++) {
    const struct tls_file *file = &files->items[i];
    const bool known = file->err.kind == ERR_NONE;
    const struct tls_seen seen = {.name = several ? file_name(file->path) : target->name,
                                  .place = file->path,
                                  .facts = known ? &file->facts : NULL,
                                  .err = &file->err,
                                  .file = file,
                                  .wanted = files->name,
                                  .insecure = target_number(target, "insecure"),
                                  .hsts_s = TLS_HSTS_NOT_ASKED};
    if (!tls_row_add(sample, table, &seen, clock_wall_ms() / 1000))
      break;
  }
  if (files->more) {
    table->truncated = true;
    sample_fault(sample, tls_table.id, SEVERITY_UNKNOWN, "only the first %d files are read",
                 TLS_FILES_MAX);
  }
  return sample;
}

static void reading_done(struct worker_task *task) {
  struct reading *reading = reading_of(task);
  struct watcher *watcher = task->owner;
  if (watcher->reading != reading) { /* its collection was given up */
    reading_free(reading);
    return;
  }
  watcher->reading = NULL;
  struct err err = reading->files.err;
  struct sample *sample = err.kind == ERR_NONE ? files_sample(watcher, &reading->files) : NULL;
  reading_free(reading);
  if (sample)
    watch_done(&watcher->watch, sample);
  else
    watch_failed(&watcher->watch, &err);
}

static char *copy(const char *text) {
  return text ? mem_dup(text) : NULL;
}

static void ask_files(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  struct reading *reading = mem_new(sizeof *reading);
  struct err err;
  *reading = (struct reading){
      .task = {.work = reading_work, .done = reading_done, .drop = reading_drop, .owner = watcher},
      .pattern = copy(target_text(target, "file")),
      .ca_file = copy(target_text(target, "ca_file")),
      .name = copy(target_text(target, "server_name")),
      .key_file = copy(target_text(target, "key_file"))};
  reading->files = (struct tls_files){.pattern = reading->pattern,
                                      .ca_file = reading->ca_file,
                                      .name = reading->name,
                                      .key_file = reading->key_file};
  watcher->reading = reading;
  if (worker_start(watcher->workers, &reading->task, &err))
    return;
  watcher->reading = NULL;
  reading_free(reading);
  watch_failed(&watcher->watch, &err);
}

/* ---- a server */

static void finish(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  struct sample *sample = sample_new(tables, 1);
  const char *name = target_text(target, "server_name");
  const struct tls_seen seen = {.name = target->name,
                                .place = target_text(target, "address"),
                                .facts = &watcher->facts,
                                .wanted = name ? name : watcher->host,
                                .insecure = target_number(target, "insecure"),
                                .hsts_s = watcher->hsts_s,
                                .hsts_least_s = target_number(target, "hsts") / 1000};
  sample->address = sample_copy(sample, seen.place);
  if (!tls_row_add(sample, &sample->tables[0], &seen, clock_wall_ms() / 1000))
    sample_fault(sample, tls_table.id, SEVERITY_UNKNOWN, "the row does not fit");
  watch_done(&watcher->watch, sample);
}

static void on_headers(void *arg, const struct http_result *result, const struct err *err) {
  struct watcher *watcher = arg;
  (void)err;
  watcher->request = NULL;
  watcher->hsts_s = result ? tls_hsts_read(result->headers) : TLS_HSTS_NO_ANSWER;
  finish(watcher);
}

/* What the certificate is was judged before: HSTS is shown whatever it is. */
static void ask_hsts(struct watcher *watcher) {
  const struct target *target = watcher->watch.target;
  const char *name = target_text(target, "server_name");
  const int64_t left_ms = watcher->watch.job->deadline_ms - clock_now_ms() - HSTS_MARGIN_MS;
  char *url =
      mem_printf("https://%s%s", target_text(target, "address"), target_text(target, "path"));
  const struct http_query query = {.url = url,
                                   .host = name,
                                   .insecure = true,
                                   .timeout_ms = left_ms > 1 ? left_ms : 1,
                                   .body_max = HSTS_BODY_MAX};
  watcher->watch.requests++;
  watcher->request = http_send(watcher->watch.io, &query, on_headers, watcher);
  free(url);
}

static void on_probed(void *arg, const struct tls_facts *facts, const struct err *err) {
  struct watcher *watcher = arg;
  watcher->probe = NULL;
  if (!facts) {
    const struct err why = *err;
    watch_failed(&watcher->watch, &why);
    return;
  }
  watcher->facts = *facts;
  watcher->seen = true;
  if (watcher->wants_hsts)
    ask_hsts(watcher);
  else
    finish(watcher);
}

static void ask(void *self) {
  struct watcher *watcher = self;
  const struct target *target = watcher->watch.target;
  watcher->hsts_s = TLS_HSTS_NOT_ASKED;
  if (watcher->is_file) {
    ask_files(watcher);
    return;
  }
  const struct tls_question question = {.host = watcher->host,
                                        .port = watcher->port,
                                        .name = target_text(target, "server_name"),
                                        .ca_file = target_text(target, "ca_file"),
                                        .start = watcher->start};
  watcher->watch.requests++;
  watcher->probe = tls_probe_start(watcher->watch.io, &question, on_probed, watcher);
}

static void forget(void *self, struct err *err) {
  struct watcher *watcher = self;
  if (watcher->reading)
    err_set(err, ERR_TIMEOUT, "reading %.150s takes too long",
            target_text(watcher->watch.target, "file"));
  watcher->reading = NULL; /* the thread still owns it */
  if (watcher->probe) {
    if (err->kind == ERR_TIMEOUT)
      err_set(err, ERR_TIMEOUT, "%s in time", tls_probe_step(watcher->probe));
    tls_probe_cancel(watcher->probe);
  }
  watcher->probe = NULL;
  if (watcher->request)
    http_cancel(watcher->request);
  watcher->request = NULL;
}

static void *open_watcher(struct io *io, const struct target *target, struct err *err) {
  static const struct watch_kind kind = {.size = sizeof(struct watcher),
                                         .init = init,
                                         .ask = ask,
                                         .forget = forget,
                                         .end = end_watcher};
  return watch_open(&kind, io, target, err);
}

const struct collector collector_tls = {
    .kind = {.kind = "tls",
             .key = "tls",
             .title = "TLS",
             .options = options,
             .option_count = sizeof options / sizeof *options,
             .check = check},
    .tables = tables,
    .table_count = 1,
    .timeout_ms = TIMEOUT_MS,
    .open = open_watcher,
    .start = watch_start,
    .cancel = watch_cancel,
    .close = watch_close,
};
