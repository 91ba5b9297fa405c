/*
 * Fetches pages on a pool of five threads and reports each as soon as it is there.
 *
 *     urls [--timeout SECONDS] [URL...]
 *
 * The same program stands in the documentation of Python's concurrent.futures.
 */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <cfutures/cfutures.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const default_urls[] = {
    "http://www.foxnews.com/",         "http://www.cnn.com/",
    "http://europe.wsj.com/",          "http://www.bbc.co.uk/",
    "http://some-made-up-domain.com/",
};
enum { default_count = sizeof default_urls / sizeof default_urls[0] };

struct request {
    const char* url;
    long timeout; /* seconds */
};

static void die(const char* message) {
    fprintf(stderr, "urls: %s\n", message);
    exit(EXIT_FAILURE);
}

/* Writes a page to `body`. Returns 0, or 1 and the reason why it could not be had. */
static int fetch(const struct request* request, FILE* body, char reason[CURL_ERROR_SIZE]) {
    CURLcode code = CURLE_FAILED_INIT;
    long status = 0;
    CURL* curl = curl_easy_init();
    if (curl != NULL) {
        curl_easy_setopt(curl, CURLOPT_URL, request->url);
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->timeout);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* signals and threads do not mix */
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
        code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
    }
    if (code != CURLE_OK) {
        /* Not every failure comes with a text of its own. */
        if (reason[0] == '\0') snprintf(reason, CURL_ERROR_SIZE, "%s", curl_easy_strerror(code));
        return 1;
    }
    if (status >= 400) {
        snprintf(reason, CURL_ERROR_SIZE, "HTTP Error %ld", status);
        return 1;
    }
    return 0;
}

/* The task: runs on a thread of the pool, and its result is the page. */
static int32_t load_url(cf_task_t* task, void* user_data) {
    const struct request* request = user_data;
    char reason[CURL_ERROR_SIZE] = "";
    char* page = NULL;
    size_t size = 0;
    int32_t status = CF_STATUS_OK;
    FILE* body = open_memstream(&page, &size);
    if (body == NULL) return cf_task_fail(task, "MemoryError", "out of memory", NULL);

    const int failed = fetch(request, body, reason);
    if (fclose(body) != 0) { /* which sets `page` and `size` */
        status = cf_task_fail(task, "MemoryError", "the page does not fit into memory", NULL);
    } else if (failed) {
        status = cf_task_fail(task, "URLError", reason, NULL);
    } else {
        status = cf_task_return_bytes(task, page, size);
    }
    free(page);
    return status;
}

static void report(const char* url, cf_future_t* future) {
    const void* page = NULL;
    size_t size = 0;
    cf_error_t* error = NULL;
    if (cf_future_result_bytes(future, 0, &page, &size, &error) == CF_STATUS_OK) {
        printf("'%s' page is %zu bytes\n", url, size);
    } else {
        printf("'%s' generated an exception: %s\n", url, cf_error_message(error));
    }
    fflush(stdout); /* at once, into a pipe too */
    cf_error_release(error);
}

static cf_executor_t* make_pool(int32_t max_workers) {
    cf_thread_pool_options_t* options = NULL;
    cf_executor_t* pool = NULL;
    cf_error_t* error = NULL;
    if (cf_thread_pool_options_create(&options, &error) != CF_STATUS_OK ||
        cf_thread_pool_options_set_max_workers(options, max_workers, &error) != CF_STATUS_OK ||
        cf_thread_pool_create(options, &pool, &error) != CF_STATUS_OK) {
        die(cf_error_message(error));
    }
    cf_thread_pool_options_release(options);
    return pool;
}

static void load_all(cf_executor_t* pool, struct request* requests, size_t count) {
    cf_completion_queue_t* queue = NULL;
    cf_future_t* done = NULL;
    uint64_t index = 0;
    cf_error_t* error = NULL;
    cf_status_t status = CF_STATUS_OK;
    cf_future_t** futures = calloc(count, sizeof *futures);
    if (futures == NULL) die("out of memory");

    for (size_t i = 0; i < count; ++i) {
        if (cf_executor_submit(pool, NULL, load_url, &requests[i], NULL, &futures[i], &error) !=
            CF_STATUS_OK) {
            die(cf_error_message(error));
        }
    }
    if (cf_as_completed(futures, count, -1, &queue, &error) != CF_STATUS_OK) {
        die(cf_error_message(error));
    }
    while ((status = cf_completion_queue_next(queue, -1, &done, &index, &error)) == CF_STATUS_OK) {
        report(requests[index].url, done);
        cf_future_release(done);
    }
    if (status != CF_STATUS_END) die(cf_error_message(error));

    cf_completion_queue_release(queue);
    for (size_t i = 0; i < count; ++i) {
        cf_future_release(futures[i]);
    }
    free(futures);
}

int main(int argc, char** argv) {
    long timeout = 60;
    if (argc > 2 && strcmp(argv[1], "--timeout") == 0) {
        timeout = strtol(argv[2], NULL, 10);
        if (timeout <= 0) die("--timeout wants a number of seconds");
        argc -= 2;
        argv += 2;
    }
    const size_t count = argc > 1 ? (size_t)argc - 1 : default_count;
    struct request* requests = calloc(count, sizeof *requests);
    if (requests == NULL) die("out of memory");
    for (size_t i = 0; i < count; ++i) {
        requests[i].url = argc > 1 ? argv[i + 1] : default_urls[i];
        requests[i].timeout = timeout;
    }

    /* libcurl wants this once, before there are other threads. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) die("libcurl does not start");
    cf_executor_t* pool = make_pool(5);
    load_all(pool, requests, count);
    cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, NULL);
    cf_executor_release(pool);
    curl_global_cleanup();
    free(requests);
    return EXIT_SUCCESS;
}
