#include "libexec/chain/sim/chain_link.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds tick_length{20};
constexpr std::uint64_t unanswered_most = 50;  ///< in a row; then the connection is made anew
constexpr std::size_t calls_most = 200'000;    ///< under way at once

Rejection unavailable(std::string why) { return reject(Reason::service_unavailable, std::move(why)); }

}  // namespace

template <class Handler>
class ChainLink::HandlerWaiter final : public Waiter {
public:
    explicit HandlerWaiter(Handler handler) : handler_(std::move(handler)) {}
    void resume(Result<ChainReply> answer) override { std::move(handler_)(std::move(answer)); }

private:
    Handler handler_;
};

/// Starts the wait for an answer: keeps the handler in the call's entry.
class ChainLink::Park {
public:
    Park(ChainLink& link, std::uint64_t id) : link_(link), id_(id) {}

    template <class Handler>
    void operator()(Handler&& handler) const {
        using Kept = HandlerWaiter<std::decay_t<Handler>>;
        link_.pending_.at(id_).waiter = std::make_unique<Kept>(std::forward<Handler>(handler));
    }

private:
    ChainLink& link_;
    std::uint64_t id_;
};

ChainLink::ChainLink(ChainAddress address, ChainPatience patience,
                     std::optional<std::uint32_t> time_scale_ppm, asio::io_context& io, Timers& timers,
                     Log& log)
    : address_(std::move(address)),
      name_(to_text(address_)),
      patience_(patience),
      time_scale_ppm_(time_scale_ppm),
      io_(io),
      timers_(timers),
      log_(log) {}

void ChainLink::open() { asio::co_spawn(io_, keep_linked(shared_from_this()), asio::detached); }

void ChainLink::close() {
    closed_ = true;
    pending_.clear();
    asio::error_code ignored;
    if (socket_) socket_->close(ignored);
}

Result<Done> ChainLink::health() const {
    switch (state_.load()) {
        case State::linked:
            return Done{};
        case State::connecting:
            return unavailable("the chain process at " + name_ + " was not reached yet");
        case State::silent:
            return unavailable("the chain process at " + name_ + " does not answer");
        case State::lost:
            break;
    }
    return unavailable("the chain process at " + name_ + " is not reachable; trying again");
}

Task<Result<ChainReply>> ChainLink::call(ChainCall call, bool waits_for_link) {
    const bool has_link = state_ == State::linked || state_ == State::silent;
    if (!has_link && !waits_for_link)
        co_return unavailable("the chain process at " + name_ + " is not reachable");
    if (pending_.size() >= calls_most) co_return unavailable("too many calls to the chain are under way");

    call.id = ++last_id_;
    Pending& entry = pending_[call.id];
    entry.op = call.op;
    entry.due_tick = tick_ + ticks(has_link ? patience_.answer : patience_.connect);
    entry.on_its_way = has_link;
    std::string line = encode_chain_call(call) + '\n';
    if (has_link) {
        send(std::move(line));
    } else {
        entry.line = std::move(line);
    }
    if (!std::exchange(watching_time_, true))
        asio::co_spawn(io_, watch_time(shared_from_this()), asio::detached);
    const Park park(*this, call.id);
    Result<ChainReply> answer =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(Result<ChainReply>)>(
            park, use_task);
    if (answer && answer.value().error) co_return *answer.value().error;
    co_return answer;
}

// ---- the connection ----

Task<void> ChainLink::keep_linked(std::shared_ptr<ChainLink> link) {
    std::chrono::milliseconds pause = link->patience_.again_first;
    while (!link->closed_) {
        const std::uint64_t generation = ++link->generation_;
        const auto socket = std::make_shared<Socket>(link->io_.get_executor());
        link->socket_ = socket;
        link->unread_.clear();
        link->outgoing_.clear();
        asio::co_spawn(link->io_, give_up_connecting(link, generation), asio::detached);

        std::string trouble = co_await link->connect(socket);
        if (trouble.empty()) trouble = co_await link->greet(socket);
        if (link->closed_) co_return;
        if (trouble.empty()) {
            pause = link->patience_.again_first;
            link->linked();
            trouble = co_await link->read_answers(socket);
            if (link->closed_) co_return;
        }
        asio::error_code ignored;
        socket->close(ignored);
        link->lost(trouble);
        co_await link->timers_.sleep_for(pause);
        pause = std::min(pause * 2, link->patience_.again_most);
    }
}

