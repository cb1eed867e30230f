#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "terminal.hpp"

namespace libexec::cli {

enum class Output { table, json, ndjson };

/// What every command takes.
struct Options {
    Output output = Output::table;
    ColourChoice colour = ColourChoice::automatic;
    std::string server = "http://localhost:3000";  ///< without a slash at the end
    std::chrono::milliseconds timeout{120'000};    ///< of a command as a whole
    bool quiet = false;
};

struct SubmitOptions {
    std::string token_in;
    std::string token_out;
    std::string amount;  ///< decimal digits, of token_in, or of token_out with `exact_out`
    std::optional<std::uint32_t> slippage_bps;
    bool exact_out = false;
    std::string client_order_id;
    std::string idempotency_key;  ///< empty: one is made
    bool wait = true;
    bool retry = false;  ///< wait and repeat when refused for now
};
struct WatchOptions {
    std::string order;
};
struct GetOptions {
    std::string order;
};
struct VersionOptions {};
struct BenchOptions {
    enum class Mode { accept, execute };
    Mode mode = Mode::execute;
    std::uint64_t orders = 1'000;
    std::uint32_t connections = 64;
    std::uint32_t rate = 0;  ///< submissions offered a second; 0: as fast as they are answered
    bool in_process = false;
    std::uint32_t workers = 256;  ///< orders in flight, in process
    std::optional<std::uint64_t> seed;
    std::string
        data_dir;  ///< where an in-process run keeps its database; empty: the system's temporary directory
};

using CommandOptions = std::variant<SubmitOptions, WatchOptions, GetOptions, VersionOptions, BenchOptions>;

/// What a command line asks for, or a text to show instead.
struct ParsedCommand {
    Options options;
    CommandOptions command;
    std::optional<std::string> help;  ///< print this on standard output and be done
};

/// Reads a command line and EXEC_SERVER, EXEC_OUTPUT. Throws Trouble (usage) saying what is wrong.
ParsedCommand parse_command_line(int count, const char* const* words);

}  // namespace libexec::cli
