// What an endpoint's answer to a question means: for the question, and for the endpoint.

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "client_state.hpp"
#include "envelope.hpp"

namespace libexec {
namespace {

/// A value takes some 100 bytes of memory, and two bytes of text are enough for one.
constexpr std::size_t values_per_mebibyte = 50'000;
constexpr std::size_t body_words_most = 200;

/// What a status other than 200 says, in words.
std::string words_of_status(const RpcReply& reply, bool asks_for_rest) {
    std::string words = "HTTP " + std::to_string(reply.status);
    if (reply.status >= 300 && reply.status < 400) words += ", and redirects are not followed";
    if (asks_for_rest) {
        words += ", it asks for a rest";
        if (reply.retry_after) words += " of " + std::to_string(reply.retry_after->count()) + " s";
    } else if (!reply.body.empty()) {
        // Through JSON, because a body may be anything and a sentence is UTF-8.
        const std::string_view front = std::string_view(reply.body).substr(0, 2 * body_words_most);
        const Result<JsonValue> text = JsonValue::parse(to_json_string(front));
        if (text) words += ": " + outside_words(text.value().text(), body_words_most);
    }
    return words;
}

bool asks_for_rest(const RpcReply& reply) {
    return reply.status == 429 || (reply.status == 503 && reply.retry_after);
}

Reason reason_of_status(const RpcReply& reply) {
    return reply.status == 429 ? Reason::rate_limited : Reason::service_unavailable;
}

bool is_not_the_nodes(Reason reason) { return reason == Reason::queue_full || reason == Reason::cancelled; }

}  // namespace

RpcClient::State::Tried RpcClient::State::judge(const RpcQuestion& question, std::size_t place,
                                                RpcTaker& taker, std::uint64_t id, Time asked,
                                                Result<RpcReply> reply) {
    const Time now = clock.now();
    Tried tried;
    const auto failed = [&](const Rejection& why) {
        tried.outcome = told(question, place, why);
        board.failed(place, now, tried.outcome.error().detail);
        return tried;
    };
    if (!reply) {
        if (!is_not_the_nodes(reply.error().reason)) return failed(reply.error());
        tried.outcome = reply.error();
        tried.final = true;
        return tried;
    }
    const std::size_t bytes_most =
        question.answer_bytes_most > 0 ? question.answer_bytes_most : config.answer_bytes_most;
    const std::size_t values_most = (bytes_most / (1024 * 1024) + 1) * values_per_mebibyte;
    Result<RpcOutcome> outcome = decode_rpc_answer(reply.value().body, id, values_most);
    const bool is_error = outcome && std::holds_alternative<RpcError>(outcome.value());
    // Some word an error both ways; what a status other than 200 brings is nothing else.
    if (reply.value().status == 429 || (reply.value().status != 200 && !is_error))
        return judge_status(question, place, reply.value());
    if (!outcome) {
        return failed(reject(Reason::service_unavailable,
                             "an answer nobody can understand: " + outcome.error().detail));
    }
    if (!is_error) {
        board.answered(place, now, now - asked);
        return judge_result(question, place, taker, std::get<JsonValue>(outcome.value()));
    }

    using Next = ErrorMeaning::Next;
    ErrorMeaning meaning = meaning_of(std::get<RpcError>(outcome.value()));
    if (meaning.next == Next::blame) return failed(meaning.why);
    tried.outcome = told(question, place, meaning.why);
    switch (meaning.next) {
        case Next::rest:
            board.limited(place, now, reply.value().retry_after);
            break;
        case Next::behind:
            board.answered(place, now, now - asked);
            board.fell_behind(place, now, meaning.slots_behind);
            break;
        case Next::give_up:
            taker.transaction_error = std::move(meaning.transaction_error);
            tried.final = true;
            [[fallthrough]];
        case Next::ask_another:
        case Next::blame:
            board.answered(place, now, now - asked);
            break;
    }
    return tried;
}

/// Neither its latency nor its slot counts: the slowest question there is would make a good endpoint look
/// bad.
RpcClient::State::Tried RpcClient::State::judge_search(const RpcQuestion& question, std::size_t place,
                                                       RpcTaker& taker, std::uint64_t id,
                                                       const Result<RpcReply>& reply) {
    Tried tried;
    if (!reply && is_not_the_nodes(reply.error().reason)) {
        tried.outcome = reply.error();
        tried.final = true;
        return tried;
    }
    const auto failed = [&](const Rejection& why) {
        tried.outcome = told(question, place, why);
        return tried;
    };
    const auto limited = [&](const Rejection& why) {
        board.search_limited(place, clock.now(), reply.value().retry_after);
        return failed(why);
    };
    if (!reply) return failed(reply.error());
    const std::size_t values_most = (question.answer_bytes_most / (1024 * 1024) + 1) * values_per_mebibyte;
    const Result<RpcOutcome> outcome = decode_rpc_answer(reply.value().body, id, values_most);
    const bool is_error = outcome && std::holds_alternative<RpcError>(outcome.value());
    if (reply.value().status == 429 || (reply.value().status != 200 && !is_error)) {
        const bool rests = asks_for_rest(reply.value());
        const Rejection why = reject(reason_of_status(reply.value()), words_of_status(reply.value(), rests));
        return rests ? limited(why) : failed(why);
    }
    if (!outcome)
        return failed(reject(Reason::service_unavailable,
                             "an answer nobody can understand: " + outcome.error().detail));
    if (is_error) {
        const ErrorMeaning meaning = meaning_of(std::get<RpcError>(outcome.value()));
        tried.final = meaning.next == ErrorMeaning::Next::give_up;
        return meaning.next == ErrorMeaning::Next::rest ? limited(meaning.why) : failed(meaning.why);
    }
    Seen seen;
    const Result<Done> taken = taker.take(std::get<JsonValue>(outcome.value()), seen);
    if (!taken)
        return failed(
            reject(Reason::service_unavailable, "an answer that breaks a rule: " + taken.error().detail));
    board.search_answered(place);
    tried.outcome = Done{};
    return tried;
}

RpcClient::State::Tried RpcClient::State::judge_status(const RpcQuestion& question, std::size_t place,
                                                       const RpcReply& reply) {
    const Time now = clock.now();
    Tried tried;
    std::string words = words_of_status(reply, asks_for_rest(reply));
    tried.outcome = told(question, place, reject(reason_of_status(reply), std::move(words)));
    if (asks_for_rest(reply)) {
        board.limited(place, now, reply.retry_after);
    } else {
        board.failed(place, now, tried.outcome.error().detail);
    }
    return tried;
}

RpcClient::State::Tried RpcClient::State::judge_result(const RpcQuestion& question, std::size_t place,
                                                       RpcTaker& taker, const JsonValue& result) {
    const Time now = clock.now();
    Tried tried;
    Seen seen;
    const Result<Done> taken = taker.take(result, seen);
    if (!taken) {
        tried.outcome = told(
            question, place,
            reject(Reason::service_unavailable, "an answer that breaks a rule: " + taken.error().detail));
        board.failed(place, now, tried.outcome.error().detail);
        return tried;
    }
    seen.commitment = question.commitment;
    const std::optional<std::string> trouble = board.saw(place, now, seen);
    if (trouble && (question.fresh || board.is_lying(place, now))) {
        tried.outcome = told(question, place, reject(Reason::service_unavailable, *trouble));
        return tried;
    }
    if (seen.slot && *seen.slot < question.min_context_slot) {
        tried.outcome = told(question, place,
                             reject(Reason::service_unavailable,
                                    "it answered for slot " + std::to_string(*seen.slot) + ", before " +
                                        std::to_string(question.min_context_slot) + " as it was asked"));
        return tried;
    }
    tried.outcome = Done{};
    return tried;
}

}  // namespace libexec