/// Cuts an attempt that takes too long: a host that swallows packets, a program that accepts and says
/// nothing.
Task<void> ChainLink::give_up_connecting(std::shared_ptr<ChainLink> link, std::uint64_t generation) {
    co_await link->timers_.sleep_for(link->patience_.connect);
    if (link->closed_ || link->generation_ != generation || link->state_ == State::linked) co_return;
    if (link->state_ == State::silent) co_return;
    asio::error_code ignored;
    link->socket_->close(ignored);
}

Task<std::string> ChainLink::connect(std::shared_ptr<Socket> socket) {
    using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
    asio::error_code error;
    const asio::ip::address number = asio::ip::make_address(address_.host, error);
    if (!error) {
        const asio::ip::tcp::endpoint place(number, address_.port);
        co_await socket->async_connect(place, asio::redirect_error(use_task, error));
    } else {
        Resolver resolver(io_.get_executor());
        error.clear();
        const std::string port = std::to_string(address_.port);
        const auto places =
            co_await resolver.async_resolve(address_.host, port, asio::redirect_error(use_task, error));
        if (!error && socket_ == socket && !closed_)
            co_await asio::async_connect(*socket, places, asio::redirect_error(use_task, error));
    }
    if (error) co_return error.message();
    socket->set_option(asio::ip::tcp::no_delay(true), error);
    co_return std::string();
}

Task<std::string> ChainLink::greet(std::shared_ptr<Socket> socket) {
    const ChainCall hello(ChainOp::hello);
    const std::string line = encode_chain_call(hello) + '\n';
    asio::error_code error;
    co_await asio::async_write(*socket, asio::buffer(line), asio::redirect_error(use_task, error));
    if (error) co_return error.message();
    const Result<std::string> answer = co_await read_line(socket);
    if (!answer) co_return answer.error().detail;
    const Result<ChainReply> reply = decode_chain_reply(answer.value());
    if (!reply) co_return "it does not speak as a chain process does: " + reply.error().detail;
    if (reply.value().op != ChainOp::hello) co_return std::string("it did not greet back");
    if (reply.value().error) co_return "it refuses: " + reply.value().error->detail;
    if (reply.value().version != chain_wire_version) {
        co_return "it speaks version " + std::to_string(reply.value().version) + ", this program version " +
            std::to_string(chain_wire_version);
    }
    if (time_scale_ppm_ && reply.value().time_scale_ppm != *time_scale_ppm_) {
        log_.warn("chain.other_pace",
                  "the chain process and this engine run at different paces: give both the same time scale",
                  {{"chain", name_},
                   {"chainPpm", std::to_string(reply.value().time_scale_ppm)},
                   {"enginePpm", std::to_string(*time_scale_ppm_)}});
    }
    co_return std::string();
}

Task<Result<std::string>> ChainLink::read_line(std::shared_ptr<Socket> socket) {
    asio::error_code error;
    const std::size_t size =
        co_await asio::async_read_until(*socket, asio::dynamic_buffer(unread_, chain_line_bytes_max + 1),
                                        '\n', asio::redirect_error(use_task, error));
    if (error == asio::error::not_found) {
        co_return unavailable("it sent a line of more than " + std::to_string(chain_line_bytes_max) +
                              " bytes");
    }
    if (error == asio::error::eof) co_return unavailable("it closed the connection");
    if (error) co_return unavailable(error.message());
    std::string line = unread_.substr(0, size - 1);
    unread_.erase(0, size);
    co_return line;
}

Task<std::string> ChainLink::read_answers(std::shared_ptr<Socket> socket) {
    for (;;) {
        const Result<std::string> line = co_await read_line(socket);
        if (!line) co_return line.error().detail;
        if (closed_) co_return std::string("closed");
        if (!take_answer(line.value())) co_return std::string("it said what nobody can understand");
    }
}

/// False when the connection is not to be trusted any more.
bool ChainLink::take_answer(const std::string& line) {
    Result<ChainReply> reply = decode_chain_reply(line);
    if (!reply) {
        log_.warn("chain.bad_answer", reply.error().detail, {{"chain", name_}});
        return false;
    }
    unanswered_ = 0;
    state_ = State::linked;
    const auto entry = pending_.find(reply.value().id);
    if (entry == pending_.end()) return true;  // it came twice, or too late
    if (entry->second.op != reply.value().op) {
        log_.warn("chain.bad_answer", "an answer is not to what was asked", {{"chain", name_}});
        return false;
    }
    finish(entry, std::move(reply));
    return true;
}

