#include "ui/terminal/terminal.h"

#include "core/mem.h"
#include "ui/terminal/flow.h"
#include "ui/terminal/key_decoder.h"
#include "ui/terminal/osc52.h"
#include "ui/terminal/term_name.h"
#include "ui/terminal/tty.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

enum {
  LOOKS = STYLE_COUNT * 4, /* each style plain, selected, strong, and both */
  COMBINED_MAX = 4,        /* characters of one cell */
  DISCARD_READS = 256,     /* more than the kernel's queue of a terminal can hold */
  ANSWER_MS = 200,         /* how long to wait for answers at the end */
  ANSWER_TURNS = 8,
  HELD_MAX = 64,
  SYNC_MIN = 1024, /* bytes: a smaller frame arrives in one packet and cannot be seen half drawn */
};

/* Questions (ui/terminal/report.h), and mode 2031. */
static const char ask_sync[] = "\033[?2026$p", ask_arrival[] = "\033[5n",
                  ask_scheme[] = "\033[?996n\033]11;?\033\\";
static const char follow_on[] = "\033[?2031h", follow_off[] = "\033[?2031l";
static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";
/* Buttons and the wheel (1000) in the form that has no limit of columns (1006). */
static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";
static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

struct drawn {
  attr_t attributes;
  short pair;
};

struct terminal {
  struct tty tty;
  struct key_decoder keys;
  struct key held[HELD_MAX]; /* typed while it was being released */
  size_t held_count;
  FILE *memory; /* curses writes here */
  SCREEN *screen;
  bool cursor; /* seen */
  bool modern; /* knows the private modes of xterm, or ignores them */
  struct drawn looks[LOOKS];
  struct canvas *shown; /* the last canvas given to curses */
  bool repaint;
  bool follow; /* the scheme is asked for */
  bool no_color;
  struct flow flow;
  unsigned arrivals;            /* answers that flow has had */
  char word[TERMINAL_WORD_MAX]; /* of terminal_word */
  char *copy; /* for the clipboard, or a notice: sent when nothing is pending; NULL: nothing */
  size_t copy_count;
};

/* A capability, or "" without it. (char *)-1 means that it is not a string, which cannot happen
 * here. */
static const char *capability(const char *name) {
  char own[16];
  snprintf(own, sizeof own, "%s", name); /* curses takes no const */
  const char *text = tigetstr(own);
  return text && (intptr_t)text != -1 ? text : "";
}

static void mode_append(char *mode, const char *sequence) {
  char text[TTY_MODE_MAX];
  term_without_padding(text, sizeof text, sequence);
  const size_t have = strlen(mode), more = strlen(text);
  if (have + more < TTY_MODE_MAX)
    memcpy(mode + have, text, more + 1);
}

/* Our own sequences instead of curses': the same bytes restore the terminal on exit and from a
 * crash handler. */
static void modes_make(struct terminal *terminal, bool follow, bool mouse) {
  struct tty *tty = &terminal->tty;
  *tty->enter = *tty->leave = '\0';
  terminal->follow = follow;
  const char *alternate = capability("smcup");
  terminal->modern = *alternate != '\0';
  mode_append(tty->enter, alternate);
  mode_append(tty->enter, capability("smkx"));
  mode_append(tty->enter, capability(terminal->cursor ? "cnorm" : "civis"));
  mode_append(tty->leave, capability("sgr0"));
  terminal->keys.mouse = mouse && terminal->modern;
  if (terminal->keys.mouse) {
    mode_append(tty->enter, mouse_on);
    mode_append(tty->leave, mouse_off);
  }
  if (terminal->modern) {
    mode_append(tty->enter, ask_sync);
    if (follow) {
      mode_append(tty->enter, follow_on);
      mode_append(tty->enter, ask_scheme);
      mode_append(tty->leave, follow_off);
    }
    mode_append(tty->enter, ask_arrival);
    mode_append(tty->enter, paste_on);
    mode_append(tty->leave, sync_end);
    mode_append(tty->leave, paste_off);
  }
  mode_append(tty->leave, capability("op"));
  mode_append(tty->leave, capability("rmkx"));
  mode_append(tty->leave, capability("cnorm"));
  if (terminal->modern)
    mode_append(tty->leave, capability("rmcup"));
  else
    mode_append(tty->leave, capability("clear"));
}

