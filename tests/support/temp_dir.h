// A directory of its own, below $TMPDIR or /tmp, that goes with its owner.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace cf_test {

class TempDir {
  public:
    TempDir() {
        const char* parent = std::getenv("TMPDIR");
        path_ =
            std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp") + "/cf_test.XXXXXX";
        if (mkdtemp(path_.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
        }
    }
    ~TempDir() {
        // What cannot be removed is reported by the leak check.
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

}  // namespace cf_test
