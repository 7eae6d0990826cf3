#include "collectors/tls/tls_rows.h"

#include "core/text/format.h"
#include "core/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum tls_column {
#define COLUMN(name, ...) name,
#include "tls.def"
#undef COLUMN
  TLS_COLUMN_COUNT
};

static const struct column_spec columns[TLS_COLUMN_COUNT] = {
#define COLUMN(name, ...) [name] = {__VA_ARGS__},
#include "tls.def"
#undef COLUMN
};

const struct table_spec tls_table = {.id = "certificates",
                                     .title = "Certificates",
                                     .columns = columns,
                                     .column_count = TLS_COLUMN_COUNT};

enum {
  VERDICT_MAX = 1000,
  KEY_OTHERS_READ = 0004,
  KEY_OTHERS_WRITE = 0022,
  HSTS_S_MAX = 2000000000
};

/* What is wrong, the worst first. */
struct verdict {
  enum severity severity;
  char text[VERDICT_MAX];
};

__attribute__((format(printf, 3, 4))) static void
add(struct verdict *verdict, enum severity severity, const char *format, ...) {
  char text[VERDICT_MAX / 2], both[VERDICT_MAX];
  const bool first = severity_worse(severity, verdict->severity) != verdict->severity;
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  snprintf(both, sizeof both, "%.490s%s%.490s", first ? text : verdict->text,
           *verdict->text ? "; " : "", first ? verdict->text : text);
  memcpy(verdict->text, both, sizeof both);
  verdict->severity = severity_worse(verdict->severity, severity);
}

/* ---- what is wrong */

static void judge_time(struct verdict *verdict, const struct tls_facts *facts, int64_t now_s) {
  char when[FORMAT_MAX], time[FORMAT_MAX];
  const int64_t left_s = facts->shown.expires_s - now_s;
  if (facts->begins_s > now_s)
    add(verdict, SEVERITY_CRIT, "not valid before %s UTC, in %s",
        format_time(time, sizeof time, facts->begins_s * 1000, true, true),
        format_duration(when, sizeof when, (double)(facts->begins_s - now_s)));
  if (left_s <= 0)
    add(verdict, SEVERITY_CRIT, "expired %s ago, at %s UTC%s%s",
        format_duration(when, sizeof when, (double)-left_s),
        format_time(time, sizeof time, facts->shown.expires_s * 1000, true, true),
        *facts->shown.expiring ? ": the certificate of " : "", facts->shown.expiring);
}

static void judge_chain(struct verdict *verdict, const struct tls_facts *facts) {
  switch (facts->chain) {
  case TLS_CHAIN_SELF:
    add(verdict, SEVERITY_CRIT, "self-signed and not trusted; ca_file names what to trust");
    return;
  case TLS_CHAIN_INCOMPLETE:
    add(verdict, SEVERITY_CRIT,
        "incomplete chain: the issuer %s is neither sent with it nor trusted", facts->missing);
    return;
  case TLS_CHAIN_UNTRUSTED:
    add(verdict, SEVERITY_CRIT, "the authority %s is not trusted; ca_file names it",
        facts->missing);
    return;
  case TLS_CHAIN_INVALID:
    add(verdict, SEVERITY_CRIT, "invalid chain: %s", facts->chain_error);
    return;
  case TLS_CHAIN_UNKNOWN:
  case TLS_CHAIN_VERIFIED:
    return;
  }
}

static void judge_facts(struct verdict *verdict, const struct tls_seen *seen, int64_t now_s) {
  const struct tls_facts *facts = seen->facts;
  judge_time(verdict, facts, now_s);
  if (!seen->insecure)
    judge_chain(verdict, facts);
  if (!seen->insecure && facts->named && !facts->name_fits)
    add(verdict, SEVERITY_CRIT, "not for %s: it is for %s", seen->wanted, facts->shown.names);
  if (facts->staple == TLS_STAPLE_REVOKED)
    add(verdict, SEVERITY_CRIT, "revoked");
  if (facts->staple == TLS_STAPLE_INVALID)
    add(verdict, SEVERITY_WARN, "the stapled OCSP answer is not valid");
  if (*facts->shown.weak)
    add(verdict, SEVERITY_WARN, "weak: %s", facts->shown.weak);
}

static void judge_hsts(struct verdict *verdict, const struct tls_seen *seen) {
  char is[FORMAT_MAX], least[FORMAT_MAX];
  if (seen->hsts_least_s == 0)
    return;
  if (seen->hsts_s == TLS_HSTS_NO_ANSWER)
    add(verdict, SEVERITY_WARN, "HSTS not known: no HTTP answer");
  else if (seen->hsts_s == TLS_HSTS_MISSING)
    add(verdict, SEVERITY_WARN, "no HSTS: the header Strict-Transport-Security is missing");
  else if (seen->hsts_s >= 0 && seen->hsts_s < seen->hsts_least_s)
    add(verdict, SEVERITY_WARN, "HSTS for %s (expected at least %s)",
        format_duration(is, sizeof is, (double)seen->hsts_s),
        format_duration(least, sizeof least, (double)seen->hsts_least_s));
}

static void judge_key(struct verdict *verdict, const struct tls_file *file) {
  if (file->key == TLS_KEY_OTHER)
    add(verdict, SEVERITY_CRIT, "the private key in %s belongs to another certificate",
        file->key_path);
  /* that stacktop may not read a key is as it should be */
  if (file->key == TLS_KEY_UNKNOWN && file->key_error.kind != ERR_DENIED &&
      file->key_error.kind != ERR_UNSUPPORTED)
    add(verdict, SEVERITY_WARN, "private key: %s", file->key_error.text);
  if (!file->key_mode_known)
    return;
  if (file->key_mode & KEY_OTHERS_READ)
    add(verdict, SEVERITY_CRIT, "every user of this host can read the private key %s (mode %04o)",
        file->key_path, file->key_mode);
  else if (file->key_mode & KEY_OTHERS_WRITE)
    add(verdict, SEVERITY_CRIT, "others can write the private key %s (mode %04o)", file->key_path,
        file->key_mode);
}

