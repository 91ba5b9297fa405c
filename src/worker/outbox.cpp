#include "worker/outbox.h"

#include <cerrno>
#include <cstring>

#include "support/clock.h"
#include "support/system_calls.h"
#include "worker/worker_loop.h"

namespace cf {
namespace {

/// What is held back goes at the latest when there is so much of it: the pool can take it in while the
/// worker goes on, and has the next calls ready in time.
constexpr size_t kMostHeld = size_t{2} << 10;
/// Inside of a chunk more of it: the next calls are there, and short, or they would not be in one.
constexpr size_t kMostHeldInChunk = size_t{8} << 10;

constexpr Nanoseconds kTick = kMillisecond;
constexpr size_t kStackSize = size_t{64} << 10;

static_assert(kMostHeldInChunk <= kAnswerSpace);

}  // namespace

void Outbox::hold_back_in(ClaimPage& page) {
    Thread sender;
    const auto main = [](void* self) { static_cast<Outbox*>(self)->send_late(); };
    if (sender.start("cf-answers", main, this, kStackSize)) return;
    sender.detach();
    const MutexLock lock(mutex_);
    page_ = &page;
    page.answers_begin.store(written_, std::memory_order_release);
    page.answers_end.store(written_, std::memory_order_release);
}

void Outbox::hold(std::string_view frames, bool within_chunk) {
    if (frames.empty()) return;
    const size_t most = within_chunk ? kMostHeldInChunk : kMostHeld;
    const MutexLock lock(mutex_);
    if (page_ == nullptr || frames.size() > most) return write_at_once(frames);
    hold_in_page(frames);
    ++holds_;
    if (held_ >= most) return send_held();
    if (watched_.load(std::memory_order_relaxed) != 0) return;
    watched_.store(1, std::memory_order_release);
    sync::unpark_one(watched_);
}

void Outbox::send(std::string_view frames) {
    const MutexLock lock(mutex_);
    // One system call for both.
    if (held_ != 0 && frames.size() <= kMostHeldInChunk) {
        hold_in_page(frames);
        frames = {};
    }
    write_at_once(frames);
}

void Outbox::hold_in_page(std::string_view frames) {
    if (frames.empty()) return;
    if (held_ + frames.size() > kAnswerSpace) send_held();
    const FrameHeader header = frame_header_at(frames.data());
    const bool is_result =
        header.kind == FrameKind::kResults && frames.size() == kFrameHeaderSize + header.length;
    const bool goes_on =
        is_result && open_ != nullptr && header.call == next_result_ && header.flags == open_flags_;
    if (!goes_on) close_results();
    const std::string_view bytes = goes_on ? frames.substr(kFrameHeaderSize) : frames;
    char* const to = page_->answers() + held_;
    std::memcpy(to, bytes.data(), bytes.size());
    if (is_result && !goes_on) {
        // Its length is known when it is sent. Should this process end before, the pool sees how far it goes.
        set_frame_length(to, kOpenLength);
        open_ = to;
        open_flags_ = header.flags;
    }
    if (is_result) next_result_ = number_after(header.call, 1);
    held_ += bytes.size();
    page_->answers_end.store(written_ + held_, std::memory_order_release);
}

void Outbox::close_results() {
    if (open_ == nullptr) return;
    const char* const end = page_->answers() + held_;
    set_frame_length(open_, static_cast<uint32_t>(end - open_) - uint32_t{kFrameHeaderSize});
    open_ = nullptr;
}

void Outbox::write_at_once(std::string_view frames) {
    send_held();
    if (frames.empty()) return;
    write(frames);
    if (page_ == nullptr) return;
    page_->answers_begin.store(written_, std::memory_order_release);
    page_->answers_end.store(written_, std::memory_order_release);
}

void Outbox::send_held() {
    if (held_ == 0) return;
    close_results();
    write({page_->answers(), held_});
    held_ = 0;
    ++sends_;
    page_->answers_begin.store(written_, std::memory_order_release);
}

void Outbox::write(std::string_view bytes) {
    written_ += bytes.size();
    while (!bytes.empty()) {
        iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        const ssize_t size = system_calls().sendmsg(socket_, &message, MSG_NOSIGNAL);
        if (size >= 0) {
            bytes.remove_prefix(static_cast<size_t>(size));
        } else if (errno != EINTR) {
            end_with_pool();
        }
    }
}

void Outbox::send_late() {
    for (;;) {
        while (watched_.load(std::memory_order_acquire) == 0)
            sync::park(watched_, 0, Deadline::never());
        tick();
    }
}

/// Looks until nothing is held back and nothing happens any more.
void Outbox::tick() {
    sync::Atomic<uint32_t> never{0};
    uint32_t holds = 0;
    uint32_t sends = 0;
    for (bool first = true;; first = false) {
        const Deadline next = Deadline::after(kTick);
        while (!next.passed())
            sync::park(never, 0, next);
        const MutexLock lock(mutex_);
        if (!first && held_ != 0 && sends == sends_) send_held();
        if (!first && held_ == 0 && holds == holds_) {
            watched_.store(0, std::memory_order_relaxed);
            return;
        }
        holds = holds_;
        sends = sends_;
    }
}

}  // namespace cf
