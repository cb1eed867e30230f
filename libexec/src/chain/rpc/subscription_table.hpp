#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/result.hpp"
#include "pubsub_wire.hpp"

namespace libexec {

/// One who is told.
class RpcListener {
public:
    RpcListener(RpcTopic what, RpcNoticeHandler to) : topic(std::move(what)), handler(std::move(to)) {}

    const RpcTopic topic;
    const RpcNoticeHandler handler;
    std::function<void()> leave;  ///< takes it out of the table; empty once it is out
    bool live = true;             ///< false: nothing is told any more
    bool listening = false;       ///< the last it was told of it was a gap, not a silence
    bool listened = false;        ///< ever

    /// What it is told; nothing when it is told already.
    std::optional<RpcNotice> gap();
    std::optional<RpcNotice> silence(const Rejection& why);
};

/// Something to be told to somebody.
struct RpcTelling {
    std::shared_ptr<RpcListener> listener;
    RpcNotice notice;
};
using RpcTellings = std::vector<RpcTelling>;

/// Who listens to what, what the node was asked for and what it calls it. Knows neither time nor socket: it
/// says what to send and whom to tell.
class SubscriptionTable {
public:
    SubscriptionTable(std::size_t unanswered_most, unsigned refused_rest_ticks)
        : unanswered_most_(unanswered_most), refused_rest_ticks_(refused_rest_ticks) {}

    /// Listens from now on; true when the node tells the topic already.
    bool add(const std::shared_ptr<RpcListener>& listener);
    void remove(const RpcListener& listener);
    std::size_t listeners() const { return listeners_; }

    /// Everything is to be asked for anew.
    void connected();
    RpcTellings disconnected(const Rejection& why);
    /// What to send next, if anything.
    std::optional<std::string> next_request();
    /// What the node said. Errors: invalid_body, for what breaks a rule.
    Result<RpcTellings> take(std::string_view text);
    /// Time goes by. False when an answer has been missing for more than `ticks_most`.
    bool tick(unsigned ticks_most);

private:
    enum class Standing : std::uint8_t { wanted, asked, told, refused };
    struct Entry {
        Standing standing = Standing::wanted;
        std::uint64_t subscription = 0;                       ///< once told
        unsigned rest_ticks = 0;                              ///< while refused
        std::vector<std::shared_ptr<RpcListener>> listeners;  ///< none: it ends when the answer comes
    };
    struct Request {
        std::optional<RpcTopic> topic;  ///< nothing: to end a subscription
        unsigned ticks = 0;
    };
    using Entries = std::map<RpcTopic, Entry>;

    Result<RpcTellings> take_answer(const PubsubAnswer& answer);
    Result<RpcTellings> take_notification(const PubsubNotification& notification);
    void forget(Entries::iterator entry);

    const std::size_t unanswered_most_;
    const unsigned refused_rest_ticks_;
    Entries entries_;
    std::size_t listeners_ = 0;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Request> requests_;        ///< by id
    std::map<std::uint64_t, RpcTopic> subscriptions_;  ///< by the node's name
    std::deque<std::pair<RpcTopic::Kind, std::uint64_t>> to_end_;
};

}  // namespace libexec
