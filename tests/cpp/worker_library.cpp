// A library of functions for cfutures-worker, for workers.cpp.
#include <cfutures/function.hpp>

#include <stdexcept>
#include <string>

namespace {

std::string greet(const std::string& name) {
    return "Hello, " + name + "!";
}
int refuse(int n) {
    throw std::domain_error("not " + std::to_string(n));
}

CFUTURES_REGISTER("greet", greet);
CFUTURES_REGISTER("refuse", refuse);

}  // namespace