void ChainLink::linked() {
    log_.info("chain.connected", "the chain process answers", {{"chain", name_}});
    told_of_loss_ = false;
    unanswered_ = 0;
    state_ = State::linked;
    for (auto& [id, entry] : pending_) {
        if (std::exchange(entry.on_its_way, true)) continue;
        entry.due_tick = tick_ + ticks(patience_.answer);
        send(std::move(entry.line));
    }
}

void ChainLink::lost(const std::string& why) {
    const bool was_linked = state_ == State::linked || state_ == State::silent;
    if (was_linked || !std::exchange(told_of_loss_, true)) {
        told_of_loss_ = true;
        log_.warn("chain.unreachable", "the chain process is not reachable; orders wait for it",
                  {{"chain", name_}, {"error", why}});
    }
    state_ = State::lost;
    ++generation_;
    const Rejection error = unavailable("the connection to the chain process at " + name_ +
                                        " broke before the answer came: " + why);
    std::vector<std::uint64_t> sent;
    for (const auto& [id, entry] : pending_) {
        if (entry.on_its_way) sent.push_back(id);
    }
    for (const std::uint64_t id : sent) finish(pending_.find(id), error);
}

void ChainLink::send(std::string line) {
    outgoing_ += line;
    if (std::exchange(writing_, true)) return;
    asio::co_spawn(io_, write_out(shared_from_this(), socket_), asio::detached);
}

Task<void> ChainLink::write_out(std::shared_ptr<ChainLink> link, std::shared_ptr<Socket> socket) {
    while (link->socket_ == socket && !link->outgoing_.empty()) {
        const std::string now = std::exchange(link->outgoing_, std::string());
        asio::error_code error;
        co_await asio::async_write(*socket, asio::buffer(now), asio::redirect_error(use_task, error));
        LIBEXEC_FAILPOINT("send-written");
        if (error) break;  // the reader sees the same, and tells
    }
    link->writing_ = false;
    // A new connection may have been made while the old one was being written to.
    if (!link->closed_ && link->socket_ != socket && !link->outgoing_.empty()) link->send(std::string());
}

// ---- calls under way ----

/// Posted, so that whoever goes over the calls is not disturbed by what the caller does next.
void ChainLink::finish(std::map<std::uint64_t, Pending>::iterator entry, Result<ChainReply> answer) {
    std::unique_ptr<Waiter> waiter = std::move(entry->second.waiter);
    pending_.erase(entry);
    if (!waiter) return;
    asio::post(io_, [waiter = std::move(waiter), answer = std::move(answer)]() mutable {
        waiter->resume(std::move(answer));
    });
}

Task<void> ChainLink::watch_time(std::shared_ptr<ChainLink> link) {
    while (!link->closed_ && !link->pending_.empty()) {
        co_await link->timers_.sleep_for(tick_length);
        link->tick();
    }
    link->watching_time_ = false;
}

void ChainLink::tick() {
    ++tick_;
    std::vector<std::uint64_t> over;
    for (const auto& [id, entry] : pending_) {
        if (entry.due_tick <= tick_) over.push_back(id);
    }
    for (const std::uint64_t id : over) {
        const auto entry = pending_.find(id);
        const bool sent = entry->second.on_its_way;
        if (sent && ++unanswered_ >= 3 && state_ == State::linked) {
            log_.warn("chain.silent", "the chain process does not answer", {{"chain", name_}});
            state_ = State::silent;
        }
        finish(entry, unavailable(sent ? "the chain process at " + name_ +
                                             " did not answer in time: whether it heard is not known"
                                       : "the chain process at " + name_ + " is not reachable"));
    }
    if (unanswered_ < unanswered_most || over.empty()) return;
    unanswered_ = 0;
    asio::error_code ignored;
    socket_->close(ignored);  // the reader sees it and connects anew
}

std::uint64_t ChainLink::ticks(std::chrono::milliseconds span) const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(1, span / tick_length));
}

}  // namespace libexec
