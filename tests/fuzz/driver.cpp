// A main() for the fuzz targets where there is no libFuzzer: TARGET [--seconds N] FOLDER.
// Runs each file of the folder, then random mutations of them, for N seconds.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kLargest = 4096;

// The input that runs, for the handler of a crash.
const Bytes* current = nullptr;

/// Leaves the input in a file. Only what a signal handler may call.
void keep_input(int signal_number) {
    const int file = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file >= 0 && current != nullptr &&
        write(file, current->data(), current->size()) == static_cast<ssize_t>(current->size())) {
        constexpr char kSaid[] = "the input is in crash-input\n";
        static_cast<void>(!write(STDERR_FILENO, kSaid, sizeof kSaid - 1));
    }
    std::signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void run(const Bytes& input) {
    current = &input;
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

std::vector<Bytes> read_corpus(const std::string& folder) {
    std::vector<Bytes> corpus;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

class Mutator {
  public:
    Mutator(std::vector<Bytes>& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

    Bytes next() {
        Bytes bytes = any();
        for (size_t changes = below(6) + 1; changes > 0; --changes)
            change(bytes);
        if (bytes.size() > kLargest) bytes.resize(kLargest);
        return bytes;
    }

  private:
    size_t below(size_t n) { return static_cast<size_t>(random_() % n); }
    const Bytes& any() { return corpus_[below(corpus_.size())]; }

    void change(Bytes& bytes) {
        static constexpr uint8_t kInteresting[] = {0, 1, 2, 3, 16, 19, 20, 24, 127, 128, 255};
        const size_t at = below(bytes.size() + 1);
        const auto place = bytes.begin() + static_cast<ptrdiff_t>(at);
        switch (below(6)) {
            case 0:
                if (at < bytes.size()) bytes[at] ^= static_cast<uint8_t>(1U << below(8));
                break;
            case 1:
                if (at < bytes.size()) bytes[at] = kInteresting[below(std::size(kInteresting))];
                break;
            case 2:
                bytes.insert(place, static_cast<uint8_t>(below(256)));
                break;
            case 3:
                bytes.erase(place, place + static_cast<ptrdiff_t>(below(bytes.size() - at + 1)));
                break;
            case 4: {  // a piece of another one
                const Bytes& other = any();
                if (other.empty()) break;
                const size_t from = below(other.size());
                const size_t size = below(other.size() - from) + 1;
                const auto first = other.begin() + static_cast<ptrdiff_t>(from);
                bytes.insert(place, first, first + static_cast<ptrdiff_t>(size));
                break;
            }
            default:
                if (at < bytes.size()) bytes[at] = static_cast<uint8_t>(below(256));
        }
    }

    std::vector<Bytes>& corpus_;
    std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::chrono::seconds time(0);
    if (words.size() >= 2 && words[0] == "--seconds") {
        time = std::chrono::seconds(std::atol(words[1].c_str()));
        words.erase(words.begin(), words.begin() + 2);
    }
    if (words.size() != 1) {
        std::fputs("usage: TARGET [--seconds N] FOLDER\n", stderr);
        return 2;
    }
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        std::signal(number, keep_input);

    std::vector<Bytes> corpus = read_corpus(words[0]);
    for (const Bytes& input : corpus)
        run(input);
    const size_t kept = corpus.size();
    if (kept == 0) {
        std::fputs("the corpus is empty\n", stderr);
        return 1;
    }
    const uint64_t seed = std::random_device()();
    std::printf("%zu inputs; seed %llu\n", kept, static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    Mutator mutator(corpus, seed);
    const auto end = std::chrono::steady_clock::now() + time;
    unsigned long long runs = 0;
    while (std::chrono::steady_clock::now() < end) {
        for (int i = 0; i < 100; ++i, ++runs)
            run(mutator.next());
    }
    std::printf("%llu mutations\n", runs);
    return 0;
}
