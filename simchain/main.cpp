#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>

#include "ask.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/chain/sim/chain_server.hpp"
#include "libexec/model/money.hpp"

namespace libexec::simchain {
namespace {

/// What the process says to whoever started it; the numbers are execd's.
enum class ExitCode : int {
    stopped = 0,
    fault = 1,
    bad_options = 2,
    unavailable = 3,  ///< the port or the journal cannot be had, or no chain answers
};

/// The command line as it came.
struct Command {
    std::string host = "127.0.0.1";
    std::uint16_t port = 4100;
    std::string journal = "chain.journal";
    std::string seed;
    std::string time_scale = "1";
    std::string failure_rate = "0.05";
    std::vector<std::string> faults;  ///< NAME=VALUE
    std::string log_level = "info";
    std::string log_format = "auto";
    bool insecure = false;

    std::string at = "sim://127.0.0.1:4100";
    std::string name;
    std::string value;
    bool wants_fault = false;
    bool wants_faults = false;
};

/// Told to whoever typed it.
class BadOption : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

std::uint32_t parts_per_million(const std::string& text, std::uint64_t most, const std::string& rule) {
    const Result<Amount> parts = parse_token_units(text, 6, false);
    if (!parts || parts.value().base_units() > most) throw BadOption(rule + ", got '" + text + "'");
    return static_cast<std::uint32_t>(parts.value().base_units());
}

std::uint64_t seed_of(const std::string& text) {
    if (text.empty()) return system_entropy();
    const Result<Amount> seed = Amount::parse(text);
    if (!seed) throw BadOption("--seed is a whole number below 2^63, got '" + text + "'");
    return seed.value().base_units();
}

SimTroubles troubles_of(const std::vector<std::string>& faults) {
    SimTroubles troubles;
    for (const std::string& fault : faults) {
        const std::size_t equals = fault.find('=');
        if (equals == std::string::npos) throw BadOption("--fault is NAME=VALUE, got '" + fault + "'");
        const Result<SimTroubles> next =
            switched(troubles, fault.substr(0, equals), fault.substr(equals + 1));
        if (!next) throw BadOption("--fault: " + next.error().detail);
        troubles = next.value();
    }
    return troubles;
}

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

void check_host(const Command& command) {
    const bool loopback = command.host.starts_with("127.") || command.host == "::1";
    if (!loopback && !command.insecure) {
        throw BadOption("--host " + command.host +
                        " lets other machines in and nobody is asked for a key: say --insecure if that is "
                        "meant, or leave --host out");
    }
}

/// Serves until SIGINT or SIGTERM.
int serve(const Command& command) {
    check_host(command);
    SimChainConfig chain_config;
    chain_config.seed = seed_of(command.seed);
    chain_config.time_scale_ppm =
        parts_per_million(command.time_scale, 1'000'000'000, "--time-scale is a decimal from 0 to 1000");
    chain_config.failure_rate_ppm =
        parts_per_million(command.failure_rate, 1'000'000, "--failure-rate is a decimal from 0 to 1");
    chain_config.journal_path = command.journal;
    const SimTroubles troubles = troubles_of(command.faults);
    const std::unique_ptr<Log> log = log_of(command);
    if (command.journal.empty()) throw BadOption("--journal is the path of a file");

    std::signal(SIGPIPE, SIG_IGN);
    const SystemClock clock;
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    try {
        const std::unique_ptr<SimChain> chain = open_sim_chain(chain_config, io, clock, *timers, *log);
        chain->set_troubles(troubles);
        ChainServerConfig server_config;
        server_config.host = command.host;
        server_config.port = command.port;
        server_config.seed = chain_config.seed;
        server_config.time_scale_ppm = chain_config.time_scale_ppm;
        const ChainServer server(server_config, *chain, io, *timers, *log);
        asio::signal_set signals(io, SIGINT, SIGTERM);
        signals.async_wait([&io](const asio::error_code&, int) { io.stop(); });
        log->info(
            "start.ready",
            "execsim " EXECSIM_VERSION " serves sim://" + command.host + ":" + std::to_string(server.port()),
            {{"pid", std::to_string(getpid())},
             {"port", std::to_string(server.port())},
             {"journal", command.journal},
             {"seed", std::to_string(chain_config.seed)},
             {"timeScale", command.time_scale},
             {"failureRate", command.failure_rate},
             {"faults", to_text(troubles)}});
        for (;;) {
            try {
                io.run();
                break;
            } catch (const std::exception& fault) {
                log->error("chain.fault", fault.what());  // one call's; the others go on
            }
        }
        log->info("stop.done", "stopped; what was sent lands when the chain is opened again");
    } catch (const std::runtime_error& error) {
        log->error("start.failed", error.what());
        return static_cast<int>(ExitCode::unavailable);
    }
    return static_cast<int>(ExitCode::stopped);
}

/// Switches a fault of a running chain, or lists them.
int ask_about_faults(const Command& command) {
    const std::optional<ChainAddress> address = parse_chain_address(command.at);
    if (!address) throw BadOption("--at is sim://HOST:PORT, got '" + command.at + "'");
    ChainCall call(command.wants_fault ? ChainOp::trouble : ChainOp::troubles);
    call.name = command.name;
    call.value = command.value;
    const Result<ChainReply> reply = ask(*address, call);
    if (!reply) {
        std::cerr << "execsim: " << reply.error().detail << "\n";
        const bool mistake = reply.error().reason == Reason::invalid_parameter;
        return static_cast<int>(mistake ? ExitCode::bad_options : ExitCode::unavailable);
    }
    std::cout << reply.value().troubles << "\n";
    return static_cast<int>(ExitCode::stopped);
}

int run(int count, char** words) {
    Command command;
    CLI::App app("A simulated chain in a process of its own: execd --chain sim://HOST:PORT trades on it.",
                 "execsim");
    app.set_version_flag("--version", "execsim " EXECSIM_VERSION);
    app.add_option("--host", command.host, "address to listen on; beyond loopback only with --insecure")
        ->capture_default_str();
    app.add_option("--port,-p", command.port, "port to listen on; 0: any free one")->capture_default_str();
    app.add_option("--journal", command.journal, "file with everything that ever happened on it")
        ->capture_default_str();
    app.add_option("--seed", command.seed, "makes its chances repeatable; none: drawn from the system");
    app.add_option("--time-scale", command.time_scale,
                   "how long it takes: 1 is life-like, 0 waits for nothing; the same as execd's")
        ->capture_default_str();
    app.add_option("--failure-rate", command.failure_rate, "chance that a transaction meets trouble")
        ->capture_default_str();
    app.add_option("--fault", command.faults, "NAME=VALUE: a fault from the start on; may be repeated");
    app.add_option("--log-level", command.log_level, "trace, debug, info, warn, error or off")
        ->capture_default_str();
    app.add_option("--log-format", command.log_format, "auto, text or json")->capture_default_str();
    app.add_flag("--insecure", command.insecure, "listen beyond loopback although nobody is asked for a key");
    CLI::App* const fault = app.add_subcommand("fault", "switch a fault of a running chain");
    fault
        ->add_option(
            "name", command.name,
            "stall, drop, late, fork, lost_request, lost_reply, duplicate, node-1, node-2, node-3 or "
            "all")
        ->required();
    fault
        ->add_option("value", command.value,
                     "stall: on or off; a rate from 0 to 1; a node: honest, or silent, forgets, "
                     "slot_as_height, lag=SLOTS with + between; all: off")
        ->required();
    fault->add_option("--at", command.at, "where it listens")->capture_default_str();
    CLI::App* const faults = app.add_subcommand("faults", "say which faults of a running chain are on");
    faults->add_option("--at", command.at, "where it listens")->capture_default_str();
    app.require_subcommand(0, 1);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        app.exit(error, std::cout, std::cerr);
        return static_cast<int>(asked ? ExitCode::stopped : ExitCode::bad_options);
    }
    command.wants_fault = fault->parsed();
    command.wants_faults = faults->parsed();
    try {
        return command.wants_fault || command.wants_faults ? ask_about_faults(command) : serve(command);
    } catch (const BadOption& mistake) {
        std::cerr << "execsim: " << mistake.what() << "\n";
        return static_cast<int>(ExitCode::bad_options);
    }
}

}  // namespace
}  // namespace libexec::simchain

int main(int count, char** words) {
    try {
        return libexec::simchain::run(count, words);
    } catch (const std::exception& error) {
        std::cerr << "execsim: " << error.what() << "\n";
        return static_cast<int>(libexec::simchain::ExitCode::fault);
    }
}
