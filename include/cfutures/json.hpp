/// encode() and decode(): values to JSON and back, by nlohmann/json's to_json and from_json, but
/// without its silent losses.
#ifndef CFUTURES_JSON_HPP
#define CFUTURES_JSON_HPP

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cfutures/errors.hpp"

namespace cfutures {

/// Writes a value as JSON. Besides what nlohmann/json takes, std::optional is the value or null.
/// Throws EncodeError for numbers that JSON does not have (NaN, infinities), also inside of user
/// types, and when to_json throws. Since 0.1.
template <class T>
nlohmann::json encode(const T& value);
inline nlohmann::json encode(const char* text) {
    return text;
}

/// Reads a value from JSON; standard containers, pairs, tuples and optionals element by element.
/// Throws DecodeError for another type, a number that does not fit T (nlohmann/json would cut it), a
/// fraction for an integer, a wrong number of elements, and when from_json throws. A user type's
/// from_json does what it does: call this in it for checked members. Since 0.1.
template <class T>
T decode(const nlohmann::json& json);

/// The text of a JSON value. Throws EncodeError when a string in it is not UTF-8. Since 0.1.
inline std::string to_text(const nlohmann::json& json) {
    try {
        return json.dump();
    } catch (const nlohmann::json::exception& exception) {
        throw EncodeError(exception.what());
    }
}

/// The JSON value of a text. Throws DecodeError. Since 0.1.
inline nlohmann::json from_text(const char* text, std::size_t size) {
    try {
        return nlohmann::json::parse(text, text + size);
    } catch (const nlohmann::json::exception& exception) {
        throw DecodeError(exception.what());
    }
}

namespace detail {

using Json = nlohmann::json;

[[noreturn]] inline void throw_wrong_type(const char* wanted, const Json& json) {
    throw DecodeError(std::string("expected ") + wanted + ", got " + json.type_name());
}

inline const Json& require_array(const Json& json, std::size_t size) {
    if (!json.is_array()) throw_wrong_type("an array", json);
    if (json.size() != size) {
        throw DecodeError("expected " + std::to_string(size) + " elements, got " +
                          std::to_string(json.size()));
    }
    return json;
}

inline void require_finite(const Json& json) {
    if (json.is_number_float() && !std::isfinite(json.get<double>())) {
        throw EncodeError("JSON has no number for NaN and infinities");
    }
    if (json.is_structured()) {
        for (const Json& element : json)
            require_finite(element);
    }
}

/// How a T is written and read. The primary template is for user types, strings, and all else that
/// nlohmann/json converts.
template <class T>
struct JsonCodec {
    static Json encode(const T& value) {
        static_assert(std::is_constructible_v<Json, const T&>,
                      "this type cannot be written as JSON: give it a to_json function, see the "
                      "manual of nlohmann/json");
        Json json(value);
        require_finite(json);
        return json;
    }
    static T decode(const Json& json) {
        static_assert(
            requires { json.get<T>(); },
            "this type cannot be read from JSON: give it a from_json function, see the "
            "manual of nlohmann/json");
        return json.get<T>();
    }
};

template <class T>
requires std::integral<T>
struct JsonCodec<T> {
    static Json encode(T value) { return Json(value); }
    static T decode(const Json& json) {
        if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean()) throw_wrong_type("a boolean", json);
            return json.get<bool>();
        } else {
            if (json.is_number_unsigned()) return narrow(json.get<std::uint64_t>());
            if (json.is_number_integer()) return narrow(json.get<std::int64_t>());
            throw_wrong_type("an integer", json);
        }
    }

  private:
    template <class Wide>
    static T narrow(Wide number) {
        const T value = static_cast<T>(number);
        if (static_cast<Wide>(value) != number || (value < T{}) != (number < Wide{})) {
            throw DecodeError(std::to_string(number) + " does not fit: the type takes " +
                              std::to_string(std::numeric_limits<T>::min()) + " to " +
                              std::to_string(std::numeric_limits<T>::max()));
        }
        return value;
    }
};

template <class T>
requires std::floating_point<T>
struct JsonCodec<T> {
    static Json encode(T value) {
        Json json(value);
        require_finite(json);
        return json;
    }
    static T decode(const Json& json) {
        if (!json.is_number()) throw_wrong_type("a number", json);
        const T value = json.get<T>();
        if (!std::isfinite(value)) throw DecodeError(json.dump() + " does not fit");
        return value;
    }
};

template <class T>
struct JsonCodec<std::optional<T>> {
    static Json encode(const std::optional<T>& value) {
        return value ? cfutures::encode(*value) : Json();
    }
    static std::optional<T> decode(const Json& json) {
        if (json.is_null()) return std::nullopt;
        return cfutures::decode<T>(json);
    }
};

