// What workers share with their host: nothing but one socket.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "contract.h"
#include "support/subprocess.h"

namespace contract {
namespace {

using Json = nlohmann::json;

// An open descriptor, closed at the end.
class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) { EXPECT_GE(number, 0); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    int get() const { return number_; }

  private:
    int number_;
};

Descriptor open_process(pid_t pid) {
    return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

void expect_end_of(const Descriptor& process) {
    pollfd event{process.get(), POLLIN, 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(cf_test::long_wait());
    EXPECT_EQ(poll(&event, 1, static_cast<int>(limit.count())), 1) << "a process lives on";
}

class Isolation : public ContractTest {};
CONTRACT_HOLDS_FOR(Isolation, process_makers);

TEST_P(Isolation, TasksRunInOtherProcesses) {
    const Pool pool = make();
    EXPECT_NE(json_of(submit(pool, "pid")), std::to_string(getpid()));
}

TEST_P(Isolation, W10WorkersHoldTheirSocketAndNothingElse) {
    // Secrets of the host that nobody marked close-on-exec, open before and after workers start.
    const Descriptor before(open("/etc/passwd", O_RDONLY));
    const Pool pool = make();
    submit(pool, "echo");
    const Descriptor after(open("/etc/group", O_RDONLY));
    for (int i = 0; i < 4; ++i) {
        const Json list = Json::parse(json_of(submit(pool, "descriptors")));
        int sockets = 0;
        for (const auto& [number, target] : list.items()) {
            if (std::stoi(number) <= 2) continue;
            EXPECT_EQ(target.get<std::string>().find("socket:"), 0u) << number << ": " << target;
            ++sockets;
        }
        EXPECT_LE(sockets, 1) << list;
    }
}

TEST_P(Isolation, WorkersSeeTheEnvironmentOfTheHost) {
    const Pool pool = make();
    Json mine = Json::array();
    for (char** entry = environ; *entry != nullptr; ++entry)
        mine.push_back(*entry);
    Json theirs = Json::parse(json_of(submit(pool, "environment")));
    std::sort(mine.begin(), mine.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(theirs, mine);
}

TEST_P(Isolation, ThreadsOfATaskDoNotMatterToTheHost) {
    const Pool pool = make();
    EXPECT_EQ(json_of(submit(pool, "fork_child", "[7]")), "7");
    EXPECT_EQ(json_of(submit(pool, "echo", "[1]")), "[1]");
}

TEST_P(Isolation, W04Gh111873WorkersEndWithAKilledHost) {
    cf_test::ProcessGate gate;
    int ends[2] = {-1, -1};
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Descriptor read_end(ends[0]);
    pid_t host = -1;
    {
        const Descriptor write_end(ends[1]);
        host = cf_test::spawn({{CONTRACT_HOST},
                               {"CONTRACT_SCENE=park", "CONTRACT_GATE=" + gate.path(),
                                std::string("CONTRACT_POOL=") + way_name(GetParam().way)}},
                              write_end.get(), STDERR_FILENO);
    }
    std::vector<Descriptor> workers;
    for (const pid_t pid : gate.wait_arrived(2))
        workers.push_back(open_process(pid));
    ASSERT_EQ(kill(host, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(host, &status, 0), host);
    for (const Descriptor& worker : workers)
        expect_end_of(worker);
}

// What a worker writes to its stdout and stderr reaches the host's, and does not disturb the calls.
TEST(Output, W12OfWorkersDoesNotDisturb) {
    const cf_test::Outcome outcome = cf_test::run({{CONTRACT_HOST}, {"CONTRACT_SCENE=print"}});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
    EXPECT_EQ(static_cast<int>(std::count(outcome.out.begin(), outcome.out.end(), '#')), 100000);
    EXPECT_EQ(static_cast<int>(std::count(outcome.err.begin(), outcome.err.end(), '#')), 100000);
}

class HostSignals : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Contract, HostSignals,
                         testing::Values("sigchld_ignored", "sigchld_nocldwait", "host_reaps",
                                         "sigpipe_default", "descriptors_closed"),
                         [](const auto& each) { return each.param; });

TEST_P(HostSignals, W09DoNotDisturbThePool) {
    const cf_test::Outcome outcome =
        cf_test::run({{CONTRACT_HOST}, {std::string("CONTRACT_SCENE=") + GetParam()}});
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
}

}  // namespace
}  // namespace contract
