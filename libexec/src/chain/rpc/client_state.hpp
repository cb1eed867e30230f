#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/this_coro.hpp>

#include "endpoint_board.hpp"
#include "libexec/chain/rpc/client.hpp"
#include "libexec/json/value.hpp"

namespace libexec {

/// One question, whoever is asked.
class RpcQuestion {
public:
    RpcQuestion(std::string_view name, std::string inside, std::chrono::milliseconds patience)
        : method(name), params(std::move(inside)), deadline(patience) {}

    std::string method;
    std::string params;  ///< the inside of the list, as JSON
    std::chrono::milliseconds deadline;
    Commitment commitment = Commitment::confirmed;  ///< what a slot in the answer is measured with
    bool fresh = true;                              ///< no answer of a node that is behind
    std::uint64_t min_context_slot = 0;
    std::size_t answer_bytes_most = 0;  ///< 0: the usual
    /// So dear that a node which refuses it, or is slow with it, may be fine for everything else: what comes
    /// of it says nothing about the endpoint, and decides alone whether it is asked for such again.
    bool is_search = false;
};

/// Takes a result apart and keeps what was in it.
class RpcTaker {
public:
    virtual ~RpcTaker() = default;
    /// Errors: invalid_body, with what is wrong.
    virtual Result<Done> take(const JsonValue& result, Seen& seen) = 0;

    std::size_t place = 0;                              ///< who answered
    std::optional<TransactionError> transaction_error;  ///< of a refusal
};

template <class T>
class Taking final : public RpcTaker {
public:
    using Read = std::function<Result<T>(const JsonValue& result, Seen& seen)>;

    explicit Taking(Read read) : read_(std::move(read)) {}
    Result<Done> take(const JsonValue& result, Seen& seen) override {
        Result<T> taken = read_(result, seen);
        if (!taken) return taken.error();
        value.emplace(std::move(taken).value());
        return Done{};
    }

    std::optional<T> value;

private:
    Read read_;
};

/// Runs tasks beside each other and waits for all of them.
class Together {
public:
    explicit Together(Timers& timers);
    ~Together();
    Together(const Together&) = delete;
    Together& operator=(const Together&) = delete;

    void start(const Executor& executor, Task<void> work);
    /// Ends when all have; throws what one of them threw.
    Task<void> all();

private:
    struct Join;
    static Task<void> run(std::shared_ptr<Join> join, Task<void> work);
    std::shared_ptr<Join> join_;
};

/// What the client's tasks share; it lives as long as the last of them.
class RpcClient::State {
public:
    State(RpcConfig configured, RpcTransport& way, const Clock& now, Timers& waiting, Random& chance,
          Log& to);

    /// One question to one endpoint, and what came of it.
    struct Tried {
        Result<Done> outcome;
        bool final = false;  ///< nobody else would say anything different
    };
    static Task<Tried> try_one(std::shared_ptr<State> state, RpcQuestion question, std::size_t place,
                               std::shared_ptr<RpcTaker> taker, std::chrono::milliseconds timeout);
    /// Asks the best, then the next, within the question's deadline.
    static Task<Result<Done>> ask(std::shared_ptr<State> state, RpcQuestion question,
                                  std::shared_ptr<RpcTaker> taker);
    /// Asks `place` and nobody else, once, unless it asked for a rest itself.
    static Task<Result<Done>> ask_only(std::shared_ptr<State> state, RpcQuestion question, std::size_t place,
                                       std::shared_ptr<RpcTaker> taker);

    /// An answer that has a place for it says which endpoint gave it.
    template <class T>
    static Task<Result<T>> ask_for(std::shared_ptr<State> state, RpcQuestion question,
                                   typename Taking<T>::Read read) {
        const auto taking = std::make_shared<Taking<T>>(std::move(read));
        const Result<Done> done = co_await ask(state, std::move(question), taking);
        if (!done) co_return done.error();
        if constexpr (requires(T & answer) { answer.endpoint; })
            taking->value->endpoint = state->name_of(taking->place);
        co_return std::move(*taking->value);
    }
    template <class T>
    static Task<Result<T>> ask_only_for(std::shared_ptr<State> state, RpcQuestion question, std::size_t place,
                                        typename Taking<T>::Read read) {
        const auto taking = std::make_shared<Taking<T>>(std::move(read));
        const Result<Done> done = co_await ask_only(std::move(state), std::move(question), place, taking);
        if (!done) co_return done.error();
        co_return std::move(*taking->value);
    }

