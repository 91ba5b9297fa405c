/// FunctionName<F>: the name under which a function is known in all processes of one program.
#ifndef CFUTURES_DETAIL_FUNCTION_NAME_HPP
#define CFUTURES_DETAIL_FUNCTION_NAME_HPP

#include <array>
#include <cstddef>
#include <string_view>

#include "cfutures/detail/function_traits.hpp"

namespace cfutures::detail {

// Compilers end these texts with "[with auto F = ns::is_prime]" or "[F = &ns::is_prime]".
template <auto F>
constexpr const char* pretty_value() {
    return __PRETTY_FUNCTION__;
}
template <class F>
constexpr const char* pretty_type() {
    return __PRETTY_FUNCTION__;
}

constexpr std::string_view after_equals(std::string_view pretty) {
    constexpr std::string_view kMark = "F = ";
    pretty.remove_prefix(pretty.find(kMark) + kMark.size());
    pretty.remove_suffix(pretty.size() - pretty.rfind(']'));
    return pretty;
}

/// "is_prime"
template <auto F>
constexpr std::string_view bare_name() {
    std::string_view name = after_equals(pretty_value<F>());
    if (name.starts_with('&')) name.remove_prefix(1);
    return name;
}

/// "(long int)": tells overloads apart.
template <auto F>
constexpr std::string_view parameter_list() {
    std::string_view type = after_equals(pretty_type<typename TraitsOf<F>::Signature>());
    type.remove_prefix(type.find('('));
    return type;
}

/// The two together with a NUL at the end.
template <auto F>
class FunctionName {
  public:
    static constexpr const char* get() noexcept { return kText.data(); }

  private:
    static constexpr std::size_t kSize = bare_name<F>().size() + parameter_list<F>().size();

    static constexpr std::array<char, kSize + 1> build() {
        std::array<char, kSize + 1> text{};
        std::size_t size = 0;
        for (const char c : bare_name<F>())
            text[size++] = c;
        for (const char c : parameter_list<F>())
            text[size++] = c;
        return text;
    }
    static constexpr std::array<char, kSize + 1> kText = build();
};

}  // namespace cfutures::detail

#endif
