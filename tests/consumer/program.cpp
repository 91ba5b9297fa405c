// A whole program of a user in C++: one call on a thread pool. Exits with 0 when all went well.
#include <cfutures/cfutures.hpp>
#include <string>

int main() {
    cfutures::ThreadPool pool;
    auto size = pool.submit([](const std::string& text) { return text.size(); }, "text");
    return size.result() == 4 ? 0 : 1;
}
