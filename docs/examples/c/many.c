/*
 * Many futures: waiting for them, taking them as they complete, and one function over many inputs.
 */
#include <poll.h>
#include <stdint.h>

#include "must.h"

enum { count = 4 };

static int32_t square(cf_task_t* task, void* number) {
    char text[32];
    const int n = *(const int*)number;
    snprintf(text, sizeof text, "%d", n * n);
    return cf_task_return_json(task, text, -1);
}

static int32_t square_named(cf_task_t* task, void* user_data) {
    (void)user_data;
    const char* arguments = NULL;
    int n = 0;
    cf_task_arguments(task, &arguments, NULL);
    if (sscanf(arguments, "[%d]", &n) != 1) {
        return cf_task_fail(task, "TypeError", "square wants an integer", NULL);
    }
    return square(task, &n);
}

static int numbers[count] = {1, 2, 3, 4};

static int value(cf_future_t* future) {
    const char* text = NULL;
    MUST(cf_future_result_json(future, -1, &text, NULL, &error));
    return atoi(text);
}

static void submit_all(cf_executor_t* pool, cf_future_t* futures[count]) {
    for (int i = 0; i < count; ++i) {
        MUST(cf_executor_submit(pool, NULL, square, &numbers[i], NULL, &futures[i], &error));
    }
}

static void release_all(cf_future_t* futures[count]) {
    for (int i = 0; i < count; ++i)
        cf_future_release(futures[i]);
}

static void waits(cf_executor_t* pool) {
    cf_future_t* futures[count];
    uint8_t done[count];
    size_t done_count = 0;
    submit_all(pool, futures);
    MUST(cf_wait(futures, count, CF_RETURN_WHEN_FIRST_COMPLETED, -1, done, &done_count, &error));
    printf("at least one: %d\n", done_count >= 1);
    MUST(cf_wait(futures, count, CF_RETURN_WHEN_ALL_COMPLETED, -1, done, &done_count, &error));
    printf("all: %d\n", (int)done_count);
    release_all(futures);
}

static void completed(cf_executor_t* pool) {
    cf_future_t* futures[count];
    cf_completion_queue_t* queue = NULL;
    cf_future_t* future = NULL;
    uint64_t tag = 0;
    int sum = 0;
    submit_all(pool, futures);
    MUST(cf_as_completed(futures, count, INT64_C(60000000000), &queue, &error));
    while (cf_completion_queue_next(queue, -1, &future, &tag, NULL) == CF_STATUS_OK) {
        sum += value(future) + (int)tag;
        cf_future_release(future);
    }
    printf("squares and places: %d\n", sum);
    cf_completion_queue_release(queue);
    release_all(futures);
}

/* As an event loop does it. */
static void descriptor(cf_executor_t* pool) {
    cf_future_t* futures[count];
    cf_completion_queue_t* queue = NULL;
    struct pollfd watched = {.events = POLLIN};
    int taken = 0;
    MUST(cf_completion_queue_create(&queue, &error));
    cf_completion_queue_release(cf_completion_queue_retain(queue));
    MUST(cf_completion_queue_descriptor(queue, &watched.fd, &error));
    submit_all(pool, futures);
    for (int i = 0; i < count; ++i) {
        MUST(cf_completion_queue_add(queue, futures[i], (uint64_t)i, &error));
    }
    while (taken < count && poll(&watched, 1, -1) == 1) {
        cf_future_t* some[count];
        uint64_t tags[count];
        size_t got = 0;
        MUST(cf_completion_queue_next_batch(queue, 0, some, tags, count, &got, &error));
        for (size_t i = 0; i < got; ++i)
            cf_future_release(some[i]);
        taken += (int)got;
    }
    printf("from the queue: %d\n", taken);
    cf_completion_queue_release(queue);
    release_all(futures);
}

static void print_map(const char* what, cf_map_t* map) {
    cf_future_t* future = NULL;
    uint64_t index = 0;
    printf("%s:", what);
    while (cf_map_next(map, -1, &future, &index, NULL) == CF_STATUS_OK) {
        printf(" %d is %d", (int)index, value(future));
        cf_future_release(future);
    }
    printf("\n");
    cf_map_release(map);
}

/* The input of a map, one by one. */
static int32_t next_number(void* position, void** item_out) {
    int* const i = position;
    if (*i == count) return 0;
    *item_out = &numbers[(*i)++];
    return 1;
}

static int32_t next_arguments(void* position, const char** arguments_out, size_t* size_out) {
    static const char* const texts[] = {"[5]", "[6]"};
    int* const i = position;
    if (*i == 2) return 0;
    *arguments_out = texts[(*i)++];
    *size_out = 3;
    return 1;
}

/* Squares where the numbers stood; parts touch different elements. */
static int32_t square_in_place(cf_task_t* task, int64_t begin, int64_t end, void* elements) {
    int* const of = elements;
    (void)task;
    for (int64_t i = begin; i < end; ++i)
        of[i] *= of[i];
    return CF_STATUS_OK;
}

static void range(cf_executor_t* pool) {
    int elements[1000];
    for (int i = 0; i < 1000; ++i)
        elements[i] = i;
    MUST(cf_executor_map_range(pool, 0, 1000, 0, square_in_place, elements, &error));
    printf("the last of a range: %d\n", elements[999]);
}

static void maps(cf_executor_t* pool) {
    cf_map_options_t* options = NULL;
    cf_map_t* map = NULL;
    MUST(cf_map_options_create(&options, &error));
    MUST(cf_map_options_set_timeout(options, INT64_C(60000000000), &error));
    MUST(cf_map_options_set_chunk_size(options, 1, &error));
    MUST(cf_map_options_set_window(options, 2, &error));
    MUST(cf_map_options_set_unordered(options, 0, &error));
    MUST(cf_map_options_set_cancel_on_release(options, 1, &error));
    int position = 0;
    MUST(cf_executor_map(pool, options, square, NULL, next_number, &position, NULL, &map, &error));
    cf_map_options_release(options);
    cf_map_release(cf_map_retain(map));
    print_map("map", map);

    const char* const texts[] = {"[7]", "[8]"};
    MUST(cf_executor_map_call(pool, NULL, "square", texts, NULL, 2, &map, &error));
    print_map("map of a name", map);
    position = 0;
    MUST(cf_executor_map_call_lazy(pool, NULL, "square", next_arguments, &position, NULL, &map,
                                   &error));
    print_map("lazily", map);

    cf_future_t* futures[2];
    MUST(cf_executor_submit_call_batch(pool, NULL, "square", texts, NULL, 2, futures, &error));
    printf("together: %d %d\n", value(futures[0]), value(futures[1]));
    cf_future_release(futures[0]);
    cf_future_release(futures[1]);
}

int main(void) {
    cf_executor_t* pool = NULL;
    MUST(cf_function_register("square", square_named, NULL, NULL, &error));
    MUST(cf_thread_pool_create(NULL, &pool, &error));
    waits(pool);
    completed(pool);
    descriptor(pool);
    maps(pool);
    range(pool);
    MUST(cf_executor_shutdown(pool, CF_SHUTDOWN_WAIT, -1, &error));
    cf_executor_release(pool);
    return 0;
}
