#include "sim/clients.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "libexec/model/token.hpp"

namespace libexec::simulation {
namespace {

using namespace std::chrono_literals;

constexpr Span patience = 4s;

/// Tells the client what came of a request, over a network that may lose it. A node that dies says nothing.
template <class T>
using Tell = std::function<void(const Result<T>&)>;

Task<void> serve_submit(Engine& engine, OrderRequest request, SubmitOptions options, Tell<Submitted> tell) {
    Result<Submitted> answer = co_await engine.submit(std::move(request), std::move(options));
    tell(answer);
}

Task<void> serve_cancel(Engine& engine, OrderId order, Tell<CancelAnswer> tell) {
    Result<CancelAnswer> answer = co_await engine.cancel(order);
    tell(answer);
}

const Token& token(std::string_view symbol) {
    static const TokenRegistry tokens = TokenRegistry::with_defaults();
    static const Token sol = *tokens.find("SOL");
    static const Token usdc = *tokens.find("USDC");
    return symbol == "SOL" ? sol : usdc;
}

}  // namespace

/// Reads the events of one order to their end, from node to node.
class Clients::Follower : public std::enable_shared_from_this<Follower> {
public:
    Follower(Clients& clients, const OrderId& order) : clients_(clients), order_(order) {}

    void connect() {
        World& world = clients_.shared_.world;
        Node* const node = clients_.pick();
        if (node == nullptr) return again();
        ++world.totals.streams;
        const std::uint64_t connection = ++connection_;
        world.on(node->host(), world.between(1ms, 20ms), [self = shared_from_this(), node, connection] {
            if (connection != self->connection_) return;
            asio::co_spawn(node->host()->io(), read(self, *node, connection), asio::detached);
        });
        // A node that dies or hangs cuts the stream; so does the reader's own network, now and then.
        world.in(world.between(1s, 12s), [self = shared_from_this(), connection] {
            if (self->finished_ || connection != self->connection_) return;
            self->connect();
        });
    }

private:
    static Task<void> read(std::shared_ptr<Follower> self, Node& node, std::uint64_t connection) {
        const std::shared_ptr<EventStream> stream =
            node.bus().follow(self->order_, self->last_, node.host()->io().get_executor());
        EventBatch::End end = EventBatch::End::none;
        while (end == EventBatch::End::none) {
            Result<EventBatch> batch = co_await stream->next();
            if (connection != self->connection_) co_return;  // the reader is elsewhere by now
            if (!batch) break;
            end = self->take(batch.value());
        }
        if (end != EventBatch::End::finished) self->again();
    }

    EventBatch::End take(const EventBatch& batch) {
        Judge& judge = clients_.shared_.judge;
        for (const CommittedEvent& event : batch.events) {
            judge.on_told(*event, last_);
            last_ = event->seq;
        }
        if (batch.end != EventBatch::End::finished) return batch.end;
        judge.on_stream_finished(order_, last_);
        finished_ = true;
        --clients_.open_;
        return batch.end;
    }

    void again() {
        ++connection_;
        World& world = clients_.shared_.world;
        world.in(world.between(50ms, 500ms), [self = shared_from_this(), connection = connection_] {
            if (connection == self->connection_) self->connect();
        });
    }

    Clients& clients_;
    const OrderId order_;
    std::uint32_t last_ = 0;
    std::uint64_t connection_ = 0;
    bool finished_ = false;
};

class Clients::Trader : public std::enable_shared_from_this<Trader> {
public:
    Trader(Clients& clients, std::uint64_t number) : clients_(clients), number_(number) {
        World& world = clients_.shared_.world;
        if (world.likely(850)) key_ = "key-" + std::to_string(number);
        request_.token_in = token("SOL");
        request_.token_out = token("USDC");
        request_.amount = Amount(1'000'000'000 + number * 1'000'000);
        request_.slippage = Bps::of(100).value();
        request_.native_in = true;
        if (world.likely(300)) request_.client_order_id = "client-" + std::to_string(number);
        if (world.likely(200)) request_.deadline = std::chrono::milliseconds(2'000 + world.below(20'000));
    }

