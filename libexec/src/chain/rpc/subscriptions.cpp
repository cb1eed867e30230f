#include "libexec/chain/rpc/subscriptions.hpp"

#include "params.hpp"
#include "subscriptions_state.hpp"

namespace libexec {

RpcSubscription& RpcSubscription::operator=(RpcSubscription&& other) noexcept {
    if (this != &other) {
        end();
        listener_ = std::move(other.listener_);
    }
    return *this;
}

void RpcSubscription::end() {
    const std::shared_ptr<RpcListener> listener = std::move(listener_);
    if (!listener) return;
    listener->live = false;
    listener->listening = false;
    listener->leave();
}

bool RpcSubscription::is_listening() const { return listener_ && listener_->listening; }

RpcSubscriptions::RpcSubscriptions(RpcSubscriptionsConfig config, const Executor& executor,
                                   RpcSocketMaker& sockets, Timers& timers, Random& random, Log& log)
    : state_(std::make_shared<State>(std::move(config), executor, sockets, timers, random, log)) {
    state_->open();
}

RpcSubscriptions::~RpcSubscriptions() { state_->close(); }

Result<RpcSubscription> RpcSubscriptions::account(const PublicKey& account, Commitment commitment,
                                                  RpcNoticeHandler handler) {
    RpcTopic topic;
    topic.kind = RpcTopic::Kind::account;
    topic.account = account;
    topic.commitment = commitment;
    return subscribe(std::move(topic), std::move(handler));
}

Result<RpcSubscription> RpcSubscriptions::signature(std::string signature, Commitment commitment,
                                                    RpcNoticeHandler handler) {
    if (!is_signature(signature))
        return reject(Reason::invalid_parameter, "a signature is 64 bytes in base58");
    RpcTopic topic;
    topic.kind = RpcTopic::Kind::signature;
    topic.signature = std::move(signature);
    topic.commitment = commitment;
    return subscribe(std::move(topic), std::move(handler));
}

Result<RpcSubscription> RpcSubscriptions::slots(RpcNoticeHandler handler) {
    return subscribe(RpcTopic(), std::move(handler));
}

Result<RpcSubscription> RpcSubscriptions::subscribe(RpcTopic topic, RpcNoticeHandler handler) {
    Result<std::shared_ptr<RpcListener>> listener = state_->listen(std::move(topic), std::move(handler));
    if (!listener) return listener.error();
    RpcSubscription subscription;
    subscription.listener_ = std::move(listener).value();
    return subscription;
}

bool RpcSubscriptions::is_connected() const { return state_->is_connected(); }

}  // namespace libexec
