/* A person at a view: the fixture's platform, keys, and what must be on the screen. */
#pragma once

#include "ui/screen_fixture.h"
#include "ui/screen_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct session {
  struct fixture fixture;
  struct view *view;
  struct canvas *canvas;
  int64_t now_ms;
  struct request request; /* of the last key */
};

static inline void draw(struct session *s) {
  view_draw(s->view, &s->fixture.model, s->now_ms, s->canvas);
}

/* After fixture_init and what is published. */
static inline void session_open(struct session *s, int width, int height, bool ascii) {
  s->now_ms = FIXTURE_NOW;
  s->view = view_new(&(struct view_options){.utc = true});
  s->canvas = canvas_new(width, height, ascii);
  draw(s);
}

static inline void session_init(struct session *s, enum fixture_scene scene, int width,
                                int height) {
  *s = (struct session){0};
  fixture_init(&s->fixture, scene, false);
  fixture_run(&s->fixture);
  session_open(s, width, height, false);
}

static inline void session_fini(struct session *s) {
  canvas_free(s->canvas);
  view_free(s->view);
  fixture_fini(&s->fixture);
}

static inline void session_resize(struct session *s, int width, int height) {
  const bool ascii = s->canvas->ascii;
  canvas_free(s->canvas);
  s->canvas = canvas_new(width, height, ascii);
  draw(s);
}

static inline void press(struct session *s, const char *keys) {
  while (*keys) {
    s->request = view_key(s->view, &s->fixture.model, s->now_ms, screen_next_key(&keys));
    draw(s);
  }
}

static inline void screen_print(const struct session *s) {
  char *screen = screen_text(s->canvas);
  fprintf(stderr, "%.*s", (int)(strstr(screen, "styles") - screen), screen); /* of any length */
  free(screen);
}

static inline void expect(const struct session *s, const char *text) {
  if (screen_has(s->canvas, text))
    return;
  screen_print(s);
  fail_msg("the screen has no \"%s\"", text);
}

static inline void expect_not(const struct session *s, const char *text) {
  if (!screen_has(s->canvas, text))
    return;
  screen_print(s);
  fail_msg("the screen has \"%s\"", text);
}
