/* The format of a line (docs/audit.md): its version and its ceilings. */
#pragma once

enum {
  AUDIT_VERSION = 1,
  AUDIT_LINE_MAX = 4 << 20, /* bytes, with the newline; what does not fit is counted and omitted */
  AUDIT_LINE_RESERVE =
      256, /* of these, for the numbers of omitted parts, and for a newline before */
  AUDIT_TEXT_MAX = 8 << 10, /* of one text; the head has some 25 of them, so it fits */
  AUDIT_UNDO_MAX = 64 << 10,
  AUDIT_OUTPUT_HEAD = 8 << 10, /* of what one stream printed: the rest is counted and omitted */
  AUDIT_OUTPUT_TAIL = 24 << 10,
};