/// Sequences and sets.
template <class C>
struct JsonSequenceCodec {
    static Json encode(const C& values) {
        Json json = Json::array();
        // By value_type, since the elements of std::vector<bool> are proxies.
        for (const typename C::value_type& value : values) {
            json.push_back(cfutures::encode(value));
        }
        return json;
    }
    static C decode(const Json& json) {
        if (!json.is_array()) throw_wrong_type("an array", json);
        C values;
        for (const Json& element : json) {
            values.insert(values.end(), cfutures::decode<typename C::value_type>(element));
        }
        return values;
    }
};
template <class T, class... Rest>
struct JsonCodec<std::vector<T, Rest...>> : JsonSequenceCodec<std::vector<T, Rest...>> {};
template <class T, class... Rest>
struct JsonCodec<std::deque<T, Rest...>> : JsonSequenceCodec<std::deque<T, Rest...>> {};
template <class T, class... Rest>
struct JsonCodec<std::list<T, Rest...>> : JsonSequenceCodec<std::list<T, Rest...>> {};
template <class T, class... Rest>
struct JsonCodec<std::set<T, Rest...>> : JsonSequenceCodec<std::set<T, Rest...>> {};
template <class T, class... Rest>
struct JsonCodec<std::unordered_set<T, Rest...>>
    : JsonSequenceCodec<std::unordered_set<T, Rest...>> {};

/// Maps: objects when the keys are strings, otherwise arrays of pairs.
template <class C>
struct JsonMapCodec {
    using Key = typename C::key_type;
    using Value = typename C::mapped_type;
    static constexpr bool kIsObject = std::is_same_v<Key, std::string>;

    static Json encode(const C& values) {
        Json json = kIsObject ? Json::object() : Json::array();
        for (const auto& [key, value] : values) {
            if constexpr (kIsObject) {
                json[key] = cfutures::encode(value);
            } else {
                json.push_back(Json::array({cfutures::encode(key), cfutures::encode(value)}));
            }
        }
        return json;
    }
    static C decode(const Json& json) {
        C values;
        if constexpr (kIsObject) {
            if (!json.is_object()) throw_wrong_type("an object", json);
            for (const auto& [key, value] : json.items()) {
                values.emplace(key, cfutures::decode<Value>(value));
            }
        } else {
            if (!json.is_array()) throw_wrong_type("an array of pairs", json);
            for (const Json& pair : json) {
                require_array(pair, 2);
                values.emplace(cfutures::decode<Key>(pair[0]), cfutures::decode<Value>(pair[1]));
            }
        }
        return values;
    }
};
template <class K, class V, class... Rest>
struct JsonCodec<std::map<K, V, Rest...>> : JsonMapCodec<std::map<K, V, Rest...>> {};
template <class K, class V, class... Rest>
struct JsonCodec<std::unordered_map<K, V, Rest...>>
    : JsonMapCodec<std::unordered_map<K, V, Rest...>> {};

/// Arrays, pairs and tuples.
template <class Tuple>
struct JsonTupleCodec {
    static constexpr std::size_t kSize = std::tuple_size_v<Tuple>;

    static Json encode(const Tuple& values) {
        Json json = Json::array();
        std::apply([&](const auto&... value) { (json.push_back(cfutures::encode(value)), ...); },
                   values);
        return json;
    }
    static Tuple decode(const Json& json) {
        require_array(json, kSize);
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return Tuple{cfutures::decode<std::tuple_element_t<I, Tuple>>(json[I])...};
        }
        (std::make_index_sequence<kSize>());
    }
};
template <class T, std::size_t N>
struct JsonCodec<std::array<T, N>> : JsonTupleCodec<std::array<T, N>> {};
template <class A, class B>
struct JsonCodec<std::pair<A, B>> : JsonTupleCodec<std::pair<A, B>> {};
template <class... T>
struct JsonCodec<std::tuple<T...>> : JsonTupleCodec<std::tuple<T...>> {};

}  // namespace detail

template <class T>
nlohmann::json encode(const T& value) {
    try {
        return detail::JsonCodec<T>::encode(value);
    } catch (const EncodeError&) {
        throw;
    } catch (const std::exception& exception) {
        throw EncodeError(exception.what());
    }
}

template <class T>
T decode(const nlohmann::json& json) {
    try {
        return detail::JsonCodec<T>::decode(json);
    } catch (const DecodeError&) {
        throw;
    } catch (const std::exception& exception) {
        throw DecodeError(exception.what());
    }
}

}  // namespace cfutures

#endif
