#include "app/modes/records/audit_mode.h"

#include "app/modes/records/audit_output.h"
#include "app/runtime/print.h"
#include "app/startup/startup.h"
#include "audit/audit.h"
#include "core/mem.h"
#include "core/since.h"
#include "core/text/format.h"
#include "core/text/text.h"
#include "io/clock.h"
#include "operate/state.h"
#include "report/text/text_out.h"

#include <stdlib.h>
#include <string.h>

enum {
  ENTRIES_MAX = 100000, /* older entries are skipped, with a note */
  TIME_WIDTH = 19,
  WHO_MOST = 26,
  WHERE_MOST = 26,
  RESULT_WIDTH = 11, /* "partly done" */
  GAP = 2,
  NARROW_INDENT = 4,
  OUTPUTS_MAX_BYTES = 64 << 20,
};

/* An intent and its outcome. */
struct entry {
  char *id, *who, *where, *title, *words;
  char *output;    /* its lines; NULL: none */
  char result[16]; /* "" before the outcome */
  int64_t at_ms;
  bool unknown; /* its process is gone */
  bool acknowledged;
};

struct listing {
  bool json, whole, ascii; /* whole: outputs are not shortened */
  size_t output_bytes;     /* of all entries */
  struct entry *entries;   /* a ring of ENTRIES_MAX, once it is full */
  size_t count, capacity;
  size_t dropped;
};

/* ---- what a record says */

static char *who_text(const struct audit_who *who) {
  const char *ssh = who->ssh ? who->ssh : "";
  const char *user = who->user ? who->user : "?";
  bool other = who->login && strcmp(who->login, user) != 0;
  return mem_printf("%s%s%s%s%s%.*s", user, other ? " (" : "", other ? who->login : "",
                    other ? ")" : "", *ssh ? " from " : "", (int)strcspn(ssh, " "), ssh);
}

static const char *or_empty(const char *text) {
  return text ? text : "";
}

/* The proof or the error; otherwise the text of the objects that are not done, or of the only
 * one. */
static char *words_text(const struct audit_record *record) {
  const char *words = record->proof ? record->proof : record->error;
  for (size_t i = 0; !words && i < record->object_count; i++) {
    const struct audit_object *object = &record->objects[i];
    bool done = strcmp(or_empty(object->result), "done") == 0;
    char said[OBJECT_TEXT_MAX];
    if (*audit_object_text(said, object) && (!done || record->object_count == 1))
      return mem_printf("%s: %s", object->label, said);
  }
  if (record->proof && record->error)
    return mem_printf("%s; %s", record->proof, record->error);
  return mem_dup(or_empty(words));
}

/* ---- joining */

static void entry_fini(struct entry *entry) {
  free(entry->id);
  free(entry->who);
  free(entry->where);
  free(entry->title);
  free(entry->words);
  free(entry->output);
}

/* Searches the last entries: an outcome follows soon after its intent. */
static struct entry *entry_find(struct listing *listing, const char *id) {
  for (size_t i = listing->count; i > 0; i--) {
    struct entry *entry = &listing->entries[i - 1];
    if (!*entry->result && strcmp(entry->id, id) == 0)
      return entry;
  }
  return NULL;
}

static struct entry *entry_add(struct listing *listing, const struct audit_record *record) {
  if (listing->count == ENTRIES_MAX) {
    const size_t half = ENTRIES_MAX / 2;
    for (size_t i = 0; i < half; i++)
      entry_fini(&listing->entries[i]);
    memmove(listing->entries, listing->entries + half, half * sizeof *listing->entries);
    listing->count -= half;
    listing->dropped += half;
  }
  if (listing->count == listing->capacity) {
    listing->capacity = listing->capacity ? 2 * listing->capacity : 64;
    listing->entries = mem_resize(listing->entries, listing->capacity * sizeof *listing->entries);
  }
  struct entry *entry = &listing->entries[listing->count++];
  *entry = (struct entry){
      .id = mem_dup(or_empty(record->id)),
      .who = who_text(&record->who),
      .where = mem_printf("%s %s", or_empty(record->kind), or_empty(record->target)),
      .title = mem_dup(or_empty(record->title)),
      .words = mem_dup(""),
      .at_ms = record->at_ms,
  };
  return entry;
}

