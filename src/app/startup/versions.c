#include "app/startup/versions.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#define NCURSES_WIDECHAR 1
#include <ares.h>
#include <curl/curl.h>
#include <curses.h>
#include <expat.h>
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <pcre2.h>
#include <pg_config.h>
#include <string.h>
#include <utf8proc.h>
#include <uv.h>
#include <yaml.h>
#include <zlib.h>
#include <zstd.h>

enum { VERSION_MAX = 64 };

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define DOTTED(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

/* running: NULL if the library does not say it. libsystemd says neither. */
static void put(FILE *out, const char *name, const char *compiled, const char *running) {
  if (!running)
    fprintf(out, "  %-11s %s, running: not said\n", name, compiled);
  else
    fprintf(out, "  %-11s %s, running %s\n", name, compiled, running);
}

static void put_packed(FILE *out) {
  char compiled[VERSION_MAX], running[VERSION_MAX];
  const int pq = PQlibVersion(); /* 150018: 15.18 */
  snprintf(running, sizeof running, "%d.%d", pq / 10000, pq % 10000);
  put(out, "libpq", PG_VERSION, running);
  snprintf(compiled, sizeof compiled, "%d.%d.%d", RD_KAFKA_VERSION >> 24,
           RD_KAFKA_VERSION >> 16 & 0xff, RD_KAFKA_VERSION >> 8 & 0xff);
  put(out, "librdkafka", compiled, rd_kafka_version_str());
  pcre2_config(PCRE2_CONFIG_VERSION, running);
  running[strcspn(running, " ")] = '\0';
  put(out, "PCRE2", TEXT(PCRE2_MAJOR) "." TEXT(PCRE2_MINOR), running);
  const XML_Expat_Version expat = XML_ExpatVersionInfo();
  snprintf(running, sizeof running, "%d.%d.%d", expat.major, expat.minor, expat.micro);
  put(out, "expat", DOTTED(XML_MAJOR_VERSION, XML_MINOR_VERSION, XML_MICRO_VERSION), running);
}

void versions_print(FILE *out) {
  fputs("libraries, as compiled and as running:\n", out);
  put(out, "libuv", DOTTED(UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH),
      uv_version_string());
  put(out, "c-ares", ARES_VERSION_STR, ares_version(NULL));
  put(out, "libcurl", LIBCURL_VERSION, curl_version_info(CURLVERSION_NOW)->version);
  put(out, "OpenSSL", OPENSSL_VERSION_STR, OpenSSL_version(OPENSSL_VERSION_STRING));
  put(out, "hiredis", DOTTED(HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH), NULL);
  put(out, "libyaml", "not said", yaml_get_version_string());
  put(out, "jansson", JANSSON_VERSION, jansson_version_str());
  put(out, "utf8proc",
      DOTTED(UTF8PROC_VERSION_MAJOR, UTF8PROC_VERSION_MINOR, UTF8PROC_VERSION_PATCH),
      utf8proc_version());
  put(out, "zstd", ZSTD_VERSION_STRING, ZSTD_versionString());
  put(out, "ncurses", NCURSES_VERSION, curses_version() + strlen("ncurses "));
  put(out, "zlib", ZLIB_VERSION, zlibVersion());
  put_packed(out);
}
