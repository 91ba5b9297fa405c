// JSON text: checking it, which is all that the parent does to what it passes through, and reading
// the small objects of the protocol. The parser's own header is seen by json_text.cpp alone, because
// it takes longer to compile than all the rest of a file.
//
// Accepted is RFC 8259 text in UTF-8, at most kMaxJsonDepth deep, whose integers fit int64 or
// uint64 and whose other numbers fit a double. Of duplicate keys the last one counts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/error.h"

namespace cf {

constexpr int kMaxJsonDepth = 128;

/// Null when the text is one JSON value; otherwise an error with the given status that says what is
/// wrong and where. `what` names the text in the message: "the arguments".
ErrorRef check_json(std::string_view json, cf_status_t status, std::string_view what);

/// The same for the arguments of a call, which must be an array or an object: DECODE_ERROR for what
/// is no JSON, ENCODE_ERROR for a bare scalar.
ErrorRef check_json_arguments(std::string_view json);

/// A text as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
std::string quote_json(std::string_view text);

/// A value in a JsonDocument, which outlives it, or an absent one. Every question may be asked of
/// every value: the answer of one of another kind, or of an absent one, is "no" or nothing.
class JsonValue {
  public:
    bool is_absent() const { return node_ == nullptr; }
    bool is_object() const;
    bool is_array() const;
    bool is_true() const;
    std::optional<std::string> string() const;
    std::optional<int64_t> integer() const;  // that fits
    /// The member of an object.
    JsonValue operator[](const char* key) const;
    /// The value as a text of its own; empty for an absent one.
    std::string dump() const;

  private:
    friend class JsonDocument;
    explicit JsonValue(const void* node) : node_(node) {}

    const void* node_;  // of the parser's type
};

/// A JSON text as values; a text that check_json() refuses is an absent value. Throws std::bad_alloc.
class JsonDocument {
  public:
    explicit JsonDocument(std::string_view json);
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    JsonValue value() const;

  private:
    struct Tree;
    std::unique_ptr<Tree> tree_;  // null for an absent value
};

}  // namespace cf
