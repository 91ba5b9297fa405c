#include "support/loaded_code.h"

#include <dlfcn.h>

namespace cf {

void keep_loaded(const void* address) noexcept {
    Dl_info found{};
    if (dladdr(address, &found) == 0 || found.dli_fname == nullptr) return;
    // Only what is loaded already; the mark stays when the handle is given back.
    void* const library = dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (library != nullptr) dlclose(library);
    dlerror();  // what the program asks for next is about its own calls
}

}  // namespace cf
