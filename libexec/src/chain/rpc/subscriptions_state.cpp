#include "subscriptions_state.hpp"

#include <algorithm>
#include <exception>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>

namespace libexec {
namespace {

constexpr std::chrono::hours for_ever{1};  // what waits so long looks again and waits on
constexpr unsigned ticks_per_answer = 4;
constexpr std::size_t reason_bytes_most = 200;

unsigned ticks_in(std::chrono::milliseconds span, std::chrono::milliseconds tick) {
    return static_cast<unsigned>(
        std::max<std::int64_t>(1, (span + tick - std::chrono::milliseconds(1)) / tick));
}

std::chrono::milliseconds tick_of(const RpcSubscriptionsConfig& config) {
    return std::max(config.answer_timeout / ticks_per_answer, std::chrono::milliseconds(1));
}

}  // namespace

RpcSubscriptions::State::State(RpcSubscriptionsConfig configured, const Executor& runs_on,
                               RpcSocketMaker& maker, Timers& waiting, Random& chance, Log& to)
    : config_(std::move(configured)),
      executor_(runs_on),
      sockets_(maker),
      timers_(waiting),
      random_(chance),
      log_(to),
      tick_(tick_of(config_)),
      table_(std::max<std::size_t>(1, config_.unanswered_most), ticks_in(config_.refused_rest, tick_)),
      alarm_(waiting.make_alarm()) {}

void RpcSubscriptions::State::open() {
    asio::co_spawn(executor_, keep_listening(shared_from_this()), asio::detached);
}

void RpcSubscriptions::State::close() {
    closed_ = true;
    if (link_) link_->end(reject(Reason::cancelled, "the subscriptions are closed"));
    alarm_->ring();
}

Result<std::shared_ptr<RpcListener>> RpcSubscriptions::State::listen(RpcTopic topic,
                                                                     RpcNoticeHandler handler) {
    if (table_.listeners() >= config_.subscriptions_most) {
        return reject(Reason::queue_full, "there are " + std::to_string(config_.subscriptions_most) +
                                              " subscriptions to " + config_.endpoint.name() + " already");
    }
    const auto listener = std::make_shared<RpcListener>(std::move(topic), std::move(handler));
    const std::weak_ptr<State> self = weak_from_this();
    listener->leave = [self, raw = listener.get()] {
        if (const auto state = self.lock()) state->leave(*raw);
    };
    if (table_.add(listener)) tell_gap_soon(listener);
    if (idle_) alarm_->ring();
    if (link_) link_->write->ring();
    return listener;
}

void RpcSubscriptions::State::leave(const RpcListener& listener) {
    table_.remove(listener);
    if (link_) link_->write->ring();
}

/// Never from within `listen`, whose caller does not hold the subscription yet.
void RpcSubscriptions::State::tell_gap_soon(const std::shared_ptr<RpcListener>& listener) {
    asio::post(executor_, [self = shared_from_this(), listener] {
        if (self->closed_ || !self->is_connected()) return;
        if (auto notice = listener->gap()) self->tell_one({listener, *std::move(notice)});
    });
}

// ---- the connection ----

Task<void> RpcSubscriptions::State::keep_listening(std::shared_ptr<State> state) {
    while (!state->closed_) {
        state->idle_ = state->table_.listeners() == 0;
        if (state->idle_) {
            co_await state->alarm_->wait(for_ever);
            continue;
        }
        const auto link = std::make_shared<Link>(state->sockets_.make(), state->timers_.make_alarm(),
                                                 state->timers_.make_alarm());
        state->link_ = link;
        const Result<Done> connected = co_await link->socket->connect(state->config_.endpoint.ws_url());
        std::optional<std::chrono::seconds> asked;
        if (!link->over && connected) {
            link->connected = true;
            state->table_.connected();
            state->log_.info("rpc.subscriptions_connected", "the node's subscriptions are connected",
                             {{"endpoint", state->config_.endpoint.name()}});
            state->told_of_loss_ = false;
            asio::co_spawn(state->executor_, write_out(state, link), asio::detached);
            asio::co_spawn(state->executor_, watch(state, link), asio::detached);
            co_await read_on(state, link);
        } else if (!link->over) {
            asked = link->socket->retry_after();
            link->end(connected.error());
        }
        state->link_.reset();
        if (state->closed_) co_return;
        const bool was_stable = link->ticks >= ticks_in(state->config_.stable_after, state->tick_);
        const std::chrono::milliseconds pause = state->pause_after(link->why, was_stable, asked);
        state->lost(link->why);
        if (!state->closed_) co_await state->alarm_->wait(pause);
    }
}

Task<void> RpcSubscriptions::State::read_on(std::shared_ptr<State> state, std::shared_ptr<Link> link) {
    while (!link->over) {
        const Result<WsMessage> said = co_await link->socket->next();
        if (link->over) co_return;
        if (!said) co_return link->end(said.error());
        const Result<Done> taken = state->take(said.value());
        if (!taken) co_return link->end(taken.error());
        if (!link->over) link->write->ring();
    }
}

Task<void> RpcSubscriptions::State::write_out(std::shared_ptr<State> state, std::shared_ptr<Link> link) {
    while (!link->over) {
        const std::optional<std::string> request = state->table_.next_request();
        if (!request) {
            co_await link->write->wait(for_ever);
            continue;
        }
        const Result<Done> sent = co_await link->socket->send_text(*request);
        if (!sent) link->end(sent.error());
    }
}

Task<void> RpcSubscriptions::State::watch(std::shared_ptr<State> state, std::shared_ptr<Link> link) {
    while (!link->over) {
        co_await link->tick->wait(state->tick_);
        if (link->over) co_return;
        ++link->ticks;
        if (!state->table_.tick(ticks_per_answer)) {
            link->end(reject(Reason::service_unavailable, "the node does not answer a subscription in time"));
        } else {
            link->write->ring();
        }
    }
}

Result<Done> RpcSubscriptions::State::take(const WsMessage& message) {
    if (message.is_closed()) {
        return reject(Reason::service_unavailable, "the node closed the socket with " +
                                                       std::to_string(static_cast<int>(message.close_code)) +
                                                       " " +
                                                       outside_words(message.payload, reason_bytes_most));
    }
    if (message.kind == WsMessage::Kind::binary)
        return reject(Reason::invalid_body, "the node says what nobody can understand: it is no text");
    const Result<RpcTellings> tellings = table_.take(message.payload);
    if (!tellings) {
        return reject(Reason::invalid_body,
                      "the node says what nobody can understand: " + tellings.error().detail);
    }
    tell(tellings.value());
    return Done{};
}

std::chrono::milliseconds RpcSubscriptions::State::pause_after(const Rejection& why, bool was_stable,
                                                               std::optional<std::chrono::seconds> asked) {
    if (was_stable) failures_ = 0;
    std::chrono::milliseconds pause = std::min(config_.again_first, config_.again_most);
    for (unsigned i = 0; i < failures_ && pause < config_.again_most; ++i)
        pause = std::min(pause * 2, config_.again_most);
    ++failures_;
    // Everybody whom a node lost at the same time would come back at the same time.
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    pause -= std::chrono::milliseconds(random_.below(half + 1));
    if (why.reason == Reason::rate_limited) pause = std::max(pause, config_.limit_rest);
    if (asked) pause = std::max<std::chrono::milliseconds>(pause, *asked);
    return pause;
}

void RpcSubscriptions::State::lost(const Rejection& why) {
    Rejection told = why;
    told.detail = config_.endpoint.name() + ": " + config_.endpoint.redact(why.detail);
    if (!std::exchange(told_of_loss_, true)) {
        log_.warn("rpc.subscriptions_lost", "the node's subscriptions are lost; connecting again",
                  {{"endpoint", config_.endpoint.name()}, {"error", told.detail}});
    }
    tell(table_.disconnected(told));
}

// ---- telling ----

void RpcSubscriptions::State::tell(const RpcTellings& tellings) {
    for (const RpcTelling& telling : tellings) {
        if (closed_) return;
        tell_one(telling);
    }
}

void RpcSubscriptions::State::tell_one(const RpcTelling& telling) {
    if (!telling.listener->live) return;
    // Afterwards there is nothing to tell, nor to end.
    if (std::holds_alternative<RpcSignatureNotice>(telling.notice)) {
        telling.listener->live = false;
        telling.listener->listening = false;
    }
    try {
        telling.listener->handler(telling.notice);
    } catch (const std::exception& error) {
        log_.error("rpc.subscriber_threw", "a subscriber threw an exception; the subscription goes on",
                   {{"endpoint", config_.endpoint.name()}, {"error", error.what()}});
    }
}

}  // namespace libexec
