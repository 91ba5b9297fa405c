#include "future/outcome.h"

#include <cstring>
#include <new>

namespace cf {

Outcome Outcome::copy(ResultKind kind, std::string_view bytes) {
    char* block = static_cast<char*>(::operator new(bytes.size() + 1));
    if (!bytes.empty()) std::memcpy(block, bytes.data(), bytes.size());
    block[bytes.size()] = '\0';
    return {kind, block, bytes.size(), [](void* memory) { ::operator delete(memory); }};
}

}  // namespace cf