/* Below the acknowledged action; alone if that is not listed. */
static void on_acknowledged(struct listing *listing, const struct audit_record *record) {
  char at[FORMAT_MAX];
  struct entry *entry = NULL;
  for (size_t i = listing->count; i > 0 && !entry; i--)
    if (strcmp(listing->entries[i - 1].id, or_empty(record->id)) == 0)
      entry = &listing->entries[i - 1];
  if (!entry) {
    entry = entry_add(listing, record);
    snprintf(entry->result, sizeof entry->result, "unknown");
  }
  entry->acknowledged = true;
  char *who = who_text(&record->who), *words = entry->words;
  format_time(at, sizeof at, record->at_ms, true, true);
  entry->words = mem_printf("%s%sacknowledged by %s at %s UTC: %s", words, *words ? "; " : "", who,
                            at, or_empty(record->reason));
  free(words);
  free(who);
}

/* Beyond OUTPUTS_MAX_BYTES only the first lines and the last ones are kept. */
static void output_take(struct listing *listing, struct entry *entry,
                        const struct audit_record *record) {
  const bool whole = listing->whole && listing->output_bytes < OUTPUTS_MAX_BYTES;
  free(entry->output);
  entry->output = audit_output_text(record, whole, listing->ascii);
  listing->output_bytes += entry->output ? strlen(entry->output) : 0;
}

static void on_record(void *arg, const struct audit_record *record, bool unknown) {
  struct listing *listing = arg;
  if (listing->json) {
    char *line = audit_line(record);
    puts(line);
    free(line);
    return;
  }
  if (record->event == AUDIT_ACKNOWLEDGED) {
    on_acknowledged(listing, record);
    return;
  }
  struct entry *entry =
      record->event == AUDIT_OUTCOME ? entry_find(listing, or_empty(record->id)) : NULL;
  if (!entry)
    entry = entry_add(listing, record);
  entry->unknown = unknown;
  if (record->event == AUDIT_UNLOCKED || record->event == AUDIT_LOCKED)
    snprintf(entry->result, sizeof entry->result, "%s", audit_event_name(record->event));
  if (record->event != AUDIT_OUTCOME)
    return;
  free(entry->words);
  entry->words = words_text(record);
  snprintf(entry->result, sizeof entry->result, "%s", or_empty(record->result));
  output_take(listing, entry, record);
}

/* ---- the table */

static const char *result_word(const struct entry *entry) {
  return *entry->result   ? outcome_word_text(entry->result)
         : entry->unknown ? "unknown"
                          : "in progress";
}

static enum severity result_severity(const char *word) {
  if (strcmp(word, "done") == 0 || strcmp(word, "gone") == 0 || strcmp(word, "locked") == 0)
    return SEVERITY_OK;
  if (strcmp(word, "unknown") == 0)
    return SEVERITY_CRIT;
  return strcmp(word, "in progress") == 0 ? SEVERITY_UNKNOWN : SEVERITY_WARN;
}

static int width_of(const struct text_out *out, const char *text, int most, int width) {
  char clean[TEXT_OUT_MAX];
  text_out_clean(out, text, most, clean);
  return text_width(clean) > width ? text_width(clean) : width;
}

static void put_cell(struct text_out *out, const char *text, int width) {
  char clean[TEXT_OUT_MAX];
  int end = out->column + width + GAP;
  text_out_clean(out, text, width, clean);
  text_out_piece(out, clean, 0);
  text_out_pad(out, end);
}

static void put_result(struct text_out *out, const struct entry *entry) {
  int end = out->column + RESULT_WIDTH + GAP;
  const enum severity severity = result_severity(result_word(entry));
  text_out_status(out, result_word(entry), entry->acknowledged ? SEVERITY_WARN : severity);
  text_out_pad(out, end);
}

/* User and host below the title, with the result. */
static void put_narrow(struct text_out *out, const struct entry *entry, const char *time) {
  text_out_begin(out, 0);
  out->indent = NARROW_INDENT;
  put_cell(out, time, TIME_WIDTH);
  put_result(out, entry);
  text_out_words(out, entry->title, 0);
  text_out_begin(out, NARROW_INDENT);
  text_out_printf(out, 0, "%s, %s%s", entry->who, entry->where, *entry->words ? ":" : "");
  text_out_words(out, entry->words, 1);
}

