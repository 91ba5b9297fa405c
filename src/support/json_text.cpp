#include "support/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/json_scan.h"

namespace cf {
namespace {

using Json = nlohmann::json;

/// Follows the parser's events and refuses what kMaxJsonDepth and our numbers do not allow.
class Checker : public nlohmann::json_sax<Json> {
  public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t& digits) override {
        // The parser falls back on a double for integers that no 64-bit type holds.
        // (The point may be the locale's.)
        if (digits.find_first_not_of("-0123456789") != string_t::npos) return true;
        return refuse(text("the integer ", digits, " does not fit 64 bits"));
    }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(size_t) override { return descend(); }
    bool key(string_t&) override { return true; }
    bool end_object() override { return ascend(); }
    bool start_array(size_t) override { return descend(); }
    bool end_array() override { return ascend(); }
    bool parse_error(size_t position, const std::string&,
                     const nlohmann::detail::exception& exception) override {
        if (dynamic_cast<const Json::out_of_range*>(&exception) != nullptr) {
            return refuse(text("a number before byte ", position, " does not fit a double"));
        }
        return refuse(text("syntax error at byte ", position));
    }

    const std::string& reason() const { return reason_; }

  private:
    bool descend() {
        if (++depth_ <= kMaxJsonDepth) return true;
        return refuse(text("nested more than ", kMaxJsonDepth, " levels deep"));
    }
    bool ascend() {
        --depth_;
        return true;
    }
    bool refuse(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    int depth_ = 0;
    std::string reason_;
};

const Json& tree_at(const void* node) {
    return *static_cast<const Json*>(node);
}

}  // namespace

ErrorRef check_json(std::string_view json, cf_status_t status, std::string_view what) {
    if (is_certainly_json(json)) return nullptr;
    // The parser takes a NUL for the end of the text and passes over a byte-order mark.
    if (json.find('\0') != std::string_view::npos) {
        return Error::create(
            status, text(what, " cannot be used as JSON: NUL byte at byte ", json.find('\0') + 1));
    }
    if (json.starts_with("\xEF\xBB\xBF")) {
        return Error::create(status, text(what, " cannot be used as JSON: byte-order mark"));
    }
    Checker checker;
    if (Json::sax_parse(json.begin(), json.end(), &checker)) return nullptr;
    return Error::create(status, text(what, " cannot be used as JSON: ", checker.reason()));
}

ErrorRef check_json_arguments(std::string_view json) {
    if (ErrorRef error = check_json(json, CF_STATUS_DECODE_ERROR, "the arguments")) return error;
    const size_t first = json.find_first_not_of(" \t\r\n");
    if (json[first] == '[' || json[first] == '{') return nullptr;
    return Error::create(CF_STATUS_ENCODE_ERROR,
                         "the arguments are a single JSON value; write a JSON array of positional "
                         "arguments or a JSON object of named ones");
}

std::string quote_json(std::string_view text) {
    return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// --- reading --------------------------------------------------------------------------------------

struct JsonDocument::Tree {
    Json root;
};

JsonDocument::JsonDocument(std::string_view json) {
    // Checked first: the depth limit keeps what recurses over the tree from overflowing a stack.
    if (check_json(json, CF_STATUS_DECODE_ERROR, "the text")) return;
    tree_ = std::make_unique<Tree>(Tree{Json::parse(json)});
}

JsonDocument::~JsonDocument() = default;

JsonValue JsonDocument::value() const {
    return JsonValue(tree_ != nullptr ? &tree_->root : nullptr);
}

bool JsonValue::is_object() const {
    return !is_absent() && tree_at(node_).is_object();
}

bool JsonValue::is_array() const {
    return !is_absent() && tree_at(node_).is_array();
}

bool JsonValue::is_true() const {
    return !is_absent() && tree_at(node_) == true;
}

std::optional<std::string> JsonValue::string() const {
    if (is_absent() || !tree_at(node_).is_string()) return std::nullopt;
    return tree_at(node_).get_ref<const std::string&>();
}

std::optional<int64_t> JsonValue::integer() const {
    if (is_absent() || !tree_at(node_).is_number_integer()) return std::nullopt;
    const auto integer = tree_at(node_).get<int64_t>();
    // Of an unsigned number that does not fit it makes a negative one.
    if (tree_at(node_).is_number_unsigned() && integer < 0) return std::nullopt;
    return integer;
}

JsonValue JsonValue::operator[](const char* key) const {
    if (!is_object()) return JsonValue(nullptr);
    const auto member = tree_at(node_).find(key);
    return JsonValue(member != tree_at(node_).end() ? &*member : nullptr);
}

std::string JsonValue::dump() const {
    return is_absent() ? std::string() : tree_at(node_).dump();
}

}  // namespace cf
