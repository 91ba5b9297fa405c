// The frames that travel between a pool and its workers: what both sides share of docs/protocol.md.
//
// A frame is a header of 24 bytes, little-endian, and a body of `length` bytes.
//
//   offset size  field
//        0    4  length     of the body
//        4    1  kind       FrameKind
//        5    1  flags      of the kind
//        6    2  slot       CALL: the slot of its claim word; otherwise 0
//        8    4  call       the call's number in this conversation; 0 for frames about no call
//       12    4  function   FUNCTION: the number it gets; CALL: the number it means; otherwise 0
//       16    8  task       CALL: the task's id in the pool, for logs and errors; otherwise 0
//
// Numbers of calls start at 1 and rise with each call that is sent, also when a call is sent again,
// so that a number never means two things in one conversation. They wrap after 2^32 - 1 to 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cf {

constexpr int kProtocolVersion = 1;

enum class FrameKind : uint8_t {
    // pool to worker
    kHello = 1,     // first; body: object, see docs/protocol.md; brings the claim page's descriptor
    kFunction = 2,  // names a function for later calls; body: JSON string
    kCall = 3,      // body: the arguments, or with kCallIsChunk those of several calls, as items
    kLeave = 4,     // no more calls will come: end with status 0 when the last one is answered
    // pool to fork server, after HELLO
    kFork = 8,  // make a worker; brings its socket, and with kForkBringsOutput where it prints

    // worker to pool
    kReady = 16,     // answer to HELLO: calls may come; body: object
    kFailed = 17,    // answer to HELLO: the worker cannot serve, and ends; body: error object
    kStart = 18,     // the call starts now; from workers that do not use the claim page
    kResult = 19,    // the call succeeded; flags: kind of result; body: the result
    kError = 20,     // the call failed; body: error object
    kProgress = 21,  // how far the running call has come; body: JSON
    // Calls with consecutive numbers, from the header's on, succeeded; flags: the kind of all results;
    // body: the results, as items.
    kResults = 22,
    // fork server to pool; FORK may also be answered with kError
    kForked = 24,  // the worker runs; body: object; brings its pidfd
};

// Flags of kHello.
constexpr uint8_t kHelloBringsClaimPage = 1;
// Flags of kCall. The calls of a chunk have consecutive numbers and task ids, from those in the
// header on; each has an outcome of its own.
constexpr uint8_t kCallIsChunk = 1;
constexpr uint8_t kCallHasDeadline = 2;  // the body begins with it: kDeadlineSize bytes
// Flags of kFork.
constexpr uint8_t kForkBringsOutput = 1;
// Flags of kResult and kResults.
constexpr uint8_t kResultIsNone = 0;
constexpr uint8_t kResultIsJson = 1;
constexpr uint8_t kResultIsBytes = 2;

constexpr size_t kFrameHeaderSize = 24;
constexpr size_t kDeadlineSize = 8;
/// Bounds what one HELLO, FUNCTION, READY, FAILED or ERROR body may need beyond the pool's own limit
/// for texts.
constexpr size_t kControlBodyLimit = size_t{1} << 20;

struct FrameHeader {
    uint32_t length = 0;
    FrameKind kind{};
    uint8_t flags = 0;
    uint16_t slot = 0;
    uint32_t call = 0;
    uint32_t function = 0;
    uint64_t task = 0;
};

/// The number `index` calls after `first`: they wrap to 1, not to 0.
constexpr uint32_t number_after(uint32_t first, uint32_t index) {
    const uint32_t number = first + index;
    return number < first ? number + 1 : number;
}

/// Appends a frame to a buffer; the header's length is set from the body.
void append_frame(std::string& buffer, FrameHeader header, std::string_view body);
/// The same in steps: what is appended between them is the body. Gives what the end has to know.
size_t begin_frame(std::string& buffer, FrameHeader header);
void end_frame(std::string& buffer, size_t frame);

/// The deadline at the begin of a body: nanoseconds of the machine's monotonic clock.
void append_deadline(std::string& buffer, int64_t at);
/// Takes it off; false when the body is too short.
bool take_deadline(std::string_view& body, int64_t& at);

// Items: several texts in one body, each with its length of four bytes before it and a byte 0 behind it,
// so that it can be used where it stands.
void append_item(std::string& body, std::string_view item);
/// Takes the first item off a body. False when it does not begin with a whole one.
[[nodiscard]] bool take_item(std::string_view& body, std::string_view& item);

/// The length of a kResults frame that is the last in an answer space and may still grow: it reaches to the
/// end of what stands there.
constexpr uint32_t kOpenLength = UINT32_MAX;
/// The header of a frame that a buffer begins with, which has room for one.
FrameHeader frame_header_at(const char* frame);
/// Changes the length of a frame.
void set_frame_length(char* frame, uint32_t length);

struct Frame {
    FrameHeader header;
    std::string_view body;  // into the reader's buffer, until its next call
};

/// Cuts a stream of bytes into frames, whatever pieces it comes in.
class FrameReader {
  public:
    /// No body may be larger.
    explicit FrameReader(size_t max_body) : max_body_(max_body) {}
    void set_max_body(size_t max_body) { max_body_ = max_body; }

    /// Room for `size` more bytes; fill a part of it and call filled(). Invalidates frames.
    std::span<char> room(size_t size);
    void filled(size_t size) { end_ += size; }

    /// Nothing more comes: what is there ends an open frame.
    void end() { ended_ = true; }

    enum class Status { kFrame, kNeedMore, kTooLarge };
    /// The next whole frame. kTooLarge is final: the stream cannot be followed any more.
    Status next(Frame& frame);
    /// The same, but each result of a kResults frame comes as a frame of its own. One that makes no
    /// sense comes as it is.
    Status next_answer(Frame& frame);

  private:
    Status look(Frame& frame);
    void pass(const Frame& frame) { begin_ += kFrameHeaderSize + frame.body.size(); }

    size_t max_body_;
    std::string buffer_;
    size_t begin_ = 0;  // of what was not handed out
    size_t end_ = 0;    // of what was filled
    bool ended_ = false;
    // Of the kResults frame at begin_, what next_answer() has given of it.
    size_t taken_ = 0;  // bytes
    uint32_t results_ = 0;
};

}  // namespace cf
