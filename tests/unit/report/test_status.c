/* `stacktop status`: from the model to a text and back, and its line. */
#include "core/text/text.h"
#include "report/report_fixture.h"
#include "report/status/status_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *line_of(const struct status_brief *brief, enum status_form form, int width,
                     bool ascii) {
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_true(status_line_write(
      out, brief, &(struct status_origin){.pid = 7, .age_ms = 40},
      &(struct status_line_options){.form = form, .width = width, .ascii = ascii}));
  fclose(out);
  assert_ptr_equal(strchr(text, '\n'), text + length - 1); /* one line */
  text[length - 1] = '\0';
  return text;
}

static void expect(const struct status_brief *brief, enum status_form form, int width,
                   const char *wanted) {
  char *line = line_of(brief, form, width, false);
  if (strcmp(line, wanted) != 0)
    fail_msg("\"%s\" instead of \"%s\"", line, wanted);
  free(line);
}

static const struct status_brief api_down = {.severity = SEVERITY_CRIT,
                                             .name = "ecap",
                                             .environment = "production",
                                             .crit = 2,
                                             .warn = 1,
                                             .targets = 9,
                                             .ok = 6,
                                             .worst = SEVERITY_CRIT,
                                             .subject = "api",
                                             .sentence = "refused",
                                             .since_ms = 1700000000000};

static void test_of_a_model(void **state) {
  (void)state;
  struct model model;
  struct config *config;
  struct status_brief brief, read;
  struct err err;
  fixture_init(&model, &config);
  status_brief_make(&model, FIXTURE_NOW, &brief);
  assert_int_equal(brief.severity, SEVERITY_CRIT);
  assert_int_equal(brief.crit, findings_count(model.findings, SEVERITY_CRIT));
  assert_true(brief.crit > 0 && brief.targets == (int64_t)model.target_count);
  assert_int_equal(brief.since_ms, model.findings->items[0].since_ms);
  char *text = status_brief_text(&brief);
  if (!status_brief_read(text, &read, &err))
    fail_msg("%s", err.text);
  char *again = status_brief_text(&read);
  assert_string_equal(again, text);
  free(again);
  free(text);
  fixture_fini(&model, config);
}

static void test_lines(void **state) {
  (void)state;
  struct status_brief brief = api_down;
  expect(&brief, STATUS_PLAIN, 80, "2 CRIT, 1 WARN ecap (production): api: refused");
  expect(&brief, STATUS_PLAIN, 20, "2 CRIT, 1 WARN ecap…");
  expect(&brief, STATUS_PLAIN, 8, "2 CRIT,…");
  expect(&brief, STATUS_TMUX, 80,
         "#[fg=white,bg=red,bold] 2 CRIT #[default]#[fg=black,bg=yellow] 1 WARN #[default] ecap "
         "(production): api: refused");
  brief.at_least = true;
  expect(&brief, STATUS_PLAIN, 15, "2+ CRIT, 1+ WA…");
  brief = (struct status_brief){.name = "ecap", .ok = 9, .targets = 9};
  expect(&brief, STATUS_PLAIN, 80, "all ok ecap 9/9 targets");
  expect(&brief, STATUS_TMUX, 80, "#[fg=green]all ok#[default] ecap 9/9 targets");
  brief = (struct status_brief){
      .name = "ecap", .severity = SEVERITY_UNKNOWN, .waiting = 3, .ok = 6, .targets = 9};
  expect(&brief, STATUS_PLAIN, 80, "3 waiting ecap 6/9 targets");
  brief = (struct status_brief){.name = "ecap"}; /* nothing is watched: not green */
  expect(&brief, STATUS_PLAIN, 80, "no targets ecap 0/0 targets");
  char *json = line_of(&api_down, STATUS_JSON, 8, false);
  assert_non_null(strstr(json, "\"source\":\"running\",\"pid\":7,\"age_ms\":40}"));
  free(json);
}

/* What a server says is no style of tmux, no sequence, and does not break the line. */
static void test_hostile(void **state) {
  (void)state;
  struct status_brief brief = api_down;
  snprintf(brief.subject, sizeof brief.subject, "#(id)#[bg=green]");
  snprintf(brief.sentence, sizeof brief.sentence, "a\x1b[2J\nb\xff 日本語日本語");
  char *line = line_of(&brief, STATUS_TMUX, 200, false);
  assert_non_null(strstr(line, "##(id)##[bg=green]"));
  assert_null(strchr(line, '\x1b'));
  free(line);
  line = line_of(&brief, STATUS_PLAIN, 200, true);
  for (const char *at = line; *at; at++)
    assert_in_range(*at, ' ', '~');
  free(line);
  for (int width = 1; width < 90; width++) {
    line = line_of(&brief, STATUS_PLAIN, width, false);
    assert_true(text_width(line) <= width);
    free(line);
  }
}

