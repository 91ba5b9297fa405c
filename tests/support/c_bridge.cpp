#include "support/c_bridge.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/c_test.h"
#include "support/events.h"
#include "support/eventually.h"
#include "support/ground.h"
#include "support/leak_check.h"
#include "support/process_gate.h"
#include "support/time.h"
#include "support/watchdog.h"

struct cf_test_gate : cf_test::Gate {};

namespace {

// Owned between open and close, which the runner calls in pairs.
cf_test::Ground* ground = nullptr;
cf_test::Snapshot* snapshot = nullptr;

}  // namespace

extern "C" {

void cf_test_ground_open(void) {
    ground = new cf_test::Ground;
}

void cf_test_ground_close(void) {
    delete ground;
    ground = nullptr;
}

void cf_test_watch(const char* name) {
    cf_test::watch(name);
}

void cf_test_snapshot_open(void) {
    snapshot = new cf_test::Snapshot(cf_test::Snapshot::take());
}

int cf_test_snapshot_close(void) {
    const std::unique_ptr<cf_test::Snapshot> before(std::exchange(snapshot, nullptr));
    const std::vector<std::string> lines = before->differences();
    for (const std::string& line : lines)
        std::printf("    %s\n", line.c_str());
    return static_cast<int>(lines.size());
}

int64_t cf_test_short_wait_ns(void) {
    return cf_test::short_wait_ns();
}
int64_t cf_test_long_wait_ns(void) {
    return cf_test::long_wait_ns();
}

int cf_test_eventually(int (*holds)(void*), void* argument) {
    return cf_test::eventually([&] { return holds(argument) != 0; }) ? 1 : 0;
}

void cf_test_add_counter(const char* name, int64_t (*read)(void)) {
    cf_test::add_counter(name, read);
}

cf_test_gate_t* cf_test_gate_new(void) {
    return new cf_test_gate;
}
void cf_test_gate_open(cf_test_gate_t* gate) {
    gate->open();
}
void cf_test_gate_wait(const cf_test_gate_t* gate) {
    gate->wait();
}
void cf_test_gate_free(cf_test_gate_t* gate) {
    delete gate;
}

void cf_test_process_gate_pass(const char* path) {
    cf_test::ProcessGate::pass(path);
}
}
