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
#include "http_core.h"
#include "http_log.h"
#include "http_main.h"
#include "http_protocol.h"
#include "http_request.h"
#include "ap_mmn.h"
#include "ap_mpm.h"
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

#endif
