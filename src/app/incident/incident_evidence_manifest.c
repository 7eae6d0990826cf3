#include "app/incident/incident_evidence_files.h"
#include "core/json/json_writer.h"
#include "core/mem.h"
#include "model/incident/incident_line.h"

char *evidence_manifest(const struct evidence_files *files, const char *id, int64_t now_ms,
                        int64_t took_ms, size_t *len) {
  char *bytes = NULL;
  char at[INCIDENT_AT_MAX];
  struct json_writer json = {.out = open_memstream(&bytes, len), .lines = true};
  if (!json.out)
    mem_failed();
  json_open(&json, NULL, '{');
  json_int(&json, "version", 1);
  json_text(&json, "incident", id);
  json_text(&json, "taken", incident_at(at, now_ms));
  json_int(&json, "took_ms", took_ms);
  json_open(&json, "files", '[');
  for (size_t i = 0; i < files->count; i++) {
    json_line(&json);
    json_open(&json, NULL, '{');
    json_text(&json, "name", files->items[i].name);
    json_int(&json, "bytes", (int64_t)files->items[i].len);
    json_close(&json, '}');
  }
  json_close(&json, ']');
  json_open(&json, "missing", '[');
  for (size_t i = 0; i < files->missing_count; i++)
    json_text(&json, NULL, files->missing[i]);
  json_close(&json, ']');
  json_close(&json, '}');
  fputc('\n', json.out);
  if (fclose(json.out) != 0)
    mem_failed();
  return bytes;
}
