#include "future/outcome.h"

#include <charconv>
#include <cstring>
#include <new>

namespace cf {

Outcome Outcome::copy(ResultKind kind, std::string_view bytes) {
    char* block = static_cast<char*>(::operator new(bytes.size() + 1));
    if (!bytes.empty()) std::memcpy(block, bytes.data(), bytes.size());
    block[bytes.size()] = '\0';
    return {kind, block, bytes.size(), [](void* memory) { ::operator delete(memory); }};
}

void Outcome::write_number(uint64_t number) {
    char* text = static_cast<char*>(data_);
    char* end = std::to_chars(text, text + size_, number).ptr;
    *end = '\0';
    size_ = static_cast<size_t>(end - text);
}

}  // namespace cf
