#include <cfutures/cfutures.hpp>
#include <cstdlib>
#include <iostream>

int half(int n) {
    if (n % 2 != 0) std::abort();
    return n / 2;
}

int main() {
    cfutures::worker_entry();  // the workers are this program, run again: they do not get past here
    cfutures::ProcessPool pool;
    auto crash = pool.submit<half>(7);
    auto three = pool.submit<half>(6);
    std::cout << three.result() << '\n';
    try {
        crash.result();
    } catch (const cfutures::WorkerLostError& error) {
        std::cout << "worker lost: signal " << error.signal().value_or(0) << '\n';
    }
}