static attr_t attributes_of(uint16_t look) {
  static const struct {
    enum look_attribute look;
    attr_t attribute;
  } pairs[] = {{LOOK_BOLD, A_BOLD},
               {LOOK_DIM, A_DIM},
               {LOOK_REVERSE, A_REVERSE},
               {LOOK_UNDERLINE, A_UNDERLINE}};
  attr_t attributes = A_NORMAL;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (look & pairs[i].look)
      attributes |= pairs[i].attribute;
  return attributes;
}

static size_t look_index(unsigned style) {
  const size_t flags = (style & STYLE_SELECTED ? 1 : 0) | (style & STYLE_STRONG ? 2 : 0);
  const size_t base = style & STYLE_MASK;
  return flags * STYLE_COUNT + (base < STYLE_COUNT ? base : STYLE_TEXT);
}

static void looks_make(struct terminal *terminal, const struct theme *theme) {
  int colors = 0;
  memset(terminal->looks, 0, sizeof terminal->looks);
  if (!terminal->no_color && has_colors() && start_color() == OK && use_default_colors() == OK)
    colors = COLORS;
  static const unsigned flags[] = {0, STYLE_SELECTED, STYLE_STRONG, STYLE_SELECTED | STYLE_STRONG};
  short pairs = 0;
  for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
    for (unsigned style = 0; style < STYLE_COUNT; style++) {
      const struct look look = theme_look(theme, style | flags[f], colors);
      struct drawn *drawn = &terminal->looks[look_index(style | flags[f])];
      drawn->attributes = attributes_of(look.attributes);
      if (look.foreground == LOOK_DEFAULT && look.background == LOOK_DEFAULT)
        continue;
      short pair = 1;
      for (short foreground, background; pair <= pairs; pair++)
        if (pair_content(pair, &foreground, &background) == OK && foreground == look.foreground &&
            background == look.background)
          break;
      if (pair > pairs && init_pair(pair, look.foreground, look.background) == OK)
        pairs = pair;
      drawn->pair = pair <= pairs ? pair : 0;
    }
  }
}

static bool screen_open(struct terminal *terminal, const char *term) {
  terminal->screen = newterm(NULL, terminal->memory, stdin);
  const char *const *instead = terminal->screen ? NULL : term_instead(term);
  for (; instead && *instead && !terminal->screen; instead++) {
    char own[32];
    snprintf(own, sizeof own, "%s", *instead); /* some versions of curses take no const */
    terminal->screen = newterm(own, terminal->memory, stdin);
    if (terminal->screen)
      snprintf(terminal->word, sizeof terminal->word,
               "This host does not describe the terminal \"%.40s\": using %s. Install its terminfo "
               "entry (ncurses-term)",
               term, *instead);
  }
  return terminal->screen;
}

/* Curses' screen, on memory. False with a sentence. */
static bool screen_make(struct terminal *terminal, struct err *err) {
  const char *term = getenv("TERM");
  if (!term || !*term)
    return err_set(err, ERR_UNSUPPORTED, "TERM is not set");
  int memory = memfd_create("stacktop-screen", MFD_CLOEXEC);
  if (memory < 0 || !(terminal->memory = fdopen(memory, "w"))) {
    err_set(err, ERR_IO, "not enough memory for the screen: %s", strerror(errno));
    if (memory >= 0)
      close(memory);
    return false;
  }
  unsetenv("LINES"); /* the size comes from the kernel alone; curses starts with any */
  unsetenv("COLUMNS");
  if (!screen_open(terminal, term))
    return err_set(err, ERR_UNSUPPORTED, "unknown terminal type \"%.40s\" (TERM)", term);
  if (!*capability("cup") || !*capability("clear"))
    return err_set(err, ERR_UNSUPPORTED, "terminal type \"%.40s\" (TERM) cannot draw a full screen",
                   term);
  typeahead(-1);
  nonl(); /* output processing is off */
  curs_set(terminal->cursor ? 1 : 0);
  return true;
}

static void screen_free(struct terminal *terminal) {
  if (terminal->screen) {
    endwin(); /* into memory */
    delscreen(terminal->screen);
  }
  if (terminal->memory)
    fclose(terminal->memory);
}

