/*
 * The one header between mod_pyguard and httpd: bindgen reads it for the Rust
 * side and shim.c includes it, so both agree. It declares what Rust cannot
 * reach by itself: macros and variadic functions of httpd, each wrapped in one
 * plain function without logic.
 */
#ifndef PYGUARD_HTTPD_H
#define PYGUARD_HTTPD_H

#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_core.h"
#include "http_log.h"
#include "http_main.h"
#include "http_protocol.h"
#include "http_request.h"
#include "unixd.h"
#include "util_filter.h"
#include "ap_listen.h"
#include "ap_mmn.h"
#include "ap_mpm.h"
#include "apr_buckets.h"
#include "apr_fnmatch.h"
#include "apr_hooks.h"
#include "apr_network_io.h"
#include "apr_strings.h"

/* The module record; defined in src/httpd/module.rs. */
extern module AP_MODULE_DECLARE_DATA pyguard_module;

/* Logs len bytes of message at an APLOG_ level, never as a format. */
void pyguard_log_server(int level, const server_rec *s,
                        const char *message, int len);
void pyguard_log_request(int level, const request_rec *r,
                         const char *message, int len);

/* Whether a message at level would reach the log for this request. */
int pyguard_logs_request(int level, const request_rec *r);

/* The first bucket of a brigade; null where it has none. */
apr_bucket *pyguard_brigade_first(apr_bucket_brigade *b);

/* Adds a bucket, or all buckets of another brigade, at the end. */
void pyguard_brigade_append(apr_bucket_brigade *b, apr_bucket *e);
void pyguard_brigade_concat(apr_bucket_brigade *b, apr_bucket_brigade *more);

/* Takes a bucket out of its brigade; takes it out and destroys it. */
void pyguard_bucket_remove(apr_bucket *e);
void pyguard_bucket_delete(apr_bucket *e);

/* What a bucket is. */
#define PYGUARD_BUCKET_DATA 0
#define PYGUARD_BUCKET_FILE 1
#define PYGUARD_BUCKET_EOS 2
#define PYGUARD_BUCKET_FLUSH 3
#define PYGUARD_BUCKET_ERROR 4
#define PYGUARD_BUCKET_METADATA 5
int pyguard_bucket_kind(const apr_bucket *e);

/* apr_bucket_read and apr_bucket_split. */
apr_status_t pyguard_bucket_read(apr_bucket *e, const char **data,
                                 apr_size_t *length, apr_read_type_e block);
apr_status_t pyguard_bucket_split(apr_bucket *e, apr_size_t point);

/* Whether a read that must not block found nothing yet. */
int pyguard_is_eagain(apr_status_t status);

#endif
