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
    kCall = 3,      // body: the arguments, or with kChunk an array of arguments of several calls
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
    // fork server to pool; FORK may also be answered with kError
    kForked = 24,  // the worker runs; body: object; brings its pidfd
};

// Flags of kHello.
constexpr uint8_t kHelloBringsClaimPage = 1;
// Flags of kCall. The calls of a chunk have consecutive numbers and task ids, from those in the
// header on; each is answered on its own.
constexpr uint8_t kCallIsChunk = 1;
constexpr uint8_t kCallHasDeadline = 2;  // the body begins with it: kDeadlineSize bytes
// Flags of kFork.
constexpr uint8_t kForkBringsOutput = 1;
// Flags of kResult.
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

/// Appends a frame to a buffer; the header's length is set from the body.
void append_frame(std::string& buffer, FrameHeader header, std::string_view body);
/// The same in steps: what is appended between them is the body. Gives what the end has to know.
size_t begin_frame(std::string& buffer, FrameHeader header);
void end_frame(std::string& buffer, size_t frame);

/// The deadline at the begin of a body: nanoseconds of the machine's monotonic clock.
void append_deadline(std::string& buffer, int64_t at);
/// Takes it off; false when the body is too short.
bool take_deadline(std::string_view& body, int64_t& at);

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

    enum class Status { kFrame, kNeedMore, kTooLarge };
    /// The next whole frame. kTooLarge is final: the stream cannot be followed any more.
    Status next(Frame& frame);

  private:
    size_t max_body_;
    std::string buffer_;
    size_t begin_ = 0;  // of what was not handed out
    size_t end_ = 0;    // of what was filled
};

/// The pieces of a JSON array, without building a value: calls element(text) for each in order.
/// The text must be valid JSON. False when it is not an array.
template <typename Element>
bool for_each_element(std::string_view array, Element&& element);

// --- implementation of the template ---

namespace detail {
/// The end of the JSON value that starts at `at`, in valid JSON: the index of its ',' or ']'.
size_t value_end(std::string_view json, size_t at);
size_t skip_blanks(std::string_view json, size_t at);
}  // namespace detail

template <typename Element>
bool for_each_element(std::string_view array, Element&& element) {
    size_t at = detail::skip_blanks(array, 0);
    if (at == array.size() || array[at] != '[') return false;
    at = detail::skip_blanks(array, at + 1);
    while (at < array.size() && array[at] != ']') {
        const size_t end = detail::value_end(array, at);
        size_t last = end;
        while (last > at && (array[last - 1] == ' ' || array[last - 1] == '\t' ||
                             array[last - 1] == '\n' || array[last - 1] == '\r')) {
            --last;
        }
        element(array.substr(at, last - at));
        if (end >= array.size() || array[end] == ']') break;
        at = detail::skip_blanks(array, end + 1);
    }
    return true;
}

}  // namespace cf
