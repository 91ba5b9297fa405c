/* The function registry. */
#include <cfutures/cfutures.h>
#include <string.h>

#include "support/c_test.h"

static int32_t first(cf_task_t* task, void* data) {
    (void)data;
    return cf_task_return_json(task, "1", -1);
}

static int32_t second(cf_task_t* task, void* data) {
    (void)data;
    return cf_task_return_json(task, "2", -1);
}

static void count(void* counter) {
    ++*(int*)counter;
}

static void a_name_belongs_to_one_function(void) {
    int destroyed = 0;
    cf_error_t* error = NULL;
    CHECK_EQ_INT(cf_function_registered("taken"), 0);
    CHECK_EQ_INT(cf_function_register("taken", first, NULL, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_function_registered("taken"), 1);
    CHECK_EQ_INT(cf_function_register("taken", first, NULL, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_function_register("taken", second, &destroyed, count, &error),
                 CF_STATUS_INVALID_STATE);
    CHECK(strstr(cf_error_message(error), "taken") != NULL);
    CHECK_EQ_INT(destroyed, 1);
    cf_error_release(error);
}

static void user_data_is_part_of_it(void) {
    static int one;
    static int two;
    int destroyed = 0;
    CHECK_EQ_INT(cf_function_register("with data", first, &one, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_function_register("with data", first, &one, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_function_register("with data", first, &two, NULL, NULL),
                 CF_STATUS_INVALID_STATE);
    CHECK_EQ_INT(cf_function_register("kept for good", first, &destroyed, count, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(destroyed, 0);
    /* The same once more: its user_data is in use, so it is not destroyed. */
    CHECK_EQ_INT(cf_function_register("kept for good", first, &destroyed, count, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(destroyed, 0);
}

static void wrong_names_are_refused(void) {
    char name[1026];
    int destroyed = 0;
    cf_error_t* error = NULL;
    memset(name, 'n', sizeof(name));
    name[1025] = '\0';
    CHECK_EQ_INT(cf_function_register(name, first, &destroyed, count, &error),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK(strstr(cf_error_message(error), "name") != NULL);
    CHECK_EQ_INT(destroyed, 1);
    cf_error_release(error);
    name[1024] = '\0';
    CHECK_EQ_INT(cf_function_register(name, first, NULL, NULL, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_function_registered(name), 1);
    CHECK_EQ_INT(cf_function_register("", first, &destroyed, count, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(cf_function_register(NULL, first, &destroyed, count, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(cf_function_register("no function", NULL, &destroyed, count, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(destroyed, 4);
    CHECK_EQ_INT(cf_function_registered(NULL), 0);
    CHECK_EQ_INT(cf_function_registered(""), 0);
    CHECK_EQ_INT(cf_function_registered("no function"), 0);
}

struct visit {
    char last[2048];
    int count;
    int in_order;
    int stop_at;
};

static int32_t visit(const char* name, void* data) {
    struct visit* self = (struct visit*)data;
    if (self->count > 0 && strcmp(self->last, name) >= 0) self->in_order = 0;
    strncpy(self->last, name, sizeof(self->last) - 1);
    return ++self->count == self->stop_at;
}

static void names_are_visited_in_order(void) {
    struct visit all = {"", 0, 1, 0};
    struct visit two = {"", 0, 1, 2};
    cf_function_register("visit c", first, NULL, NULL, NULL);
    cf_function_register("visit a", first, NULL, NULL, NULL);
    cf_function_register("visit b", first, NULL, NULL, NULL);
    CHECK_EQ_INT(cf_function_visit(visit, &all), CF_STATUS_OK);
    CHECK(all.count >= 3);
    CHECK(all.in_order);
    CHECK_EQ_INT(cf_function_visit(visit, &two), CF_STATUS_OK);
    CHECK_EQ_INT(two.count, 2);
    CHECK_EQ_INT(cf_function_visit(NULL, NULL), CF_STATUS_INVALID_ARGUMENT);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(a_name_belongs_to_one_function),
        CF_TEST_CASE(user_data_is_part_of_it),
        CF_TEST_CASE(wrong_names_are_refused),
        CF_TEST_CASE(names_are_visited_in_order),
    };
    return CF_TEST_RUN(cases, argc, argv);
}
