#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "ceilings.hpp"
#include "hardening.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/solana/signer_server.hpp"

namespace libexec::signer {
namespace {

/// What the process says to whoever started it; the numbers are execd's.
enum class ExitCode : int {
    stopped = 0,
    fault = 1,
    bad_options = 2,
    unavailable = 3,  ///< the key or the socket cannot be had
};

/// The command line as it came.
struct Command {
    std::string keypair;
    std::string socket;
    std::vector<std::uint32_t> users;
    std::uint32_t orders_per_minute = 60;
    CeilingWords ceilings;
    std::string log_level = "info";
    std::string log_format = "auto";
};

std::unique_ptr<Log> log_of(const Command& command) {
    const std::optional<LogLevel> level = parse_log_level(command.log_level);
    if (!level) throw BadOption("--log-level is trace, debug, info, warn, error or off");
    LogFormat format = stderr_log_format();
    if (command.log_format == "text") format = LogFormat::text;
    if (command.log_format == "json") format = LogFormat::json;
    if (command.log_format != "auto" && command.log_format != "text" && command.log_format != "json")
        throw BadOption("--log-format is auto, text or json");
    return make_stderr_log(*level, format);
}

KeyPairSigner signer_of(KeyPair pair, SwapPolicyConfig ceilings) {
    const SwapPolicy policy(pair.public_key(), std::move(ceilings));
    return KeyPairSigner(std::move(pair), [policy](const Message& message, const SwapTerms& terms) {
        return policy.check(message, terms);
    });
}

/// Serves until SIGINT or SIGTERM.
int serve(const Command& command) {
    const SwapPolicyConfig ceilings = read_ceilings(command.ceilings);
    const std::unique_ptr<Log> log = log_of(command);
    harden();
    std::signal(SIGPIPE, SIG_IGN);
    Result<KeyPair> pair = read_key_pair_file(command.keypair);
    if (!pair) {
        log->error("start.failed", pair.error().detail);
        return static_cast<int>(ExitCode::unavailable);
    }
    const KeyPairSigner signer = signer_of(std::move(pair).value(), ceilings);

    SignerServerConfig config;
    config.socket_path = command.socket;
    config.users = command.users;
    config.orders_per_minute = command.orders_per_minute;
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](const asio::error_code&, int) { io.stop(); });
    std::optional<SignerServer> server;
    try {
        server.emplace(config, signer, io, *timers, *log);
    } catch (const std::runtime_error& error) {
        log->error("start.failed", error.what());
        return static_cast<int>(ExitCode::unavailable);
    }
    log->info(
        "start.ready",
        "execsign " EXECSIGN_VERSION " signs for " + signer.wallet().to_string() + " at " + command.socket,
        {{"pid", std::to_string(::getpid())},
         {"wallet", signer.wallet().to_string()},
         {"socket", command.socket}});
    io.run();
    log->info("stop.asked", "execsign stops");
    server.reset();
    io.restart();
    io.poll();  // the connections end
    return static_cast<int>(ExitCode::stopped);
}

int run(int count, char** words) {
    Command command;
    CeilingWords& ceilings = command.ceilings;
    CLI::App app(
        "Signs swaps for one wallet, in a process of its own: reads each transaction and signs what fits its "
        "order and the ceilings given here, whatever the order says.",
        "execsign");
    app.set_version_flag("--version", "execsign " EXECSIGN_VERSION);
    app.add_option("--keypair", command.keypair, "the wallet's key file as solana-keygen writes it, mode 600")
        ->required();
    app.add_option("--socket", command.socket,
                   "where to listen: a path in a folder that only its owner may write to")
        ->required();
    app.add_option("--allow-uid", command.users,
                   "user who may ask for signatures beside this process's own; may be repeated");
    app.add_option("--most-per-order", ceilings.most_per_order,
                   "MINT=N: what one order may spend of a mint, in base units; 0: it is bought alone. A mint "
                   "that is not named is not traded. May be repeated")
        ->required();
    app.add_option("--orders-per-minute", command.orders_per_minute,
                   "transactions that are signed within a minute at the most")
        ->capture_default_str();
    app.add_option("--programs", ceilings.programs,
                   "kinds of pools that may be traded in, with commas between; transfer: a swap by one "
                   "transfer each way. None: every kind of pool")
        ->delimiter(',');
    app.add_option("--most-priority-fee", ceilings.most_priority_fee,
                   "lamports that a transaction may pay to be preferred")
        ->capture_default_str();
    app.add_option("--most-unit-price", ceilings.most_unit_price,
                   "millionths of a lamport that it may pay for a unit of compute")
        ->capture_default_str();
    app.add_option("--tip-account", ceilings.tip_accounts,
                   "account that a transaction may tip, up to --most-tip; may be repeated");
    app.add_option("--most-tip", ceilings.most_tip, "lamports of tips in a transaction")
        ->capture_default_str();
    app.add_option("--log-level", command.log_level, "trace, debug, info, warn, error or off")
        ->capture_default_str();
    app.add_option("--log-format", command.log_format, "auto, text or json")->capture_default_str();
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        app.exit(error, std::cout, std::cerr);
        return static_cast<int>(asked ? ExitCode::stopped : ExitCode::bad_options);
    }
    try {
        return serve(command);
    } catch (const BadOption& mistake) {
        std::cerr << "execsign: " << mistake.what() << "\n";
        return static_cast<int>(ExitCode::bad_options);
    }
}

}  // namespace
}  // namespace libexec::signer

int main(int count, char** words) {
    try {
        return libexec::signer::run(count, words);
    } catch (const std::exception& error) {
        std::cerr << "execsign: " << error.what() << "\n";
        return static_cast<int>(libexec::signer::ExitCode::fault);
    }
}
