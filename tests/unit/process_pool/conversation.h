// A session with the test at the other end: takes apart what it sends and hands it frames.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "process_pool/session.h"

namespace cf_unit {

enum class Page { kNone, kOffered, kUsed };

struct Sent {
    cf::FrameHeader header;
    std::string body;
};

inline cf::FutureRef make_call(uint64_t task, std::string_view function = "f",
                               std::string_view arguments = "[]") {
    return cf::Future::for_call(task, {}, function, nullptr, arguments);
}

/// As the pool does it: calls are marked as dispatched before they are sent.
inline cf::FutureList dispatched(const std::vector<cf::FutureRef>& calls) {
    cf::FutureList list;
    for (const cf::FutureRef& call : calls) {
        if (call->state().dispatch()) list.push_back(call);
    }
    return list;
}

inline std::vector<uint64_t> tasks_of(const cf::FutureList& list) {
    std::vector<uint64_t> tasks;
    for (const cf::Future* call = list.front(); call != nullptr; call = cf::FutureList::after(call))
        tasks.push_back(call->id());
    return tasks;
}

/// The body of a chunk, or of several results.
inline std::string items(const std::vector<std::string>& texts) {
    std::string body;
    for (const std::string& text : texts)
        cf::append_item(body, text);
    return body;
}

class Conversation {
  public:
    using Event = cf::Session::Event;

    explicit Conversation(Page use, uint32_t first_call = 1)
        : page_(std::make_unique<cf::ClaimPage>()),
          session_("{}", use == Page::kNone ? nullptr : page_.get(), first_call),
          use_(use) {}

    cf::Session& session() { return session_; }
    cf::ClaimPage& page() { return *page_; }

    /// The frames that were sent since the last time; all of the output counts as written.
    std::vector<Sent> take_sent() {
        const std::string_view output = session_.output();
        const auto room = reader_.room(output.size());
        output.copy(room.data(), output.size());
        reader_.filled(output.size());
        session_.wrote(output.size());
        std::vector<Sent> sent;
        cf::Frame frame;
        while (reader_.next(frame) == cf::FrameReader::Status::kFrame)
            sent.push_back({frame.header, std::string(frame.body)});
        return sent;
    }

    Event say(cf::FrameKind kind, uint32_t call = 0, std::string_view body = {},
              uint8_t flags = 0) {
        return session_.receive({{.length = static_cast<uint32_t>(body.size()),
                                  .kind = kind,
                                  .flags = flags,
                                  .call = call},
                                 body});
    }
    Event say_ready() {
        return say(cf::FrameKind::kReady, 0,
                   use_ == Page::kUsed ? R"({"protocol":1,"claims":true})"
                                       : R"({"protocol":1,"claims":false})");
    }
    /// Ready, with the handshake taken from the output.
    void start() {
        say_ready();
        take_sent();
    }
    void send(const std::vector<cf::FutureRef>& calls) {
        cf::FutureList list = dispatched(calls);
        session_.send(list);
    }
    /// An answer, and what it means; null when it was not taken for one.
    cf::FutureRef answer(uint32_t number, std::string_view body = "1",
                         uint8_t kind = cf::kResultIsJson,
                         cf::FrameKind frame_kind = cf::FrameKind::kResult) {
        Event event = say(frame_kind, number, body, kind);
        if (event.kind != Event::Kind::kAnswer) return nullptr;
        event.call->settle(cf::Session::decode_answer(
            {{.length = static_cast<uint32_t>(body.size()), .kind = frame_kind, .flags = kind},
             body},
            *event.call));
        return std::move(event.call);
    }
    /// What a worker writes into the word of the first slot, right or wrong.
    void write_word(uint16_t slot, cf::Claim claim) {
        page_->words[slot].store(claim.encode(), std::memory_order_release);
    }

  private:
    std::unique_ptr<cf::ClaimPage> page_;
    cf::Session session_;
    Page use_;
    cf::FrameReader reader_{size_t{64} << 20};
};

}  // namespace cf_unit
