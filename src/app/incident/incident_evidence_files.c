#include "app/incident/incident_evidence_files.h"

#include "audit/audit_file.h"
#include "audit/read/audit_parse.h"
#include "core/mem.h"
#include "core/text/format.h"
#include "io/file/file_save.h"
#include "operate/incident/incident_book.h"
#include "operate/incident/incident_who.h"
#include "operate/state.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SENTENCE_MAX = 400 };

void evidence_add(struct evidence_files *files, const char *name, char *bytes, size_t len) {
  files->items = mem_resize(files->items, (files->count + 1) * sizeof *files->items);
  files->items[files->count++] = (struct evidence_file){mem_dup(name), bytes, len};
}

void evidence_miss(struct evidence_files *files, const char *format, ...) {
  char text[SENTENCE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  files->missing = mem_resize(files->missing, (files->missing_count + 1) * sizeof *files->missing);
  files->missing[files->missing_count++] = mem_dup(text);
}

void evidence_fini(struct evidence_files *files) {
  for (size_t i = 0; i < files->count; i++) {
    free(files->items[i].name);
    free(files->items[i].bytes);
  }
  for (size_t i = 0; i < files->missing_count; i++)
    free(files->missing[i]);
  free(files->items);
  free(files->missing);
  *files = (struct evidence_files){0};
}

/* ---- the audit log */

struct copying {
  FILE *out;
  int64_t since_ms;
};

static void on_line(void *arg, const char *line, size_t len, int64_t offset) {
  const struct copying *copying = arg;
  struct audit_parsed parsed;
  (void)offset;
  if (!audit_parse(&parsed, line, len))
    return;
  if (parsed.record.at_ms >= copying->since_ms)
    fprintf(copying->out, "%.*s\n", (int)len, line);
  audit_parsed_fini(&parsed);
}

void evidence_add_audit(struct evidence_files *files, const char *state, int64_t since_ms) {
  char *path = state_audit_path(state), *bytes = NULL;
  size_t len = 0;
  struct audit_lines lines = {0};
  struct stat status;
  struct err err;
  int number;
  const int fd = audit_file_open(path, &number, &err);
  free(path);
  if (fd < 0) {
    evidence_miss(files, "audit log: %s", err.text);
    return;
  }
  struct copying copying = {open_memstream(&bytes, &len), since_ms};
  if (!copying.out)
    mem_failed();
  const bool good = fstat(fd, &status) == 0;
  if (good && status.st_size > EVIDENCE_AUDIT_BYTES)
    lines =
        (struct audit_lines){.offset = status.st_size - EVIDENCE_AUDIT_BYTES - 1, .skipping = true};
  if (good)
    (void)audit_lines_read(fd, &lines, status.st_size, EVIDENCE_AUDIT_BYTES + 1, on_line, &copying);
  close(fd);
  if (fclose(copying.out) != 0)
    mem_failed();
  evidence_add(files, "audit.jsonl", bytes, len);
}

/* ---- writing */

static void file_write(struct evidence_files *files, const char *state, const char *id,
                       const struct evidence_file *file) {
  struct err err;
  char *path = incident_path(state, id, "evidence/"), *whole = mem_printf("%s%s", path, file->name);
  if (file_save_new(whole, file->bytes, file->len, &err)) {
    files->written++;
    files->bytes += file->len;
  } else {
    evidence_miss(files, "%s: %s", file->name, err.text);
  }
  free(whole);
  free(path);
}

static void manifest_write(struct evidence_files *files, const char *state, const char *id,
                           int64_t now_ms, int64_t took_ms) {
  struct evidence_file file = {.name = (char *)"manifest.json"};
  file.bytes = evidence_manifest(files, id, now_ms, took_ms, &file.len);
  file_write(files, state, id, &file);
  free(file.bytes);
}

static void entry_write(const char *state, const char *id, int64_t now_ms, const char *said) {
  struct incident_who self;
  struct err ignored;
  incident_who_self(&self);
  struct incident_entry entry = incident_entry_of(&self, INCIDENT_EVIDENCE, now_ms);
  entry.text = said;
  struct incident_book *book = incident_book_open(state, id, &ignored);
  if (book)
    (void)!incident_book_append(book, &entry, 1, NULL, &ignored);
  incident_book_close(book);
}

void evidence_write(struct evidence_files *files, const char *state, const char *id, int64_t now_ms,
                    int64_t took_ms, char said[EVIDENCE_SAID_MAX]) {
  char size[FORMAT_MAX], count[FORMAT_MAX];
  for (size_t i = 0; i < files->count; i++)
    file_write(files, state, id, &files->items[i]);
  manifest_write(files, state, id, now_ms, took_ms);
  snprintf(said, EVIDENCE_SAID_MAX, "evidence: %s, %s",
           format_counted(count, sizeof count, (int64_t)files->written, "file", "files"),
           format_bytes(size, sizeof size, (double)files->bytes));
  if (files->missing_count > 0) {
    const size_t used = strlen(said);
    snprintf(said + used, EVIDENCE_SAID_MAX - used, "; missing: %.200s", files->missing[0]);
  }
  if (files->missing_count > 1) {
    const size_t used = strlen(said);
    snprintf(said + used, EVIDENCE_SAID_MAX - used, " (and %zu more: manifest.json)",
             files->missing_count - 1);
  }
  entry_write(state, id, now_ms, said);
}
