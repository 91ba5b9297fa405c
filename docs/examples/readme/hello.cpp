#include <cfutures/cfutures.hpp>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

int main() {
    cfutures::ThreadPool pool;
    auto greeting =
        pool.submit([](const std::string& name) { return "Hello, " + name + "!"; }, "world");
    auto failure = pool.submit([]() -> int { throw std::out_of_range("no such answer"); });
    std::cout << greeting.result() << '\n';
    try {
        std::cout << failure.result() << '\n';
    } catch (const std::out_of_range& error) {
        std::cout << "failed: " << error.what() << '\n';
    }
    for (int square : pool.map([](int n) { return n * n; }, std::vector{1, 2, 3})) {
        std::cout << square << '\n';
    }
}