struct terminal *terminal_open(const struct terminal_options *options, struct err *err) {
  struct terminal *terminal = mem_new(sizeof *terminal);
  terminal->cursor = options->cursor;
  if (!tty_open(&terminal->tty, err)) {
    free(terminal);
    return NULL;
  }
  terminal->tty.lent = options->lent;
  if (!screen_make(terminal, err)) {
    screen_free(terminal);
    tty_close(&terminal->tty);
    free(terminal);
    return NULL;
  }
  terminal->no_color = options->no_color;
  looks_make(terminal, options->theme);
  modes_make(terminal, options->follow_scheme, options->mouse);
  lseek(fileno(terminal->memory), 0, SEEK_SET); /* `enter` sets up the same, and more */
  if (!options->lent)
    terminal_enter(terminal);
  return terminal;
}

static bool key_decode(struct terminal *terminal, struct key *key) {
  const bool found = key_decoder_next(&terminal->keys, key);
  if (terminal->arrivals != terminal->keys.reports.arrivals)
    flow_answer(&terminal->flow);
  terminal->arrivals = terminal->keys.reports.arrivals;
  return found;
}

/* An answer that comes later would be typed into the shell. Keys are kept. */
static void answers_await(struct terminal *terminal) {
  const struct flow *flow = &terminal->flow;
  const bool expected = terminal->modern && (flow->asked || !flow->answers);
  if (!terminal->tty.taken || terminal->tty.gone || terminal_pending(terminal) || !expected)
    return;
  struct key key;
  for (int turns = 0; turns < ANSWER_TURNS && (flow->asked || !flow->answers); turns++) {
    if (!tty_wait(&terminal->tty, ANSWER_MS) || !terminal_read(terminal))
      return;
    while (key_decode(terminal, &key))
      if (terminal->held_count < HELD_MAX)
        terminal->held[terminal->held_count++] = key;
  }
}

void terminal_close(struct terminal *terminal) {
  answers_await(terminal);
  if (terminal->tty.taken && !terminal->tty.gone)
    tcflush(terminal->tty.fd, TCIFLUSH); /* input for us must not reach the shell */
  tty_give_back(&terminal->tty);
  screen_free(terminal);
  canvas_free(terminal->shown);
  free(terminal->copy);
  tty_close(&terminal->tty);
  free(terminal);
}

const char *terminal_word(const struct terminal *terminal) {
  return *terminal->word ? terminal->word : NULL;
}

void terminal_size(const struct terminal *terminal, int *width, int *height) {
  tty_size(&terminal->tty, width, height);
}

int terminal_descriptor(const struct terminal *terminal) {
  return terminal->tty.fd;
}

bool terminal_gone(const struct terminal *terminal) {
  return terminal->tty.gone;
}

bool terminal_read(struct terminal *terminal) {
  uint8_t bytes[KEY_BYTES_MAX];
  const size_t room = sizeof bytes - terminal->keys.count;
  const size_t count = tty_read(&terminal->tty, bytes, room);
  return key_decoder_add(&terminal->keys, bytes, count) > 0;
}

bool terminal_key(struct terminal *terminal, struct key *key) {
  if (terminal->held_count == 0)
    return key_decode(terminal, key);
  *key = terminal->held[0];
  memmove(terminal->held, terminal->held + 1, --terminal->held_count * sizeof *key);
  return true;
}

enum scheme terminal_scheme(const struct terminal *terminal) {
  return terminal->keys.reports.scheme;
}

void terminal_theme(struct terminal *terminal, const struct theme *theme) {
  looks_make(terminal, theme);
  terminal_invalidate(terminal);
}

int64_t terminal_wait(struct terminal *terminal, int64_t now_ms) {
  return flow_wait(&terminal->flow, now_ms);
}

int terminal_key_wait(const struct terminal *terminal) {
  return key_decoder_wait(&terminal->keys);
}

void terminal_key_expire(struct terminal *terminal) {
  key_decoder_expire(&terminal->keys);
}

