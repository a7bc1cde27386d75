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

apr_bucket *pyguard_brigade_first(apr_bucket_brigade *b)
{
    return APR_BRIGADE_EMPTY(b) ? NULL : APR_BRIGADE_FIRST(b);
}

void pyguard_brigade_append(apr_bucket_brigade *b, apr_bucket *e)
{
    APR_BRIGADE_INSERT_TAIL(b, e);
}

void pyguard_brigade_concat(apr_bucket_brigade *b, apr_bucket_brigade *more)
{
    APR_BRIGADE_CONCAT(b, more);
}

void pyguard_bucket_remove(apr_bucket *e)
{
    APR_BUCKET_REMOVE(e);
}

void pyguard_bucket_delete(apr_bucket *e)
{
    apr_bucket_delete(e);
}

int pyguard_bucket_kind(const apr_bucket *e)
{
    return APR_BUCKET_IS_EOS(e) ? PYGUARD_BUCKET_EOS
         : APR_BUCKET_IS_FLUSH(e) ? PYGUARD_BUCKET_FLUSH
         : AP_BUCKET_IS_ERROR(e) || AP_BUCKET_IS_EOC(e) ? PYGUARD_BUCKET_ERROR
         : APR_BUCKET_IS_METADATA(e) ? PYGUARD_BUCKET_METADATA
         : APR_BUCKET_IS_FILE(e) ? PYGUARD_BUCKET_FILE
         : PYGUARD_BUCKET_DATA;
}

apr_status_t pyguard_bucket_read(apr_bucket *e, const char **data,
                                 apr_size_t *length, apr_read_type_e block)
{
    return apr_bucket_read(e, data, length, block);
}

apr_status_t pyguard_bucket_split(apr_bucket *e, apr_size_t point)
{
    return apr_bucket_split(e, point);
}

int pyguard_is_eagain(apr_status_t status)
{
    return APR_STATUS_IS_EAGAIN(status);
}