    /// Which of them are asked together. One that does not answer holds the others up until its time is over.
    enum class Whom : std::uint8_t { all, all_but_resting };
    /// Asks them at once, and waits for all.
    template <class T>
    static Task<std::vector<FromEndpoint<T>>> ask_each(std::shared_ptr<State> state, RpcQuestion question,
                                                       typename Taking<T>::Read read, Whom whom = Whom::all) {
        const auto said = std::make_shared<std::vector<FromEndpoint<T>>>();
        for (const RpcEndpoint& endpoint : state->config.endpoints)
            said->push_back(FromEndpoint<T>{endpoint.name(), closed_words()});
        if (state->closed) co_return std::move(*said);
        const Executor executor = co_await asio::this_coro::executor;
        Together together(state->timers);
        for (std::size_t i = 0; i < said->size(); ++i) {
            if (whom == Whom::all_but_resting && state->board.free_at(i, question.fresh) > state->clock.now())
                (*said)[i].answer = reject(Reason::service_unavailable, state->name_of(i) + " rests");
            else
                together.start(executor, ask_into<T>(state, question, i, read, said));
        }
        co_await together.all();
        co_return std::move(*said);
    }

    static Task<Result<std::uint64_t>> sound_height(std::shared_ptr<State> state, Commitment commitment);
    static Task<Result<AccountSnapshot>> snapshot_of(std::shared_ptr<State> state,
                                                     std::vector<PublicKey> keys, Commitment commitment,
                                                     std::uint64_t min_slot);
    static Task<Result<AccountSnapshot>> refuse_snapshot(std::string why);
    static RpcQuestion status_question(const RpcConfig& config, const std::vector<std::string>& signatures,
                                       std::uint64_t min_context_slot);
    static Taking<SignatureStatuses>::Read status_reader(std::size_t count);
    static Task<Result<SendReport>> send_to_all(std::shared_ptr<State> state, CommittedIntent intent,
                                                SendOptions options);
    static Task<Result<NodeHeight>> height_of(std::shared_ptr<State> state, std::size_t place);
    static Task<Result<NodeStatus>> status_of(std::shared_ptr<State> state, std::size_t place,
                                              std::string signature, std::uint64_t min_slot);
    static Task<void> probe(std::shared_ptr<State> state);
    static Task<void> keep_probing(std::shared_ptr<State> state);

    const std::string& name_of(std::size_t place) const { return config.endpoints[place].name(); }
    static Rejection closed_words() {
        return reject(Reason::service_unavailable, "the RPC client is closed");
    }

    const RpcConfig config;
    RpcTransport& transport;
    const Clock& clock;
    Timers& timers;
    Log& log;
    EndpointBoard board;
    std::uint64_t last_id = 0;
    bool closed = false;  ///< and with it the references may be gone

private:
    struct Snapshot;
    static Task<void> ask_part(std::shared_ptr<Snapshot> snapshot, std::size_t number);
    static Task<void> send_to(std::shared_ptr<State> state, std::shared_ptr<SendReport> report,
                              RpcQuestion question, std::size_t place, std::string signature);
    template <class T>
    static Task<void> ask_into(std::shared_ptr<State> state, RpcQuestion question, std::size_t place,
                               typename Taking<T>::Read read,
                               std::shared_ptr<std::vector<FromEndpoint<T>>> said) {
        (*said)[place].answer =
            // NOLINTNEXTLINE(bugprone-use-after-move): clang counts the callee's own copy of it as a use
            co_await ask_only_for<T>(std::move(state), std::move(question), place, std::move(read));
    }

    struct Turn {
        std::optional<std::size_t> place;
        bool others = false;          ///< somebody else could be asked as well
        std::optional<Time> free_at;  ///< when nobody can be: the first moment somebody may be
    };
    Turn next_turn(const RpcQuestion& question, Time now, const std::vector<Time>& not_before) const;
    Tried judge(const RpcQuestion& question, std::size_t place, RpcTaker& taker, std::uint64_t id, Time asked,
                Result<RpcReply> reply);
    Tried judge_search(const RpcQuestion& question, std::size_t place, RpcTaker& taker, std::uint64_t id,
                       const Result<RpcReply>& reply);
    Tried judge_status(const RpcQuestion& question, std::size_t place, const RpcReply& reply);
    Tried judge_result(const RpcQuestion& question, std::size_t place, RpcTaker& taker,
                       const JsonValue& result);
    Rejection told(const RpcQuestion& question, std::size_t place, const Rejection& why) const;
    Rejection nobody(const RpcQuestion& question, Time now) const;
};

}  // namespace libexec
