/* Many futures from C: wait, completion queue, as_completed. */
#include <cfutures/cfutures.h>

#include "support/c_test.h"

enum { kCount = 3 };

struct scene {
    cf_promise_t* promises[kCount];
    cf_future_t* futures[kCount];
};

static void begin(struct scene* scene) {
    int i;
    for (i = 0; i < kCount; ++i) {
        scene->promises[i] = NULL;
        CHECK_EQ_INT(cf_promise_create(&scene->promises[i], NULL), CF_STATUS_OK);
        scene->futures[i] = cf_promise_future(scene->promises[i]);
    }
}

static void keep(struct scene* scene, int i) {
    CHECK_EQ_INT(cf_promise_set_result_json(scene->promises[i], "1", -1, NULL), CF_STATUS_OK);
}

static void end(struct scene* scene) {
    int i;
    for (i = 0; i < kCount; ++i) {
        cf_promise_release(scene->promises[i]);
        cf_future_release(scene->futures[i]);
    }
}

static void wait_splits(void) {
    struct scene scene;
    uint8_t done[kCount] = {9, 9, 9};
    size_t count = 9;
    begin(&scene);
    keep(&scene, 1);
    CHECK_EQ_INT(
        cf_wait(scene.futures, kCount, CF_RETURN_WHEN_FIRST_COMPLETED, -1, done, &count, NULL),
        CF_STATUS_OK);
    CHECK_EQ_INT(count, 1);
    CHECK_EQ_INT(done[0], 0);
    CHECK_EQ_INT(done[1], 1);
    CHECK_EQ_INT(done[2], 0);
    CHECK_EQ_INT(
        cf_wait(scene.futures, kCount, CF_RETURN_WHEN_ALL_COMPLETED, 0, done, &count, NULL),
        CF_STATUS_TIMEOUT);
    CHECK_EQ_INT(count, 1);
    CHECK_EQ_INT(done[1], 1);
    keep(&scene, 0);
    CHECK_EQ_INT(cf_future_cancel(scene.futures[2]), 1);
    CHECK_EQ_INT(
        cf_wait(scene.futures, kCount, CF_RETURN_WHEN_FIRST_EXCEPTION, -1, NULL, &count, NULL),
        CF_STATUS_OK);
    CHECK_EQ_INT(count, kCount);
    CHECK_EQ_INT(cf_wait(scene.futures, kCount, 7, -1, NULL, NULL, NULL),
                 CF_STATUS_INVALID_ARGUMENT);
    CHECK_EQ_INT(cf_wait(NULL, 0, CF_RETURN_WHEN_ALL_COMPLETED, -1, NULL, NULL, NULL),
                 CF_STATUS_OK);
    end(&scene);
}

static void expect_next(cf_completion_queue_t* queue, cf_future_t* future, uint64_t tag) {
    cf_future_t* taken = NULL;
    uint64_t its_tag = 999;
    CHECK_EQ_INT(cf_completion_queue_next(queue, 0, &taken, &its_tag, NULL), CF_STATUS_OK);
    CHECK(taken == future);
    CHECK_EQ_INT(its_tag, tag);
    cf_future_release(taken);
}

static void as_completed_gives_completion_order(void) {
    struct scene scene;
    cf_completion_queue_t* queue = NULL;
    cf_future_t* taken = NULL;
    begin(&scene);
    keep(&scene, 2);
    REQUIRE(cf_as_completed(scene.futures, kCount, -1, &queue, NULL) == CF_STATUS_OK);
    keep(&scene, 0);
    expect_next(queue, scene.futures[2], 2);
    expect_next(queue, scene.futures[0], 0);
    CHECK_EQ_INT(cf_completion_queue_next(queue, 0, &taken, NULL, NULL), CF_STATUS_TIMEOUT);
    CHECK(taken == NULL);
    CHECK_EQ_INT(cf_future_cancel(scene.futures[1]), 1);
    expect_next(queue, scene.futures[1], 1);
    CHECK_EQ_INT(cf_completion_queue_next(queue, -1, &taken, NULL, NULL), CF_STATUS_END);
    cf_completion_queue_release(queue);
    end(&scene);
}

static void a_queue_takes_futures_at_any_time(void) {
    struct scene scene;
    cf_completion_queue_t* queue = NULL;
    cf_future_t* taken = NULL;
    begin(&scene);
    REQUIRE(cf_completion_queue_create(&queue, NULL) == CF_STATUS_OK);
    CHECK(cf_completion_queue_retain(queue) == queue);
    cf_completion_queue_release(queue);
    CHECK_EQ_INT(cf_completion_queue_next(queue, -1, &taken, NULL, NULL), CF_STATUS_END);
    CHECK_EQ_INT(cf_completion_queue_add(queue, scene.futures[0], 50, NULL), CF_STATUS_OK);
    keep(&scene, 0);
    keep(&scene, 1);
    CHECK_EQ_INT(cf_completion_queue_add(queue, scene.futures[1], 51, NULL), CF_STATUS_OK);
    CHECK_EQ_INT(cf_completion_queue_add(queue, scene.futures[2], 52, NULL), CF_STATUS_OK);
    expect_next(queue, scene.futures[0], 50);
    expect_next(queue, scene.futures[1], 51);
    cf_completion_queue_release(queue);
    CHECK_EQ_INT(cf_future_done(scene.futures[2]), 0);
    end(&scene);
}

static void a_queue_gives_batches_and_a_descriptor(void) {
    struct scene scene;
    cf_completion_queue_t* queue = NULL;
    cf_future_t* taken[kCount];
    uint64_t tags[kCount];
    size_t count = 9;
    int32_t descriptor = -1;
    int i;
    begin(&scene);
    REQUIRE(cf_as_completed(scene.futures, kCount, -1, &queue, NULL) == CF_STATUS_OK);
    CHECK_EQ_INT(cf_completion_queue_descriptor(queue, &descriptor, NULL), CF_STATUS_OK);
    CHECK(descriptor > 2);
    CHECK_EQ_INT(cf_completion_queue_next_batch(queue, 0, taken, tags, kCount, &count, NULL),
                 CF_STATUS_TIMEOUT);
    CHECK_EQ_INT(count, 0);
    keep(&scene, 1);
    keep(&scene, 0);
    CHECK_EQ_INT(cf_completion_queue_next_batch(queue, 0, taken, tags, kCount, &count, NULL),
                 CF_STATUS_OK);
    CHECK_EQ_INT(count, 2);
    CHECK(taken[0] == scene.futures[1] && taken[1] == scene.futures[0] && taken[2] == NULL);
    CHECK(tags[0] == 1 && tags[1] == 0);
    for (i = 0; i < kCount; ++i)
        cf_future_release(taken[i]);
    cf_completion_queue_release(queue);
    end(&scene);
}

int main(int argc, char** argv) {
    static const cf_test_case_t cases[] = {
        CF_TEST_CASE(wait_splits),
        CF_TEST_CASE(as_completed_gives_completion_order),
        CF_TEST_CASE(a_queue_takes_futures_at_any_time),
        CF_TEST_CASE(a_queue_gives_batches_and_a_descriptor),
    };
    return CF_TEST_RUN(cases, argc, argv);
}