static void put_entry(struct text_out *out, const struct entry *entry, int who, int where,
                      bool utc) {
  char time[FORMAT_MAX];
  const int indent = TIME_WIDTH + who + where + RESULT_WIDTH + 4 * GAP;
  format_time(time, sizeof time, entry->at_ms, utc, true);
  if (indent > out->width / 2) {
    put_narrow(out, entry, time);
    return;
  }
  text_out_begin(out, 0);
  out->indent = indent;
  put_cell(out, time, TIME_WIDTH);
  put_cell(out, entry->who, who);
  put_cell(out, entry->where, where);
  put_result(out, entry);
  text_out_words(out, entry->title, 0);
  if (!*entry->words)
    return;
  text_out_begin(out, indent);
  text_out_words(out, entry->words, 0);
}

/* What to do about an unknown outcome, with its id. */
static void entry_say_id(struct entry *entry) {
  if (entry->acknowledged || strcmp(result_word(entry), "unknown") != 0)
    return;
  char *words = entry->words;
  entry->words = mem_printf("%s%s--acknowledge %s", words, *words ? "; " : "", entry->id);
  free(words);
}

/* As it came: not wrapped, because it may be a table; cut at the edge unless all of it is shown. */
static void put_output(struct text_out *out, const struct entry *entry, bool whole) {
  char line[TEXT_OUT_MAX];
  for (const char *at = entry->output; at && *at;) {
    const int len = (int)strcspn(at, "\n");
    text_out_end(out);
    if (whole) {
      fprintf(out->out, "%*s%.*s\n", NARROW_INDENT, "", len, at);
    } else {
      char *own = mem_printf("%.*s", len, at);
      text_out_clean(out, own, out->width - NARROW_INDENT, line);
      fprintf(out->out, "%*s%s\n", NARROW_INDENT, "", line);
      free(own);
    }
    at += len + 1;
  }
}

static void put_listing(const struct listing *listing, const struct options *options) {
  struct report_text_options text = print_options(options);
  struct text_out out;
  int who = 3, where = 5;
  text_out_init(&out, stdout, &text);
  for (size_t i = 0; i < listing->count; i++) {
    who = width_of(&out, listing->entries[i].who, WHO_MOST, who);
    where = width_of(&out, listing->entries[i].where, WHERE_MOST, where);
  }
  if (listing->dropped > 0) {
    text_out_printf(&out, 0, "%zu older entries are not shown; use --since", listing->dropped);
    text_out_end(&out);
  }
  if (listing->count == 0 && !listing->json)
    text_out_words(&out, "No matching actions.", 0);
  for (size_t i = 0; i < listing->count; i++) {
    put_entry(&out, &listing->entries[i], who, where, options->utc);
    put_output(&out, &listing->entries[i], listing->whole);
  }
  text_out_end(&out);
}

/* `--acknowledge ID --reason TEXT` */
static int acknowledge(const struct config *config, const struct options *options) {
  struct err err = {0};
  char *state = state_choose(config, &err);
  char *path = state ? state_audit_path(state) : NULL;
  const struct audit_options audit = {.path = path, .to_syslog = config->audit_syslog};
  const bool done =
      path && audit_acknowledge_now(&audit, options->acknowledge, options->reason, &err);
  if (!done)
    error_print("%s", err.text);
  free(path);
  free(state);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int audit_run(const struct config *config, const struct options *options) {
  struct err err = {0};
  if (options->acknowledge)
    return acknowledge(config, options);
  struct audit_filter filter = {.action = options->action,
                                .target = options->target,
                                .user = options->user,
                                .unknown_only = options->unknown_only};
  if (options->since &&
      !since_parse(options->since, clock_wall_ms(), options->utc, &filter.since_ms, &err)) {
    error_print("--since: %s", err.text);
    return EXIT_USAGE_BAD;
  }
  char *state = state_choose(config, &err);
  char *path = state ? state_audit_path(state) : NULL;
  struct listing listing = {
      .json = options->json, .whole = options->output, .ascii = print_options(options).ascii};
  bool read = path && audit_read(path, &filter, on_record, &listing, &err);
  for (size_t i = 0; i < listing.count; i++)
    entry_say_id(&listing.entries[i]);
  if (read || listing.count > 0)
    put_listing(&listing, options);
  bool written = print_end(!ferror(stdout));
  if (!read)
    error_print("%s", err.text);
  for (size_t i = 0; i < listing.count; i++)
    entry_fini(&listing.entries[i]);
  free(listing.entries);
  free(path);
  free(state);
  return read && written ? EXIT_SUCCESS : EXIT_FAILURE;
}
