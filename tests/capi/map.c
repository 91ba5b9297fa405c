/* Map from C: arrays, lazy input, function pointers. */
#include <cfutures/cfutures.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/c_test.h"

static int32_t echo(cf_task_t* task, void* data) {
    const char* arguments = NULL;
    (void)data;
    if (cf_task_arguments(task, &arguments, NULL) != CF_STATUS_OK) return 1;
    return cf_task_return_json(task, arguments, -1);
}

static cf_executor_t* make_pool(void) {
    cf_executor_t* executor = NULL;
    CHECK_EQ_INT(cf_thread_pool_create(NULL, &executor, NULL), CF_STATUS_OK);
    return executor;
}

static void close_pool(cf_executor_t* executor) {
    CHECK_EQ_INT(cf_executor_shutdown(executor, CF_SHUTDOWN_WAIT, cf_test_long_wait_ns(), NULL),
                 CF_STATUS_OK);
    cf_executor_release(executor);
}

static void expect_next(cf_map_t* map, uint64_t index, const char* text) {
    cf_future_t* future = NULL;
    uint64_t its_index = 999;
    const char* json = NULL;
    CHECK_EQ_INT(cf_map_next(map, cf_test_long_wait_ns(), &future, &its_index, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(its_index, index);
    CHECK_EQ_INT(cf_future_result_json(future, 0, &json, NULL, NULL), CF_STATUS_OK);
    CHECK_STR(json, text);
    cf_future_release(future);
}

static void expect_end(cf_map_t* map) {
    cf_future_t* future = NULL;
    CHECK_EQ_INT(cf_map_next(map, -1, &future, NULL, NULL), CF_STATUS_END);
    CHECK(future == NULL);
}

static void over_an_array(void) {
    static const char* const texts[] = {"[1]", "{\"n\":2}", "[3]rest"};
    static const size_t sizes[] = {3, 7, 3};
    cf_executor_t* executor = make_pool();
    cf_map_options_t* options = NULL;
    cf_map_t* map = NULL;
    REQUIRE(cf_map_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_map_options_set_chunk_size(options, 2, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_map_options_set_timeout(options, -1, NULL), CF_STATUS_OK);
    REQUIRE(cf_executor_map_call(executor, options, "echo", texts, sizes, 3, &map, NULL) ==
            CF_STATUS_OK);
    cf_map_options_release(options);
    expect_next(map, 0, "[1]");
    expect_next(map, 1, "{\"n\":2}");
    expect_next(map, 2, "[3]");
    expect_end(map);
    cf_map_release(map);
    close_pool(executor);
}

struct input {
    int next;
    int count;
    char text[32];
    int items[10];
    int destroyed;
};

static int32_t next_text(void* data, const char** text, size_t* size) {
    struct input* input = (struct input*)data;
    if (input->next == input->count) return 0;
    snprintf(input->text, sizeof(input->text), "[%d]", input->next++);
    *text = input->text;
    *size = strlen(input->text);
    return 1;
}

static int32_t next_item(void* data, void** item) {
    struct input* input = (struct input*)data;
    if (input->next == input->count) return 0;
    *item = &input->items[input->next++];
    return 1;
}

static void destroy_input(void* data) {
    ++((struct input*)data)->destroyed;
}

static int32_t mark(cf_task_t* task, void* data) {
    ++*(int*)data;
    return cf_task_return_json(task, "true", -1);
}

static void destroy_item(void* data) {
    *(int*)data += 10;
}

static void over_lazy_texts(void) {
    struct input input;
    cf_executor_t* executor = make_pool();
    cf_map_options_t* options = NULL;
    cf_map_t* map = NULL;
    int i;
    memset(&input, 0, sizeof(input));
    input.count = 50;
    REQUIRE(cf_map_options_create(&options, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_map_options_set_window(options, 4, NULL), CF_STATUS_OK);
    REQUIRE(cf_executor_map_call_lazy(executor, options, "echo", next_text, &input, destroy_input,
                                      &map, NULL) == CF_STATUS_OK);
    cf_map_options_release(options);
    CHECK(input.next <= 4);
    for (i = 0; i < 50; ++i) {
        char text[32];
        snprintf(text, sizeof(text), "[%d]", i);
        expect_next(map, (uint64_t)i, text);
        CHECK(input.next <= i + 1 + 4);
    }
    expect_end(map);
    CHECK_EQ_INT(input.destroyed, 1);
    cf_map_release(map);
    close_pool(executor);
}

static void over_pointers(void) {
    struct input input;
    cf_executor_t* executor = make_pool();
    cf_map_t* map = NULL;
    int i;
    memset(&input, 0, sizeof(input));
    input.count = 10;
    REQUIRE(cf_executor_map(executor, NULL, mark, destroy_item, next_item, &input, destroy_input,
                            &map, NULL) == CF_STATUS_OK);
    for (i = 0; i < 10; ++i)
        expect_next(map, (uint64_t)i, "true");
    expect_end(map);
    cf_map_release(map);
    close_pool(executor);
    for (i = 0; i < 10; ++i)
        CHECK_EQ_INT(input.items[i], 11);
    CHECK_EQ_INT(input.destroyed, 1);
}

static void over_nothing(void) {
    cf_executor_t* executor = make_pool();
    cf_map_t* map = NULL;
    REQUIRE(cf_executor_map_call(executor, NULL, "echo", NULL, NULL, 0, &map, NULL) ==
            CF_STATUS_OK);
    expect_end(map);
    CHECK(cf_map_retain(map) == map);
    cf_map_release(map);
    cf_map_release(map);
    close_pool(executor);
}

static int32_t square_part(cf_task_t* task, int64_t begin, int64_t end, void* squares) {
    (void)task;
    for (int64_t i = begin; i < end; ++i)
        ((int64_t*)squares)[i] = i * i;
    return 0;
}

static int32_t fail_part(cf_task_t* task, int64_t begin, int64_t end, void* data) {
    (void)begin;
    (void)end;
    (void)data;
    return cf_task_fail(task, "PartError", "not this one", NULL);
}

static void over_a_range(void) {
    enum { count = 1000 };
    static int64_t squares[count];
    cf_executor_t* executor = make_pool();
    cf_error_t* error = NULL;
    CHECK_EQ_INT(cf_executor_map_range(executor, 0, count, 0, square_part, squares, &error),
                 CF_STATUS_OK);
    CHECK(error == NULL);
    for (int64_t i = 0; i < count; ++i)
        CHECK_EQ_INT(squares[i], i * i);
    CHECK_EQ_INT(cf_executor_map_range(executor, 0, count, 1, fail_part, NULL, &error),
                 CF_STATUS_TASK_FAILED);
    CHECK_STR(cf_error_type(error), "PartError");
    CHECK_STR(cf_error_message(error), "not this one");
    cf_error_release(error);
    close_pool(executor);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(over_an_array), CF_TEST_CASE(over_lazy_texts), CF_TEST_CASE(over_pointers),
        CF_TEST_CASE(over_nothing),  CF_TEST_CASE(over_a_range),
    };
    if (cf_function_register("echo", echo, NULL, NULL, NULL) != CF_STATUS_OK) return EXIT_FAILURE;
    return CF_TEST_RUN(cases, argc, argv);
}
