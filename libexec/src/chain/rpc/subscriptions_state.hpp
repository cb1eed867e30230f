#pragma once

#include <memory>

#include "libexec/chain/rpc/subscriptions.hpp"
#include "subscription_table.hpp"

namespace libexec {

/// Shared by the coroutines, which end once they see that it is closed.
class RpcSubscriptions::State : public std::enable_shared_from_this<State> {
public:
    State(RpcSubscriptionsConfig configured, const Executor& runs_on, RpcSocketMaker& maker, Timers& waiting,
          Random& chance, Log& to);

    void open();
    void close();
    Result<std::shared_ptr<RpcListener>> listen(RpcTopic topic, RpcNoticeHandler handler);
    void leave(const RpcListener& listener);
    bool is_connected() const { return link_ && link_->connected && !link_->over; }

private:
    /// One connection.
    struct Link {
        Link(std::unique_ptr<RpcSocket> made, std::unique_ptr<Alarm> to_write, std::unique_ptr<Alarm> to_tick)
            : socket(std::move(made)), write(std::move(to_write)), tick(std::move(to_tick)) {}

        /// Its tasks end. Only the first reason counts.
        void end(Rejection reason) {
            if (over) return;
            over = true;
            why = std::move(reason);
            socket.reset();
            write->ring();
            tick->ring();
        }

        std::unique_ptr<RpcSocket> socket;  ///< until it is over
        std::unique_ptr<Alarm> write;
        std::unique_ptr<Alarm> tick;
        bool connected = false;
        bool over = false;
        unsigned ticks = 0;  ///< since it was connected
        Rejection why;
    };

    static Task<void> keep_listening(std::shared_ptr<State> state);
    static Task<void> read_on(std::shared_ptr<State> state, std::shared_ptr<Link> link);
    static Task<void> write_out(std::shared_ptr<State> state, std::shared_ptr<Link> link);
    static Task<void> watch(std::shared_ptr<State> state, std::shared_ptr<Link> link);

    Result<Done> take(const WsMessage& message);
    std::chrono::milliseconds pause_after(const Rejection& why, bool was_stable,
                                          std::optional<std::chrono::seconds> asked);
    void lost(const Rejection& why);
    void tell(const RpcTellings& tellings);
    void tell_one(const RpcTelling& telling);
    void tell_gap_soon(const std::shared_ptr<RpcListener>& listener);

    const RpcSubscriptionsConfig config_;
    const Executor executor_;
    RpcSocketMaker& sockets_;
    Timers& timers_;
    Random& random_;
    Log& log_;
    const std::chrono::milliseconds tick_;
    SubscriptionTable table_;
    std::unique_ptr<Alarm> alarm_;  ///< of whoever makes the connections
    std::shared_ptr<Link> link_;
    bool idle_ = false;  ///< there is nothing to listen to, and no connection
    bool closed_ = false;
    bool told_of_loss_ = false;
    unsigned failures_ = 0;  ///< in a row
};

}  // namespace libexec
