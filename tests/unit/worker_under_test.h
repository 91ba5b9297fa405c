// A real worker process and the pool's end of its conversation, spoken by hand.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process_pool/claim_page.h"
#include "process_pool/protocol.h"

namespace cf_unit {

class WorkerUnderTest {
  public:
    static constexpr const char* kHello =
        R"({"protocol":1,"library":"0.1.0","max_message":1000000})";

    struct Answer {
        cf::FrameKind kind;
        uint8_t flags;
        uint32_t call;
        std::string body;
    };

    /// Starts a program with the marker in its environment.
    explicit WorkerUnderTest(const std::vector<std::string>& args);
    /// Kills what is still there.
    ~WorkerUnderTest();
    WorkerUnderTest(const WorkerUnderTest&) = delete;
    WorkerUnderTest& operator=(const WorkerUnderTest&) = delete;

    // --- the conversation ---

    void send(std::string_view bytes, const std::vector<int>& descriptors = {});
    void send(cf::FrameHeader header, std::string_view body = {});
    /// HELLO with a claim page, and READY; what READY said.
    std::string shake_hands(std::string_view hello = kHello);
    /// Names a function and returns its number.
    uint32_t define(std::string_view name);
    /// Queues and sends one call in a slot of its own.
    void call(uint32_t number, uint32_t function, std::string_view arguments = "[]",
              uint8_t flags = 0);
    /// The next frame; none at the end of the stream, or when the worker stays silent for long.
    std::optional<Answer> receive();
    /// Defines, calls and receives.
    Answer ask(std::string_view name, std::string_view arguments = "[]");
    /// The pool's end goes away.
    void close_socket();

    /// How many bytes have come from it.
    uint64_t received() const { return received_; }

    cf::ClaimPage& page() { return *page_; }
    static uint16_t slot_of(uint32_t number) {
        return static_cast<uint16_t>(number % cf::kClaimSlots);
    }
    /// A memfd for HELLO to bring; the caller closes it.
    static int make_page(size_t size, unsigned seals, uint32_t magic, uint32_t version);

    // --- the process ---

    pid_t pid() const { return pid_; }
    uint64_t socket_inode() const { return socket_inode_; }
    /// Waits for the end: the exit status, or minus the signal's number.
    int wait();
    /// What it wrote to standard error; after wait().
    std::string errors() const;

  private:
    pid_t pid_ = -1;
    int socket_ = -1;
    int errors_ = -1;
    uint64_t socket_inode_ = 0;
    uint32_t functions_ = 0;
    uint32_t calls_ = 1000;  // of ask()
    cf::ClaimPage* page_ = nullptr;
    uint64_t received_ = 0;
    cf::FrameReader reader_{SIZE_MAX};
};

}  // namespace cf_unit
