#pragma once

#include <string>

#include "client_state.hpp"

namespace libexec {

/// A reader that has nothing to say about where the node stands.
template <class T>
typename Taking<T>::Read without_slot(Result<T> (*read)(const JsonValue& result)) {
    return [read](const JsonValue& result, Seen&) { return read(result); };
}

/// What was asked for cannot be put to a node; `why` names the rule. Errors: invalid_parameter.
template <class T>
Task<Result<T>> refused(std::string why) {
    co_return reject(Reason::invalid_parameter, why);
}

}  // namespace libexec
