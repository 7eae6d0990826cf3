#include "clients/host/host_rule.h"

#include "core/option.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Younger files are still written, or just what an operator looks for. */
enum { OLDER_LEAST_MS = 60000 };

static const char *const formats[] = {[HOST_GZIP] = "gzip", [HOST_ZSTD] = "zstd"};
static const char below_all[] = "/**";

/* Whether each part of the path is the name of a directory: "/var/log/.." is /var, and "/." is "/".
 */
static bool has_only_names(const char *directory) {
  for (const char *part = directory; *part; part += strcspn(part, "/")) {
    const size_t length = strcspn(++part, "/");
    if (length == 0 || (*part == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
      return false;
  }
  return true;
}

static bool name_read(struct host_rule *rule, const char *name, struct err *err) {
  const char *slash = strrchr(name, '/');
  if (*name != '/' || !slash[1])
    return err_set(err, ERR_INVALID,
                   "\"%.80s\": expected an absolute directory and a pattern, as in "
                   "/var/log/ecap/*.log.*",
                   name);
  size_t length = (size_t)(slash - name);
  const size_t all = sizeof below_all - 1;
  rule->recursive = length >= all && memcmp(name + length - all, below_all, all) == 0;
  if (rule->recursive)
    length -= all;
  if (length == 0)
    return err_set(err, ERR_INVALID, "\"%.80s\": a rule for / is not allowed", name);
  if (length >= sizeof rule->directory || strlen(slash + 1) >= sizeof rule->pattern)
    return err_set(err, ERR_INVALID, "\"%.80s...\" is too long", name);
  snprintf(rule->directory, sizeof rule->directory, "%.*s", (int)length, name);
  snprintf(rule->pattern, sizeof rule->pattern, "%s", slash + 1);
  if (strpbrk(rule->directory, "*?[\\"))
    return err_set(err, ERR_INVALID,
                   "\"%.80s\": only the last part may be a pattern; for subdirectories: /**/ "
                   "before it",
                   name);
  if (!has_only_names(rule->directory))
    return err_set(err, ERR_INVALID, "\"%.80s\": the directory has a \".\", \"..\" or \"//\"",
                   name);
  return true;
}

static bool older_read(struct host_rule *rule, const char *text, size_t length, struct err *err) {
  static const struct option older = {.name = "older", .type = OPTION_DURATION, .help = ""};
  struct option_value value = {0};
  char word[32];
  if (length >= sizeof word)
    return err_set(err, ERR_INVALID, "\"%.40s\" is not a duration, such as 7d", text);
  snprintf(word, sizeof word, "%.*s", (int)length, text);
  if (!option_parse(&older, word, &value, err))
    return false;
  rule->older_ms = value.number;
  option_value_fini(&value);
  return rule->older_ms >= OLDER_LEAST_MS ||
         err_set(err, ERR_INVALID, "%s is too short: at least 1m", word);
}

static bool text_read(struct host_rule *rule, const char *text, bool with_format, struct err *err) {
  const size_t length = strcspn(text, " ");
  const char *rest = text + length + strspn(text + length, " ");
  rule->format = HOST_ZSTD;
  if (!older_read(rule, text, length, err))
    return false;
  if (!*rest)
    return true;
  for (size_t i = 0; with_format && i < sizeof formats / sizeof *formats; i++)
    if (strcmp(rest, formats[i]) == 0) {
      rule->format = (enum host_format)i;
      return true;
    }
  return err_set(err, ERR_INVALID,
                 with_format ? "\"%.40s\": expected an age, and zstd or gzip, as in 1d gzip"
                             : "\"%.40s\": expected an age, such as 7d",
                 text);
}

bool host_rule_name_check(const char *name, struct err *err) {
  struct host_rule rule;
  return name_read(&rule, name, err);
}

bool host_rule_cleanup_check(const char *text, struct err *err) {
  struct host_rule rule;
  return text_read(&rule, text, false, err);
}

bool host_rule_compress_check(const char *text, struct err *err) {
  struct host_rule rule;
  return text_read(&rule, text, true, err);
}

size_t host_rule_count(const struct target *target, const char *option) {
  return target_option(target, option)->item_count;
}

void host_rule_get(const struct target *target, const char *option, size_t index,
                   struct host_rule *rule) {
  const struct option_value *value = target_option(target, option);
  struct err err;
  *rule = (struct host_rule){.name = value->names[index]};
  const bool good = name_read(rule, value->names[index], &err) &&
                    text_read(rule, value->items[index], true, &err);
  assert(good); /* the configuration was checked */
  (void)good;
}
