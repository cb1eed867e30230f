#include "options.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <CLI/CLI.hpp>

#include "libexec/json/nearest_word.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

constexpr std::array<std::string_view, 5> command_words{"submit", "watch", "get", "version", "bench"};

constexpr const char* exit_codes =
    "Exit codes: 0 done (order confirmed, or accepted with --no-wait), 1 unexpected, 2 usage or invalid "
    "input,\n"
    "3 server unreachable or not taking orders, 4 not found, 5 order failed, cancelled or expired, 6 wait "
    "timed out,\n"
    "7 refused for now, 8 conflict, 130 interrupted (the order is not cancelled).\n"
    "Environment: EXEC_SERVER, EXEC_OUTPUT, NO_COLOR, CLICOLOR_FORCE.\n";

[[noreturn]] void refuse(std::string what, std::string next) {
    throw Trouble(usage_complaint(std::move(what), std::move(next)));
}

/// Digits with at most one point, `_` between digits for the eye; something above zero. The server knows the
/// token's decimals and has the last word.
std::string read_amount(const std::string& word) {
    std::string amount;
    for (const char c : word) {
        if (c != '_') amount.push_back(c);
    }
    const bool shape = !amount.empty() && amount.find_first_not_of("0123456789.") == std::string::npos &&
                       std::count(amount.begin(), amount.end(), '.') <= 1 && amount.front() != '.' &&
                       amount.back() != '.';
    if (!shape) refuse("'" + word + "' is not an amount", "write a decimal number such as 10 or 0.25");
    if (amount.find_first_of("123456789") == std::string::npos)
        refuse("the amount is zero", "give an amount above zero");
    return amount;
}

/// CLI11's words for the raw command line, kept until they are checked.
struct Words {
    std::string in;
    std::string out;
    std::string amount;
    std::string order;
    std::string server = Options{}.server;
    std::string timeout = "2m";
    std::uint32_t slippage_bps = 0;
    bool no_wait = false;
};

/// `SOL USDC 10` or `SOL/USDC 10`.
void read_trade(const Words& words, SubmitOptions& submit) {
    const std::string shape = "execctl submit SOL USDC 10, or execctl submit SOL/USDC 10";
    const std::size_t slash = words.in.find('/');
    const bool pair = slash != std::string::npos;
    if (pair && !words.amount.empty())
        refuse("a pair and one more token: '" + words.in + "' and '" + words.out + "'", shape);
    submit.token_in = words.in.substr(0, slash);
    submit.token_out = pair ? words.in.substr(slash + 1) : words.out;
    const std::string& amount = pair ? words.out : words.amount;
    if (submit.token_in.empty() || submit.token_out.empty()) refuse("submit takes two tokens", shape);
    if (submit.token_in == submit.token_out) refuse("the two tokens are the same: " + submit.token_in, shape);
    if (amount.empty()) refuse("the amount is missing", shape);
    submit.amount = read_amount(amount);
}

std::string read_server(const std::string& word) {
    std::string url = word.find("://") == std::string::npos ? "http://" + word : word;
    while (url.ends_with('/')) url.pop_back();
    const bool known = url.starts_with("http://") || url.starts_with("https://");
    const std::size_t host = url.find("://") + 3;
    if (!known || url.size() <= host || url.find_first_of(" \t\r\n?#") != std::string::npos) {
        refuse("'" + word + "' is not a server's address", "write --server http://HOST:PORT");
    }
    return url;
}

/// Order ids go into a path: nothing but the letters of a UUID.
std::string read_order(const std::string& word) {
    const bool plain =
        word.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos && !word.empty();
    if (!plain) refuse("'" + word + "' is not an order id", "copy the id that submit printed");
    return word;
}

void add_global_options(CLI::App& app, Options& options, Words& words) {
    const std::map<std::string, Output> outputs{
        {"table", Output::table}, {"json", Output::json}, {"ndjson", Output::ndjson}};
    const std::map<std::string, ColourChoice> colours{
        {"auto", ColourChoice::automatic}, {"always", ColourChoice::always}, {"never", ColourChoice::never}};
    app.add_option("-s,--server", words.server, "The server's address")
        ->envname("EXEC_SERVER")
        ->option_text("URL [http://localhost:3000]");
    app.add_option("-o,--output", options.output, "table, json (one document) or ndjson (one event a line)")
        ->envname("EXEC_OUTPUT")
        ->transform(CLI::CheckedTransformer(outputs).description(""))
        ->option_text("FORMAT [table]");
    app.add_option("--color", options.colour, "auto, always or never")
        ->transform(CLI::CheckedTransformer(colours).description(""))
        ->option_text("WHEN [auto]");
    app.add_option("--timeout", words.timeout, "How long to wait in all, with a unit: 500ms, 30s, 2m, 1h")
        ->option_text("TIME [2m]");
    app.add_flag("-q,--quiet", options.quiet, "Print the essential word only");
}

