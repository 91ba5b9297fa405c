// Code that must not be unloaded.
#pragma once

namespace cf {

/// Keeps the shared library that holds this address loaded until the process ends, whatever dlclose()
/// says (T-13). Takes the loader's lock, so hold none of ours: a library that is being loaded may wait for
/// that one in a constructor. Does nothing for the program itself.
void keep_loaded(const void* address) noexcept;

}  // namespace cf
