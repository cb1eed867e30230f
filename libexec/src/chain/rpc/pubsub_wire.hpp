#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "envelope.hpp"
#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "libexec/json/value.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What can be subscribed to. Two that are equal are one to the node as well.
struct RpcTopic {
    enum class Kind : std::uint8_t { account, signature, slot };

    Kind kind = Kind::slot;
    PublicKey account;                              ///< of an account
    std::string signature;                          ///< of a signature, in base58
    Commitment commitment = Commitment::confirmed;  ///< of both

    friend auto operator<=>(const RpcTopic&, const RpcTopic&) = default;
};

/// The request for a subscription.
std::string encode_subscribe(std::uint64_t id, const RpcTopic& topic);
/// The request to end the one that the node calls `subscription`.
std::string encode_unsubscribe(std::uint64_t id, RpcTopic::Kind kind, std::uint64_t subscription);

/// What a node says to a request.
struct PubsubAnswer {
    std::uint64_t id = 0;
    std::optional<std::uint64_t> subscription;  ///< of a request to subscribe: the node's name for it
    std::optional<RpcError> error;
};

/// What a node says by itself.
struct PubsubNotification {
    std::string method;
    std::uint64_t subscription = 0;
    JsonValue result;
};

using PubsubMessage = std::variant<PubsubAnswer, PubsubNotification>;

/// Errors of all: invalid_body, with what is wrong. A message with anything but one of the two is an error.
Result<PubsubMessage> decode_pubsub_message(std::string_view text);

/// What a notification says of `topic`; nothing when it is not what was asked for but fine (a signature that
/// was merely received). Errors: a method that is not the topic's, and every broken rule.
Result<std::optional<RpcNotice>> read_notice(const PubsubNotification& notification, const RpcTopic& topic);

}  // namespace libexec