static void test_not_trusted(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      "[]",
      "{}",
      "{\"severity\":\"fine\"}",
      "{\"severity\":\"ok\",\"crit\":-1}",
      "{\"severity\":\"ok\",\"crit\":1,\"targets\":1}", /* nothing looks better than it is */
      "{\"severity\":\"crit\",\"crit\":0,\"targets\":1}",
      "{\"severity\":\"ok\",\"ok\":2,\"targets\":1}",
      "{\"severity\":\"ok\",\"worst\":[]}",
      "{\"severity\":\"ok\",\"worst\":{\"severity\":\"crit\"}}",
  };
  struct status_brief brief;
  struct err err;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (status_brief_read(bad[i], &brief, &err))
      fail_msg("was read: %s", bad[i]);
  assert_true(status_brief_read("{\"severity\":\"ok\",\"name\":\"a\\u001bb\"}", &brief, &err));
  assert_null(strchr(brief.name, '\x1b'));
}

static void test_trouble(void **state) {
  (void)state;
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_true(status_line_trouble(
      out, "nothing runs", &(struct status_line_options){.form = STATUS_PLAIN, .width = 80}));
  assert_true(status_line_trouble(out, "nothing runs",
                                  &(struct status_line_options){.form = STATUS_JSON, .width = 80}));
  fclose(out);
  assert_string_equal(text, "UNKNOWN stacktop: nothing runs\n"
                            "{\"severity\":\"unknown\",\"error\":\"nothing runs\"}\n");
  free(text);
}

/* ---- several environments */

static void expect_several(const struct status_item *items, size_t count, enum status_form form,
                           int width, const char *wanted) {
  char *text;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  assert_true(status_several_write(out, items, count,
                                   &(struct status_line_options){.form = form, .width = width}));
  fclose(out);
  text[length - 1] = '\0';
  if (strcmp(text, wanted) != 0)
    fail_msg("\"%s\" instead of \"%s\"", text, wanted);
  free(text);
}

static void test_several(void **state) {
  static const struct status_brief lab = {
      .severity = SEVERITY_OK, .name = "lab", .ok = 4, .targets = 4};
  static const struct status_brief edge = {.severity = SEVERITY_WARN,
                                           .name = "edge",
                                           .warn = 3,
                                           .at_least = true,
                                           .targets = 2,
                                           .worst = SEVERITY_WARN,
                                           .subject = "/var",
                                           .sentence = "85% full"};
  const struct status_item items[] = {
      {.name = "lab", .path = "lab.yaml", .brief = &lab},
      {.name = "shop", .path = "shop.yaml", .environment = "live", .trouble = "unknown key"},
      {.name = "edge", .path = "edge.yaml", .brief = &edge},
      {.name = "ecap", .path = "ecap.yaml", .environment = "production", .brief = &api_down}};
  (void)state;
  expect_several(items, 4, STATUS_PLAIN, 200,
                 "2 CRIT, 1 WARN ecap (production); 3+ WARN edge; UNKNOWN shop (live); 1 ok: ecap: "
                 "api: refused");
  expect_several(items, 3, STATUS_PLAIN, 200,
                 "3+ WARN edge; UNKNOWN shop (live); 1 ok: edge: /var: 85% full");
  expect_several(items, 2, STATUS_PLAIN, 200, "UNKNOWN shop (live); 1 ok: shop: unknown key");
  expect_several(items, 1, STATUS_PLAIN, 200, "all ok 1 environment 4/4 targets");
  expect_several(items, 4, STATUS_PLAIN, 20, "2 CRIT, 1 WARN ecap…");
  expect_several(items, 2, STATUS_TMUX, 200,
                 "#[fg=white,bg=magenta,bold] UNKNOWN #[default] shop (live); 1 ok: shop: unknown "
                 "key");
  expect_several(
      items, 2, STATUS_JSON, 0,
      "{\"severity\":\"unknown\",\"environments\":[{\"path\":\"lab.yaml\",\"severity\":\"ok\","
      "\"name\":\"lab\",\"environment\":\"\",\"crit\":0,\"warn\":0,\"unknown\":0,\"at_least\":"
      "false,\"waiting\":0,\"ok\":4,\"targets\":4,\"source\":\"check\"},{\"path\":\"shop.yaml\","
      "\"severity\":\"unknown\",\"name\":\"shop\",\"environment\":\"live\",\"error\":\"unknown "
      "key\"}]}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_of_a_model), cmocka_unit_test(test_lines),
      cmocka_unit_test(test_hostile),    cmocka_unit_test(test_not_trusted),
      cmocka_unit_test(test_trouble),    cmocka_unit_test(test_several),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
