#pragma once

#include <string>
#include <string_view>

#include "client_state.hpp"
#include "params.hpp"

namespace libexec {

/// A question whose answer is small, of how things stand at `commitment`; `inside` comes before its options.
inline RpcQuestion small_question(const RpcConfig& config, std::string_view method, Commitment commitment,
                                  const std::string& inside = {}) {
    const std::string options = RpcOptions().commitment(commitment).written();
    RpcQuestion question(method, inside.empty() ? options : inside + "," + options, config.deadlines.small);
    question.commitment = commitment;
    return question;
}

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