/* Read and decoded, not flushed: the rest of a paste whose start was flushed would be keys. */
void terminal_discard_input(struct terminal *terminal) {
  struct key key;
  for (int reads = 0; reads < DISCARD_READS; reads++) {
    while (terminal_key(terminal, &key))
      ;
    if (!terminal_read(terminal))
      return;
  }
}

/* The characters of a cell as curses wants them: a spacing one, and its combining ones. A cluster
 * whose width differs between the C library and the canvas would shift the rest of the line: it is
 * replaced. Returns whether `cells` cells are filled. */
static bool cell_characters(const char *text, int cells, wchar_t out[COMBINED_MAX + 1]) {
  mbstate_t state = {0};
  size_t count = 0, len = strlen(text);
  while (len > 0 && count < COMBINED_MAX) {
    wchar_t character;
    const size_t used = mbrtowc(&character, text, len, &state);
    if (used == 0 || used > len || (count > 0 && wcwidth(character) != 0))
      break;
    out[count++] = character;
    text += used;
    len -= used;
  }
  out[count] = L'\0';
  if (count > 0 && wcwidth(out[0]) == cells)
    return true;
  out[0] = L'?';
  out[1] = L'\0';
  return cells == 1;
}

/* The columns of a row in which the canvas differs from what is shown; whole characters. */
struct span {
  int begin, end;
};

static struct span span_all(const struct canvas *canvas) {
  return (struct span){0, canvas->width};
}

static struct span span_changed(const struct canvas *shown, const struct canvas *canvas, int y) {
  const struct cell *old = canvas_cell(shown, 0, y), *new = canvas_cell(canvas, 0, y);
  struct span span = span_all(canvas);
  if (memcmp(old, new, (size_t)canvas->width * sizeof *new) == 0)
    return (struct span){0};
  while (memcmp(&old[span.begin], &new[span.begin], sizeof *new) == 0)
    span.begin++;
  while (memcmp(&old[span.end - 1], &new[span.end - 1], sizeof *new) == 0)
    span.end--;
  while (span.begin > 0 && (!*old[span.begin].text || !*new[span.begin].text))
    span.begin--;
  while (span.end < canvas->width && (!*old[span.end].text || !*new[span.end].text))
    span.end++;
  return span;
}

static void span_draw(struct terminal *terminal, const struct canvas *canvas, int y,
                      struct span span) {
  cchar_t row[CANVAS_SIDE_MAX + 1];
  int count = 0;
  for (int x = span.begin; x < span.end; x++) {
    const struct cell *cell = canvas_cell(canvas, x, y);
    const struct drawn *drawn = &terminal->looks[look_index(cell->style)];
    const bool wide = x + 1 < canvas->width && cell[1].text[0] == '\0';
    wchar_t characters[COMBINED_MAX + 1] = {(wchar_t)(unsigned char)cell->text[0]};
    if (wide || cell->text[1] != '\0' || characters[0] < L' ' || characters[0] > L'~') {
      const bool filled = cell_characters(cell->text, wide ? 2 : 1, characters);
      if (wide && filled)
        x++;
    }
    setcchar(&row[count++], characters, drawn->attributes, drawn->pair, NULL);
  }
  mvadd_wchnstr(y, span.begin, row, count);
}

/* Curses' copy of the screen gets the canvas. */
static void canvas_draw(struct terminal *terminal, const struct canvas *canvas) {
  struct canvas *shown = terminal->shown;
  if (!shown || shown->width != canvas->width || shown->height != canvas->height) {
    canvas_free(shown);
    shown = terminal->shown = canvas_new(canvas->width, canvas->height, canvas->ascii);
    resize_term(canvas->height, canvas->width);
    terminal->repaint = true;
  }
  for (int y = 0; y < canvas->height; y++) {
    const struct span span = terminal->repaint ? span_all(canvas) : span_changed(shown, canvas, y);
    if (span.begin == span.end)
      continue;
    span_draw(terminal, canvas, y, span);
    memcpy(&shown->cells[(size_t)y * (size_t)canvas->width], canvas_cell(canvas, 0, y),
           (size_t)canvas->width * sizeof *shown->cells);
  }
  if (terminal->repaint)
    clearok(curscr, TRUE);
  terminal->repaint = false;
}

