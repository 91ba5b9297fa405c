/* usage: plugin_host PLUGIN
 * Calls a function of the plugin in the installed worker, which the library finds by itself. */
#include <cfutures/cfutures.h>
#include <stdio.h>
#include <string.h>

static cf_status_t call_triple(const char* plugin, cf_error_t** error_out) {
    cf_process_pool_options_t* options = NULL;
    cf_executor_t* pool = NULL;
    cf_future_t* future = NULL;
    const char* json = NULL;
    cf_status_t status = cf_process_pool_options_create(&options, error_out);
    if (status == CF_STATUS_OK) {
        status = cf_process_pool_options_set_worker_libraries(options, &plugin, 1, error_out);
    }
    if (status == CF_STATUS_OK) {
        status = cf_process_pool_create(options, &pool, error_out);
    }
    if (status == CF_STATUS_OK) {
        status = cf_executor_submit_call(pool, NULL, "triple", "[14]", -1, &future, error_out);
    }
    if (status == CF_STATUS_OK) {
        status = cf_future_result_json(future, -1, &json, NULL, error_out);
    }
    if (status == CF_STATUS_OK && strcmp(json, "42") != 0) {
        status = CF_STATUS_INTERNAL;
    }
    cf_future_release(future);
    cf_executor_release(pool);
    cf_process_pool_options_release(options);
    return status;
}

int main(int argc, char** argv) {
    cf_error_t* error = NULL;
    cf_status_t status;
    if (argc != 2) {
        return 2;
    }
    status = call_triple(argv[1], &error);
    if (status != CF_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", cf_status_name(status), cf_error_message(error));
    }
    cf_error_release(error);
    return status == CF_STATUS_OK ? 0 : 1;
}