CLI::App* add_submit(CLI::App& app, SubmitOptions& submit, Words& words) {
    CLI::App* const command = app.add_subcommand("submit", "Place a market order and follow it to its end");
    command->add_option("IN", words.in, "What to give, or a pair such as SOL/USDC")
        ->required()
        ->option_text(" ");
    command->add_option("OUT", words.out, "What to receive; left out after a pair")->option_text(" ");
    command->add_option("AMOUNT", words.amount, "How much of IN, in token units such as 0.25")
        ->option_text(" ");
    command
        ->add_option("--slippage-bps", words.slippage_bps,
                     "Worst price accepted, in basis points from the quote (server's default: 100)")
        ->check(CLI::Range(0, 10'000))
        ->option_text("N");
    command->add_flag("--exact-out", submit.exact_out, "AMOUNT is what to receive, of OUT");
    command->add_option("--client-order-id", submit.client_order_id,
                        "Your own name for the order, used once");
    command->add_option("--idempotency-key", submit.idempotency_key,
                        "Makes a repetition the same order (default: a fresh one)");
    command->add_flag("--no-wait", words.no_wait, "Return once the order is accepted");
    command->add_flag("--retry", submit.retry, "When refused for now, wait and repeat");
    return command;
}

CLI::App* add_order_command(CLI::App& app, Words& words, const char* name, const char* help) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->add_option("ID", words.order, "The order's id")->required();
    return command;
}

CLI::App* add_bench(CLI::App& app, BenchOptions& bench) {
    CLI::App* const command = app.add_subcommand("bench", "Measure how fast orders are accepted or executed");
    const std::map<std::string, BenchOptions::Mode> modes{{"accept", BenchOptions::Mode::accept},
                                                          {"execute", BenchOptions::Mode::execute}};
    command
        ->add_option("--mode", bench.mode,
                     "accept: until each POST has its 202; execute: until every order has ended")
        ->transform(CLI::CheckedTransformer(modes).description(""))
        ->option_text("MODE [execute]");
    command->add_option("--orders", bench.orders, "How many")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    command->add_option("--connections", bench.connections, "Submissions in flight")
        ->check(CLI::Range(1, 4'096))
        ->capture_default_str();
    command
        ->add_option("--rate", bench.rate, "Submissions offered a second (0: as fast as they are answered)")
        ->check(CLI::Range(0, 1'000'000))
        ->capture_default_str();
    command->add_flag("--in-process", bench.in_process, "Run the engine inside execctl on a fresh database");
    command->add_option("--workers", bench.workers, "Orders in flight, in process")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command->add_option("--seed", bench.seed,
                        "Of the orders, and in process of the simulated world (default: drawn)");
    command->add_option("--data-dir", bench.data_dir,
                        "Where an in-process run keeps its database (default: the temporary directory)");
    return command;
}

void check_first_word(int count, const char* const* words) {
    // CLI11 has no "did you mean": look at the first word that is no option before it does.
    if (count < 2 || words[1][0] == '-' || words[1][0] == '\0') return;
    const std::string_view word = words[1];
    if (std::find(command_words.begin(), command_words.end(), word) != command_words.end()) return;
    const std::string_view nearest = nearest_word(word, command_words);
    refuse("there is no command '" + std::string(word) + "'",
           nearest.empty() ? "execctl --help lists the commands"
                           : "did you mean '" + std::string(nearest) + "'?");
}

}  // namespace

ParsedCommand parse_command_line(int count, const char* const* words) {
    check_first_word(count, words);
    ParsedCommand parsed;
    Words raw;
    SubmitOptions submit;
    BenchOptions bench;

    CLI::App app{"Place orders with an execd and follow them.", "execctl"};
    app.footer(exit_codes);
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", "execctl " LIBEXEC_VERSION);
    add_global_options(app, parsed.options, raw);
    CLI::App* const submit_app = add_submit(app, submit, raw);
    CLI::App* const watch_app = add_order_command(app, raw, "watch", "Follow an order to its end");
    CLI::App* const get_app =
        add_order_command(app, raw, "get", "Show an order: its state, its timeline, its attempts");
    CLI::App* const version_app = app.add_subcommand("version", "Print the version");
    CLI::App* const bench_app = add_bench(app, bench);

    try {
        app.parse(count, words);
    } catch (const CLI::CallForVersion& version) {
        parsed.help = std::string(version.what()) + "\n";
    } catch (const CLI::CallForHelp&) {
        parsed.help = app.help();
    } catch (const CLI::ParseError& error) {
        refuse(error.what(), "execctl --help, or execctl COMMAND --help");
    }
    if (parsed.help) {
        for (CLI::App* const command : app.get_subcommands()) {
            parsed.help = command->help("execctl") +
                          "Every command also takes -s, -o, -q, --timeout and --color: see execctl --help.\n";
        }
        return parsed;
    }

    parsed.options.server = read_server(raw.server);
    const auto timeout = parse_duration(raw.timeout);
    if (!timeout)
        refuse("'" + raw.timeout + "' is not a time",
               "write --timeout with a unit, such as 500ms, 30s, 2m or 1h");
    parsed.options.timeout = *timeout;
    if (submit_app->parsed()) {
        read_trade(raw, submit);
        submit.wait = !raw.no_wait;
        if (submit_app->count("--slippage-bps") > 0) submit.slippage_bps = raw.slippage_bps;
        parsed.command = submit;
    } else if (watch_app->parsed()) {
        parsed.command = WatchOptions{read_order(raw.order)};
    } else if (get_app->parsed()) {
        parsed.command = GetOptions{read_order(raw.order)};
    } else if (version_app->parsed()) {
        parsed.command = VersionOptions{};
    } else if (bench_app->parsed()) {
        parsed.command = bench;
    }
    return parsed;
}

}  // namespace libexec::cli
