#include "ask.hpp"

#include <chrono>
#include <memory>
#include <optional>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "libexec/base/timers.hpp"
#include "libexec/chain/sim/chain_link.hpp"

namespace libexec::simchain {

Result<ChainReply> ask(const ChainAddress& address, const ChainCall& call) {
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    const std::unique_ptr<Log> silence = make_silent_log();
    ChainPatience patience;
    patience.connect = std::chrono::seconds(2);
    const auto link = std::make_shared<ChainLink>(address, patience, std::nullopt, io, *timers, *silence);
    link->open();
    std::optional<Result<ChainReply>> answer;
    asio::co_spawn(io, link->call(call, true), [&](std::exception_ptr thrown, Result<ChainReply> reply) {
        if (thrown) reply = reject(Reason::internal, "the question could not be asked");
        answer = std::move(reply);
        io.stop();
    });
    io.run();
    link->close();
    return answer ? std::move(*answer) : Result<ChainReply>();
}

}  // namespace libexec::simchain
