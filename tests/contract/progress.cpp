// What a running call reports, and who reads it.
#include "contract.h"
#include "support/eventually.h"

namespace contract {
namespace {

struct Report {
    std::string json;  // "none" when there is none
    uint64_t count = 0;
};

Report report_of(cf_future_t* future) {
    char* json = nullptr;
    std::size_t size = 0;
    Report report;
    EXPECT_EQ(cf_future_progress(future, &json, &size, &report.count), CF_STATUS_OK);
    report.json = json != nullptr ? std::string(json, size) : "none";
    cf_free(json);
    return report;
}

class Progress : public ContractTest {};
CONTRACT_HOLDS_FOR(Progress, all_makers);

TEST_P(Progress, TheLastReportStaysWithTheFuture) {
    const Pool pool = make();
    const Future future = submit(pool, "report", R"(["started",{"done":1,"of":2},null])");
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    const Report report = report_of(future);
    EXPECT_EQ(report.json, R"({"done":1,"of":2})");
    EXPECT_EQ(report.count, 2u);
    // Who does not want to know need not say where to put it.
    EXPECT_EQ(cf_future_progress(future, nullptr, nullptr, nullptr), CF_STATUS_OK);
}

TEST_P(Progress, ACallThatReportsNothingHasNone) {
    const Pool pool = make();
    const Future future = submit(pool, "echo", "[1]");
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(report_of(future).json, "none");
    EXPECT_EQ(report_of(future).count, 0u);
}

TEST_P(Progress, OnlyJsonOfAModestSizeIsAReport) {
    const Pool pool = make();
    const Future future = submit(pool, "bad_reports");
    EXPECT_EQ(json_of(future), "[-21,-21,-1,0]");
    EXPECT_EQ(report_of(future).count, 1u);
    EXPECT_EQ(report_of(future).json.size(), 4096u);
}

TEST_P(Progress, BelongsToOneCall) {
    const Pool pool = make();
    std::vector<Future> futures;
    for (int i = 0; i < 100; ++i)
        futures.push_back(submit(pool, "report", "[" + std::to_string(i) + ",null]"));
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(outcome_of(futures[static_cast<std::size_t>(i)]), CF_STATUS_OK);
        EXPECT_EQ(report_of(futures[static_cast<std::size_t>(i)]).json, std::to_string(i));
    }
    futures.clear();
    // What takes the place of those in memory starts without.
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(report_of(submit(pool, "echo", "[1]")).json, "none");
}

class QueueingProgress : public ContractTest {};
CONTRACT_HOLDS_FOR(QueueingProgress, queueing_makers);

TEST_P(QueueingProgress, IsReadWhileTheCallRuns) {
    cf_test::ProcessGate gate;
    const Pool pool = make();
    const Future future = submit(pool, "report", "[1,2," + quoted(gate.path()) + "]");
    gate.wait_arrived();
    // From another process it is on its way.
    EXPECT_TRUE(cf_test::eventually([&] { return report_of(future).count == 2; }));
    EXPECT_EQ(report_of(future).json, "2");
    EXPECT_EQ(cf_future_done(future), 0);
    gate.open();
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(report_of(future).json, "2");
}

TEST_P(QueueingProgress, OfAPendingCallIsNone) {
    const Pool pool = make();
    const Parked parked(pool, GetParam().workers);
    const Future future = submit(pool, "report", "[1,null]");
    EXPECT_EQ(report_of(future).count, 0u);
    EXPECT_EQ(cf_future_cancel(future), 1);
    EXPECT_EQ(report_of(future).count, 0u);
}

class ThreadProgress : public ContractTest {};
CONTRACT_HOLDS_FOR(ThreadProgress, in_process_makers);

TEST_P(ThreadProgress, ATaskOfAPointerReportsToo) {
    const Pool pool = make();
    const cf_task_fn report_twice = [](cf_task_t* task, void*) -> int32_t {
        const cf_status_t status = cf_task_report_progress(task, "0.5", -1);
        return status != CF_STATUS_OK ? status : cf_task_report_progress(task, "[1]garbage", 3);
    };
    Future future;
    ASSERT_EQ(
        cf_executor_submit(pool, nullptr, report_twice, nullptr, nullptr, future.out(), nullptr),
        CF_STATUS_OK);
    EXPECT_EQ(outcome_of(future), CF_STATUS_OK);
    EXPECT_EQ(report_of(future).json, "[1]");
}

TEST_P(ThreadProgress, APartOfARangeHasNobodyToReportTo) {
    const Pool pool = make();
    const cf_range_fn report_part = [](cf_task_t* task, int64_t, int64_t, void*) -> int32_t {
        return cf_task_report_progress(task, "1", -1) == CF_STATUS_UNSUPPORTED ? 0 : 1;
    };
    EXPECT_EQ(cf_executor_map_range(pool, 0, 1000, 0, report_part, nullptr, nullptr), CF_STATUS_OK);
}

}  // namespace
}  // namespace contract
