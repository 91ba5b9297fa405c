// The stream of frames: the first byte says how it is split, the rest is the stream.
#include "process_pool/protocol.h"

#include <algorithm>
#include <vector>

#include "fuzz.h"

namespace {

constexpr size_t kLimit = 300;

struct Taken {
    cf::FrameHeader header;
    std::string body;

    bool operator==(const Taken& other) const {
        return header.length == other.header.length && header.kind == other.header.kind &&
               header.call == other.header.call && header.task == other.header.task &&
               body == other.body;
    }
};

/// All whole frames, until there are no more, or one is too large.
std::vector<Taken> read_in_pieces(std::string_view stream, size_t piece) {
    cf::FrameReader reader(kLimit);
    std::vector<Taken> taken;
    while (!stream.empty()) {
        const std::string_view part = stream.substr(0, piece);
        stream.remove_prefix(part.size());
        part.copy(reader.room(part.size()).data(), part.size());
        reader.filled(part.size());
        cf::Frame frame;
        cf::FrameReader::Status status{};
        while ((status = reader.next(frame)) == cf::FrameReader::Status::kFrame) {
            cf_fuzz::require(frame.body.size() == frame.header.length, "a frame has its length");
            cf_fuzz::require(frame.body.size() <= kLimit, "no frame is larger than the limit");
            taken.push_back({frame.header, std::string(frame.body)});
        }
        if (status == cf::FrameReader::Status::kTooLarge) break;
    }
    return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    cf_fuzz::Input input(data, size);
    const size_t piece = std::max<size_t>(input.byte(), 1);
    const std::vector<Taken> whole = read_in_pieces(input.rest(), input.rest().size() + 1);
    for (const size_t other : {piece, size_t{1}, cf::kFrameHeaderSize}) {
        cf_fuzz::require(read_in_pieces(input.rest(), other) == whole,
                         "every split gives the same frames");
    }
    std::string again;
    for (const Taken& frame : whole)
        cf::append_frame(again, frame.header, frame.body);
    cf_fuzz::require(read_in_pieces(again, 7) == whole, "what was read can be written");
    return 0;
}