/* ---- the row */

static struct value text_cell(struct sample *sample, const char *text) {
  char shown[VERDICT_MAX];
  if (!text || !*text)
    return value_none(NULL);
  text_sanitize(shown, sizeof shown, text, strlen(text), false);
  return value_text(sample_copy(sample, shown));
}

static void fill_facts(struct sample *sample, struct row *row, const struct tls_seen *seen,
                       int64_t now_s) {
  static const char *const staples[] = {
      [TLS_STAPLE_NONE] = "none",
      [TLS_STAPLE_GOOD] = "good",
      [TLS_STAPLE_REVOKED] = "revoked",
      [TLS_STAPLE_INVALID] = "invalid",
  };
  const struct tls_facts *facts = seen->facts;
  const struct http_tls *shown = &facts->shown;
  row->cells[TLS_LEFT] = value_int(shown->expires_s - now_s);
  row->cells[TLS_CHAIN] = value_text(tls_chain_word(facts->chain));
  row->cells[TLS_NAMES] = text_cell(sample, shown->names);
  row->cells[TLS_ISSUER] = text_cell(sample, shown->issuer);
  row->cells[TLS_KEY] = text_cell(sample, shown->key);
  row->cells[TLS_SUBJECT] = text_cell(sample, facts->subject);
  row->cells[TLS_EXPIRES] = value_int(shown->expires_s * 1000);
  row->cells[TLS_EXPIRING] = text_cell(sample, shown->expiring);
  row->cells[TLS_BEGINS] = value_int(facts->begins_s * 1000);
  row->cells[TLS_SENT] = value_int(facts->sent);
  row->cells[TLS_FINGERPRINT] = text_cell(sample, facts->fingerprint);
  if (seen->file)
    return;
  row->cells[TLS_PROTOCOL] = text_cell(sample, shown->protocol);
  row->cells[TLS_REVOCATION] = value_text(staples[facts->staple]);
  row->cells[TLS_CLIENT] = value_text(facts->wants_certificate ? "wanted" : "not wanted");
  if (seen->hsts_s >= 0)
    row->cells[TLS_HSTS] = value_int(seen->hsts_s);
  else if (seen->hsts_s == TLS_HSTS_NO_ANSWER)
    row->cells[TLS_HSTS] = value_none("no HTTP answer");
}

static void fill_key(struct sample *sample, struct row *row, const struct tls_file *file) {
  if (file->key == TLS_KEY_NONE)
    return;
  row->cells[TLS_KEY_FILE] = text_cell(sample, file->key_path);
  row->cells[TLS_KEY_STATE] = file->key == TLS_KEY_FITS ? value_text("belongs to the certificate")
                              : file->key == TLS_KEY_OTHER
                                  ? value_text("of another certificate")
                                  : value_none(sample_copy(sample, file->key_error.text));
  row->cells[TLS_KEY_MODE] = file->key_mode_known
                                 ? value_text(sample_printf(sample, "%04o", file->key_mode))
                                 : value_none("not known");
}

bool tls_row_add(struct sample *sample, struct table *table, const struct tls_seen *seen,
                 int64_t now_s) {
  struct verdict verdict = {.severity = SEVERITY_OK};
  struct row *row = sample_row(sample, table, seen->place, NULL);
  if (!row)
    return false;
  row->cells[TLS_NAME] = text_cell(sample, seen->name);
  row->cells[TLS_PLACE] = text_cell(sample, seen->place);
  if (seen->facts) {
    fill_facts(sample, row, seen, now_s);
    judge_facts(&verdict, seen, now_s);
    judge_hsts(&verdict, seen);
  } else {
    add(&verdict, seen->err->kind == ERR_DENIED ? SEVERITY_UNKNOWN : SEVERITY_CRIT, "%s",
        seen->err->text);
    row->cells[TLS_LEFT] = value_none("not read");
  }
  if (seen->file) {
    fill_key(sample, row, seen->file);
    judge_key(&verdict, seen->file);
  }
  if (verdict.severity != SEVERITY_OK) {
    row->severity = verdict.severity;
    row->cells[TLS_ERROR] = text_cell(sample, verdict.text);
    row->reason = row->cells[TLS_ERROR].text;
  }
  return true;
}

/* ---- HSTS */

/* "max-age=31536000; includeSubDomains": the value of one header. */
static int64_t max_age(const char *value, size_t len) {
  static const char name[] = "max-age";
  for (size_t i = 0; i + sizeof name - 1 < len; i++) {
    if (strncasecmp(value + i, name, sizeof name - 1) != 0 ||
        (i > 0 && !strchr("; \t", value[i - 1])))
      continue;
    i += sizeof name - 1;
    while (i < len && strchr(" =\"", value[i]))
      i++;
    if (i == len || value[i] < '0' || value[i] > '9')
      return TLS_HSTS_MISSING;
    const long long seconds = strtoll(value + i, NULL, 10);
    return seconds > HSTS_S_MAX ? HSTS_S_MAX : seconds;
  }
  return TLS_HSTS_MISSING;
}

int64_t tls_hsts_read(const char *headers) {
  static const char name[] = "strict-transport-security:";
  for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n')
    if (strncasecmp(line, name, sizeof name - 1) == 0)
      return max_age(line + sizeof name - 1, strcspn(line + sizeof name - 1, "\r\n"));
  return TLS_HSTS_MISSING;
}