    /// One more thing this trader wants; `open_` counts it until it has its answer.
    void submit() {
        World& world = clients_.shared_.world;
        const std::uint64_t round = ++submits_;
        Node* const node = clients_.pick();
        if (node != nullptr) {
            Tell<Submitted> tell = [self = shared_from_this(), round, node](const Result<Submitted>& answer) {
                self->carry_back([self, round, answer] { self->submitted(round, answer); }, node);
            };
            world.on(node->host(), world.between(1ms, 20ms), [self = shared_from_this(), node, tell] {
                SubmitOptions options;
                options.idempotency_key = self->key_;
                asio::co_spawn(node->host()->io(),
                               serve_submit(node->engine(), self->request_, std::move(options), tell),
                               asio::detached);
            });
        }
        world.in(patience, [self = shared_from_this(), round] {
            if (round == self->submits_ && self->wants_order_) self->unanswered();
        });
    }

private:
    /// Under no key a repetition could be a second order: a careful trader leaves it.
    bool may_repeat() const { return !key_.empty() || !request_.client_order_id.empty(); }

    void unanswered() {
        if (may_repeat()) return submit();
        wants_order_ = false;
        --clients_.open_;
    }

    void submitted(std::uint64_t round, const Result<Submitted>& answer) {
        World& world = clients_.shared_.world;
        if (answer) {
            const bool repeats = order_.has_value();
            clients_.shared_.judge.on_acknowledged(may_repeat() ? "of trader " + std::to_string(number_) : "",
                                                   answer.value().order, answer.value().replayed, order_);
            if (answer.value().replayed) ++world.totals.replays;
            if (!repeats) {
                order_ = answer.value().order;
                known_since_ = submits_;
                world.note("acknowledged", 0, clients_.shared_.database.name(*order_));
                ++world.totals.orders;
                want_more();
            }
            if (wants_order_) --clients_.open_;
            wants_order_ = false;
            return;
        }
        const Reason reason = answer.error().reason;
        const bool strange = reason == Reason::timeout || reason == Reason::queue_full;
        if (reason == Reason::idempotency_conflict ||
            (strange && order_ && round > known_since_ && may_repeat())) {
            clients_.shared_.judge.fail(
                "I5_repeat_is_recognised",
                "the same body under the same key was answered with " + std::string(to_string(reason)));
        }
        if (!wants_order_ || round != submits_) return;
        const bool nothing_written = answer.error().reason != Reason::outcome_unknown;
        if (answer.error().reason == Reason::timeout) {  // too late for its deadline: nothing was stored
            wants_order_ = false;
            --clients_.open_;
        } else if (nothing_written || may_repeat()) {
            world.in(world.between(50ms, 1s), [self = shared_from_this(), round] {
                if (round == self->submits_ && self->wants_order_) self->submit();
            });
        } else {
            unanswered();
        }
    }

    void want_more() {
        World& world = clients_.shared_.world;
        const auto later = [&](std::uint64_t likely, Span most, void (Trader::*what)()) {
            if (!world.likely(likely)) return;
            ++clients_.open_;
            world.in(world.between(0ms, most), [self = shared_from_this(), what] { (self.get()->*what)(); });
        };
        if (may_repeat()) later(300, 15s, &Trader::repeat);
        if (!key_.empty()) later(150, 15s, &Trader::ask_for_another);
        later(350, 12s, &Trader::cancel);
        later(700, 3s, &Trader::follow);
    }

    void repeat() {
        wants_order_ = true;
        submit();
    }

