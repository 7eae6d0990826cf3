/* The options of a service, as its collector has them: a test of the actions may not include that.
 */
#pragma once

#include "act_driver.h"
#include "clients/service/service_runtime.h"

static const struct option service_options[] = {
    {.name = "address", .type = OPTION_TEXT, .help = ""},
    {.name = "health", .type = OPTION_TEXT, .help = ""},
    {.name = "expect", .type = OPTION_TEXT, .fallback = "200-299", .help = ""},
    {.name = "expect_body", .type = OPTION_TEXT, .help = ""},
    {.name = "host", .type = OPTION_TEXT, .help = ""},
    {.name = "expect_json", .type = OPTION_MAP, .help = ""},
    {.name = "expect_headers", .type = OPTION_MAP, .help = ""},
    {.name = "method", .type = OPTION_TEXT, .help = ""},
    {.name = "headers", .type = OPTION_MAP, .help = ""},
    {.name = "body", .type = OPTION_SECRET, .help = ""},
    {.name = "bearer", .type = OPTION_SECRET, .help = ""},
    {.name = "cert_file", .type = OPTION_TEXT, .help = ""},
    {.name = "key_file", .type = OPTION_TEXT, .help = ""},
    {.name = "tls", .type = OPTION_BOOL, .fallback = "false", .help = ""},
    {.name = "ca_file", .type = OPTION_TEXT, .help = ""},
    {.name = "insecure", .type = OPTION_BOOL, .fallback = "false", .help = ""},
    {.name = "slow", .type = OPTION_DURATION, .help = ""},
    {.name = "metrics", .type = OPTION_TEXT, .help = ""},
    {.name = "series", .type = OPTION_MAP, .help = ""},
    {.name = "grpc", .type = OPTION_TEXT, .help = ""},
    {.name = "grpc_service", .type = OPTION_TEXT, .help = ""},
    {.name = "dns", .type = OPTION_TEXT, .help = ""},
    {.name = "resolver", .type = OPTION_TEXT, .help = ""},
    {.name = "expect_addresses", .type = OPTION_TEXT, .help = ""},
    {.name = "ready", .type = OPTION_DURATION, .fallback = "1s", .help = ""},
    {.name = "runtime", .type = OPTION_MAP, .choices = service_runtimes, .help = ""},
    {.name = "engine", .type = OPTION_TEXT, .help = ""},
    {.name = "environment", .type = OPTION_LIST, .help = ""},
};
static const struct target_kind service_kind = {.kind = "service",
                                                .key = "services",
                                                .title = "Services",
                                                .options = service_options,
                                                .option_count = COUNT(service_options)};
