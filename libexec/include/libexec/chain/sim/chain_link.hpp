#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <asio/ip/tcp.hpp>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/sim/chain_wire.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// How long a link waits for what.
struct ChainPatience {
    std::chrono::milliseconds answer{2'000};  ///< of a call that was sent
    std::chrono::milliseconds connect{
        5'000};  ///< connection and first words; an anchor waits as long for a link
    std::chrono::milliseconds again_first{50};  ///< before connecting again, doubled up to `again_most`
    std::chrono::milliseconds again_most{1'000};
};

/// One connection to a chain process, made again whenever it is lost. Every call ends: with its answer, or
/// with an error once its time is over or the connection is. Used from the thread of `io`, but for `health`.
///
/// It lives on in the coroutines it has started until they see that it was closed.
class ChainLink : public std::enable_shared_from_this<ChainLink> {
public:
    /// `time_scale_ppm`: of this engine; a chain at another pace is told to the log. All references outlive
    /// it.
    ChainLink(ChainAddress address, ChainPatience patience, std::optional<std::uint32_t> time_scale_ppm,
              asio::io_context& io, Timers& timers, Log& log);

    /// Begins to connect.
    void open();
    /// Ends it. Calls under way are destroyed, not answered.
    void close();

    /// Errors: service_unavailable. Without a link `waits_for_link` decides: an error at once, or patience.
    /// An answer that is an error comes back as that error.
    Task<Result<ChainReply>> call(ChainCall call, bool waits_for_link);

    /// Whether the chain answers. From any thread.
    Result<Done> health() const;

private:
    using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
    enum class State : std::uint8_t { connecting, linked, lost, silent };
    /// A suspended caller, whatever its handler's type.
    class Waiter {
    public:
        virtual ~Waiter() = default;
        virtual void resume(Result<ChainReply> answer) = 0;
    };
    template <class Handler>
    class HandlerWaiter;
    class Park;
    struct Pending {
        ChainOp op = ChainOp::hello;
        std::uint64_t due_tick = 0;
        bool on_its_way = false;
        std::string line;  ///< until it is on its way
        std::unique_ptr<Waiter> waiter;
    };

    static Task<void> keep_linked(std::shared_ptr<ChainLink> link);
    static Task<void> give_up_connecting(std::shared_ptr<ChainLink> link, std::uint64_t generation);
    static Task<void> write_out(std::shared_ptr<ChainLink> link, std::shared_ptr<Socket> socket);
    static Task<void> watch_time(std::shared_ptr<ChainLink> link);

    Task<std::string> connect(std::shared_ptr<Socket> socket);
    Task<std::string> greet(std::shared_ptr<Socket> socket);
    Task<std::string> read_answers(std::shared_ptr<Socket> socket);
    Task<Result<std::string>> read_line(std::shared_ptr<Socket> socket);

    void linked();
    void lost(const std::string& why);
    bool take_answer(const std::string& line);
    void send(std::string line);
    void finish(std::map<std::uint64_t, Pending>::iterator entry, Result<ChainReply> answer);
    void fail_all(const Rejection& why);
    void tick();
    std::uint64_t ticks(std::chrono::milliseconds span) const;

    const ChainAddress address_;
    const std::string name_;
    const ChainPatience patience_;
    const std::optional<std::uint32_t> time_scale_ppm_;
    asio::io_context& io_;
    Timers& timers_;
    Log& log_;
    std::atomic<State> state_{State::connecting};

    bool closed_ = false;
    bool told_of_loss_ = false;
    std::uint64_t generation_ = 0;  ///< of the connection
    std::shared_ptr<Socket> socket_;
    std::string unread_;
    std::string outgoing_;
    bool writing_ = false;
    bool watching_time_ = false;
    std::uint64_t tick_ = 0;
    std::uint64_t unanswered_ = 0;  ///< calls in a row whose time was over
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Pending> pending_;
};

}  // namespace libexec
