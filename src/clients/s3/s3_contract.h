/* Shared by the collector of object stores and what names its tables. */
#pragma once

#define S3_KIND "s3"
#define S3_SUMMARY_TABLE "summary"
#define S3_BUCKETS_TABLE "buckets" /* the key of a row is the name of the bucket */
#define S3_BACKUPS_TABLE "backups" /* the key of a row is its name in the configuration */
#define S3_PROBE_TABLE "probe"     /* the key of a row is the step: put, get, delete */
