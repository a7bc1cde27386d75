/*
 * What httpd offers as macros and variadic functions only. No logic here.
 */
#include "pyguard_httpd.h"

APLOG_USE_MODULE(pyguard);

void pyguard_log_server(int level, const server_rec *s,
                        const char *message, int len)
{
    ap_log_error(APLOG_MARK, level, 0, s, "%.*s", len, message);
}

void pyguard_log_request(int level, const request_rec *r,
                         const char *message, int len)
{
    ap_log_rerror(APLOG_MARK, level, 0, r, "%.*s", len, message);
}

int pyguard_logs_request(int level, const request_rec *r)
{
    return APLOG_R_IS_LEVEL(r, level);
}