    void ask_for_another() {
        World& world = clients_.shared_.world;
        const std::uint64_t round = ++others_;
        Node* const node = clients_.pick();
        if (node != nullptr) {
            Tell<Submitted> tell = [self = shared_from_this(), round, node](const Result<Submitted>& answer) {
                self->carry_back([self, round, answer] { self->answered_another(round, answer); }, node);
            };
            world.on(node->host(), world.between(1ms, 20ms), [self = shared_from_this(), node, tell] {
                SubmitOptions options;
                options.idempotency_key = self->key_;
                OrderRequest other = self->request_;
                other.amount = Amount(other.amount.base_units() + 1);
                other.deadline.reset();
                asio::co_spawn(node->host()->io(),
                               serve_submit(node->engine(), std::move(other), std::move(options), tell),
                               asio::detached);
            });
        }
        world.in(patience, [self = shared_from_this(), round] {
            if (round == self->others_) self->ask_for_another();
        });
    }

    void answered_another(std::uint64_t round, const Result<Submitted>& answer) {
        clients_.shared_.judge.on_other_body(answer, *order_);
        if (round != others_) return;
        if (!answer && answer.error().reason != Reason::idempotency_conflict)
            return;  // asked again after a while
        ++others_;
        ++clients_.shared_.world.totals.conflicts;
        --clients_.open_;
    }

    void cancel() {
        World& world = clients_.shared_.world;
        const std::uint64_t round = ++cancels_;
        Node* const node = clients_.pick();
        if (node != nullptr) {
            Tell<CancelAnswer> tell = [self = shared_from_this(), round,
                                       node](const Result<CancelAnswer>& answer) {
                self->clients_.shared_.judge.on_cancel_answer(*self->order_, answer);
                self->carry_back([self, round, answer] { self->cancelled(round, answer); }, node);
            };
            world.on(node->host(), world.between(1ms, 20ms), [self = shared_from_this(), node, tell] {
                ++node->cancels;
                asio::co_spawn(node->host()->io(), serve_cancel(node->engine(), *self->order_, tell),
                               asio::detached);
            });
        }
        world.in(patience, [self = shared_from_this(), round] {
            if (round == self->cancels_) self->cancel();
        });
    }

    void cancelled(std::uint64_t round, const Result<CancelAnswer>& answer) {
        if (round != cancels_) return;
        if (!answer && answer.error().reason != Reason::too_late_to_cancel)
            return;  // asked again after a while
        ++cancels_;
        ++clients_.shared_.world.totals.cancels;
        --clients_.open_;
    }

    void follow() {
        auto follower = std::make_shared<Follower>(clients_, *order_);
        clients_.followers_.push_back(follower);
        follower->connect();
    }

    /// The answer goes back over the network, which may lose it.
    void carry_back(std::function<void()> what, Node*) {
        World& world = clients_.shared_.world;
        if (world.strikes(world.plan.answer_to_client_lost)) return;
        world.in(world.between(1ms, 20ms), std::move(what));
    }

    Clients& clients_;
    const std::uint64_t number_;
    std::string key_;
    OrderRequest request_;
    std::optional<OrderId> order_;
    bool wants_order_ = true;
    std::uint64_t submits_ = 0;
    std::uint64_t known_since_ = 0;  ///< the last submission that was sent without knowing of the order
    std::uint64_t others_ = 0;
    std::uint64_t cancels_ = 0;
};

Clients::Clients(Shared& shared, std::vector<std::unique_ptr<Node>>& nodes)
    : shared_(shared), nodes_(nodes) {}
Clients::~Clients() = default;

void Clients::start() {
    World& world = shared_.world;
    for (std::uint64_t i = 1; i <= world.plan.orders; ++i) {
        traders_.push_back(std::make_shared<Trader>(*this, i));
        ++open_;
        world.in(world.between(0ms, 15s), [trader = traders_.back()] { trader->submit(); });
    }
}

bool Clients::done() const { return open_ == 0; }

Node* Clients::pick() {
    Node* const node = nodes_[shared_.world.below(nodes_.size())].get();
    return node->alive() ? node : nullptr;
}

}  // namespace libexec::simulation