/* Sends curses' output to the terminal. */
static void frame_send(struct terminal *terminal, int64_t now_ms) {
  const int memory = fileno(terminal->memory);
  const off_t end = lseek(memory, 0, SEEK_CUR);
  if (end <= 0)
    return;
  const size_t count = (size_t)end;
  const bool sync = terminal->keys.reports.synchronized && count >= SYNC_MIN;
  const bool ask = flow_send(&terminal->flow, count, now_ms);
  const size_t lead = sync ? sizeof sync_begin - 1 : 0, tail = sync ? sizeof sync_end - 1 : 0,
               question = ask ? sizeof ask_arrival - 1 : 0;
  char *out = tty_reserve(&terminal->tty, lead + count + tail + question);
  memcpy(out, sync_begin, lead);
  const ssize_t got = pread(memory, out + lead, count, 0);
  memcpy(out + lead + count, sync_end, tail);
  memcpy(out + lead + count + tail, ask_arrival, question);
  lseek(memory, 0, SEEK_SET);
  assert(got == end);
  (void)got;
  tty_send(&terminal->tty, lead + count + tail + question);
}

/* Between two frames, so that it never splits one. */
static void copy_send(struct terminal *terminal) {
  if (!terminal->copy || !terminal->tty.taken || terminal->tty.gone || terminal_pending(terminal))
    return;
  memcpy(tty_reserve(&terminal->tty, terminal->copy_count), terminal->copy, terminal->copy_count);
  tty_send(&terminal->tty, terminal->copy_count);
  free(terminal->copy);
  terminal->copy = NULL;
  terminal->copy_count = 0;
}

bool terminal_copy(struct terminal *terminal, const char *text) {
  if (!terminal->modern)
    return false;
  free(terminal->copy);
  terminal->copy = osc52_make(text, TERMINAL_COPY_MAX, &terminal->copy_count);
  copy_send(terminal);
  return true;
}

void terminal_notice(struct terminal *terminal, struct notice notice) {
  size_t count;
  if (!terminal->modern)
    notice.form = NOTICE_NONE;
  char *bytes = notice_make(&notice, &count);
  if (count > 0 && terminal->copy_count + count <= 2 * (size_t)TERMINAL_COPY_MAX) {
    const size_t before = terminal->copy ? terminal->copy_count : 0;
    terminal->copy = mem_resize(terminal->copy, before + count);
    memcpy(terminal->copy + before, bytes, count);
    terminal->copy_count = before + count;
  }
  free(bytes);
  copy_send(terminal);
}

void terminal_show(struct terminal *terminal, const struct canvas *canvas, int64_t now_ms) {
  if (!terminal->tty.taken || terminal->tty.gone)
    return;
  assert(!terminal_pending(terminal));
  canvas_draw(terminal, canvas);
  leaveok(stdscr, canvas->cursor_y < 0);
  if (canvas->cursor_y >= 0)
    move(canvas->cursor_y, canvas->cursor_x);
  wnoutrefresh(stdscr);
  doupdate();
  frame_send(terminal, now_ms);
  copy_send(terminal);
}

bool terminal_pending(const struct terminal *terminal) {
  return terminal->tty.pending_count > 0;
}

void terminal_flush(struct terminal *terminal) {
  tty_flush(&terminal->tty);
}

void terminal_invalidate(struct terminal *terminal) {
  terminal->repaint = true;
}

uint64_t terminal_written(const struct terminal *terminal) {
  return terminal->tty.written;
}

void terminal_leave(struct terminal *terminal) {
  answers_await(terminal);
  tty_give_back(&terminal->tty);
}

void terminal_enter(struct terminal *terminal) {
  terminal->flow = (struct flow){0};
  tty_take(&terminal->tty);
  terminal_invalidate(terminal);
}

void terminal_modes(struct terminal *terminal, bool follow_scheme, bool mouse) {
  if (follow_scheme == terminal->follow && (mouse && terminal->modern) == terminal->keys.mouse)
    return;
  const bool taken = terminal->tty.taken; /* else it is another process's, or will be */
  terminal_leave(terminal);
  modes_make(terminal, follow_scheme, mouse);
  if (taken)
    terminal_enter(terminal);
}

void terminal_restore_raw(struct terminal *terminal) {
  tty_give_back(&terminal->tty);
}
