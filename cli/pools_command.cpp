#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <ostream>

#include "commands.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/chain/rpc/client.hpp"
#include "libexec/chain/solana/rpc_network.hpp"
#include "libexec/json/value.hpp"
#include "libexec/model/token.hpp"
#include "pool_snapshot.hpp"
#include "pool_survey.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint64_t pools_shown_most = 32;

PublicKey mint_of(const std::string& word) {
    static const TokenRegistry tokens = TokenRegistry::with_defaults();
    if (const auto token = tokens.find(word)) return PublicKey(token->mint);
    if (const auto key = PublicKey::parse(word)) return *key;
    refuse("'" + word + "' is no token that execctl knows by name, and no mint",
           "write a symbol such as SOL or USDC, or the base58 address of the mint");
}

std::vector<RpcEndpoint> endpoints_at(const std::string& urls) {
    Result<std::vector<RpcEndpoint>> parsed = RpcEndpoint::parse_list(urls);
    if (!parsed) refuse("--rpc: " + parsed.error().detail, "write http or https URLs with commas between");
    return std::move(parsed).value();
}

Complaint node_complaint(const Rejection& why) {
    Complaint complaint = usage_complaint(why.detail,
                                          "name another node with --rpc, one that serves "
                                          "getProgramAccounts: many public ones refuse it");
    const bool for_now = why.reason == Reason::rate_limited;
    complaint.exit = for_now ? ExitCode::refused : ExitCode::unreachable;
    complaint.code = for_now ? "rate_limited" : "node_unavailable";
    complaint.repeat = "safe: the chain is only read";
    return complaint;
}

/// Asks the nodes, within the time that a command has. Throws Trouble.
PoolSurvey survey_now(const Context& context, const std::string& urls, const PoolSurveyQuestion& question) {
    const Options& options = context.options;
    CurlTransportConfig way;
    way.ca_file = options.ca_cert;
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    const std::unique_ptr<RpcTransport> transport = make_curl_transport(std::move(way));
    const std::unique_ptr<Log> log = make_silent_log();
    Random random(system_entropy());
    RpcConfig config(endpoints_at(urls));
    config.deadlines.program_accounts = std::min(config.deadlines.program_accounts, options.timeout);
    config.deadlines.accounts = std::min(config.deadlines.accounts, options.timeout);
    const SystemClock clock;  // that of the timers
    RpcClient client(std::move(config), *transport, clock, *timers, random, *log);
    const std::unique_ptr<ChainReader> reader = make_rpc_reader(client);

    std::optional<PoolSurvey> survey;
    std::exception_ptr thrown;
    const auto keep = [&survey](Task<PoolSurvey> asked) -> Task<void> {
        survey.emplace(co_await std::move(asked));
    };
    asio::co_spawn(io, keep(survey_pools(*reader, clock, question)),
                   [&thrown](std::exception_ptr fault) { thrown = fault; });
    io.run_for(options.timeout);
    if (thrown) std::rethrow_exception(thrown);
    if (!survey)
        throw Trouble(
            node_complaint(reject(Reason::service_unavailable, "the nodes did not answer within --timeout")));
    return std::move(*survey);
}

std::string quoted_number(std::uint64_t number) { return "\"" + std::to_string(number) + "\""; }

std::string error_json(const Rejection& why) {
    return "{\"code\":" + to_json_string(to_string(why.reason)) +
           ",\"detail\":" + to_json_string(why.detail) + "}";
}

/// Why nothing is to be had there: that it is closed, or what it refuses.
const Rejection* trouble_of(const SurveyedPool& pool) {
    if (pool.closed) return &*pool.closed;
    return pool.sale && !*pool.sale ? &pool.sale->error() : nullptr;
}

std::string pool_json(const SurveyedPool& pool) {
    std::string json = "{\"family\":" + to_json_string(pool.family->name()) +
                       ",\"pool\":" + to_json_string(pool.address.to_string()) +
                       ",\"heldIn\":" + quoted_number(pool.held_in) +
                       ",\"heldOut\":" + quoted_number(pool.held_out) +
                       ",\"feePpm\":" + (pool.fee_ppm ? std::to_string(*pool.fee_ppm) : "null") +
                       ",\"open\":" + (pool.closed ? "false" : "true");
    if (pool.sale && *pool.sale) {
        const PoolTrade& trade = pool.sale->value();
        json += ",\"amountIn\":" + quoted_number(trade.amount_in) +
                ",\"amountOut\":" + quoted_number(trade.amount_out) +
                ",\"feeAmount\":" + quoted_number(trade.fee) +
                ",\"feeMint\":" + to_json_string(trade.fee_mint.to_string()) +
                ",\"priceImpactBps\":" + std::to_string(trade.price_impact_bps);
    }
    if (const Rejection* const why = trouble_of(pool)) json += ",\"error\":" + error_json(*why);
    return json + "}";
}

JsonValue document_of(const PoolSurvey& survey, const PoolSurveyQuestion& question) {
    std::string json = "{\"mintIn\":" + to_json_string(question.mint_in.to_string()) +
                       ",\"mintOut\":" + to_json_string(question.mint_out.to_string());
    if (question.amount) json += ",\"amountIn\":" + quoted_number(*question.amount);
    json += ",\"slot\":" + std::to_string(survey.slot) + ",\"pools\":[";
    for (const SurveyedPool& pool : survey.pools)
        json += (&pool == survey.pools.data() ? "" : ",") + pool_json(pool);
    json += "],\"families\":[";
    for (const SurveyedFamily& one : survey.families) {
        json += (&one == survey.families.data() ? "{\"family\":" : ",{\"family\":") +
                to_json_string(one.family->name());
        json += one.failure ? ",\"error\":" + error_json(*one.failure)
                            : ",\"found\":" + std::to_string(one.named);
        json += "}";
    }
    return JsonValue::parse(json + "]}").value();
}

void print_survey(const Context& context, const PoolSurvey& survey, const PoolSurveyQuestion& question) {
    std::vector<Column> columns{{"family", "FAMILY"},         {"pool", "POOL"},
                                {"heldIn", "HOLDS IN", true}, {"heldOut", "HOLDS OUT", true},
                                {"feePpm", "FEE PPM", true},  {"state", "STATE"}};
    if (question.amount) columns.insert(columns.begin() + 2, {"amountOut", "PAYS", true});
    Sheet sheet(std::move(columns));
    for (const SurveyedPool& pool : survey.pools) {
        const Rejection* const why = trouble_of(pool);
        const std::string state =
            why == nullptr ? "open" : std::string(to_string(why->reason)) + ": " + why->detail;
        std::vector<Cell> row{pool.family->name(),
                              pool.address.to_string(),
                              std::to_string(pool.held_in),
                              std::to_string(pool.held_out),
                              pool.fee_ppm ? std::to_string(*pool.fee_ppm) : std::string(),
                              Cell(state, state, why == nullptr ? Colour::green : Colour::red)};
        if (question.amount) {
            const bool pays = pool.sale && *pool.sale;
            row.insert(row.begin() + 2,
                       Cell(pays ? std::to_string(pool.sale->value().amount_out) : std::string()));
        }
        sheet.add(std::move(row), JsonValue::parse(pool_json(pool)).value());
    }
    sheet.print(context, document_of(survey, question), "no pool of the pair was found");
}

/// What is missing is said, and is the exit code of what is there. Throws Trouble when all is missing.
ExitCode tell_failures(const Context& context, const PoolSurvey& survey) {
    std::size_t failed = 0;
    const Rejection* last = nullptr;
    for (const SurveyedFamily& one : survey.families) {
        if (!one.failure) continue;
        ++failed;
        last = &*one.failure;
    }
    if (failed == 0) return ExitCode::done;
    if (failed == survey.families.size()) throw Trouble(node_complaint(*last));
    for (const SurveyedFamily& one : survey.families) {
        if (!one.failure) continue;
        context.console.err << "note: " << one.family->name() << " could not be searched: "
                            << printable(context.console.style, one.failure->detail) << '\n';
    }
    return node_complaint(*last).exit;
}

ExitCode pools_command(const Context& context, const Arguments& arguments) {
    PoolSurveyQuestion question(mint_of(arguments.text("IN")), mint_of(arguments.text("OUT")));
    if (question.mint_in == question.mint_out)
        refuse("a token is not traded against itself", "name two different tokens");
    if (arguments.has("amount")) question.amount = base_units_of("--amount", arguments.text("amount"));
    question.limit =
        static_cast<std::size_t>(arguments.whole("limit", 1, pools_shown_most).value_or(question.limit));
    const std::string urls = needed(arguments, "rpc", "URL, a Solana node that serves getProgramAccounts");
    const PoolSurvey survey = survey_now(context, urls, question);
    const ExitCode ended = tell_failures(context, survey);
    if (context.options.quiet && context.options.output == Output::table) {
        for (const SurveyedPool& pool : survey.pools) {
            if (!pool.closed) context.console.out << pool.address.to_string() << '\n';
        }
        context.console.out.flush();
    } else {
        print_survey(context, survey, question);
    }
    return ended;
}

}  // namespace

const CommandSpec& pools_spec() {
    static const CommandSpec spec = [] {
        CommandSpec pools;
        pools.name = "pools";
        pools.summary = "Find the pools of a pair on the chain, and what each would pay";
        pools.description =
            "Searches every kind of pool that can be priced for those that trade the two tokens, by "
            "getProgramAccounts of the node, and reads the best of each kind: what its vaults hold, in base "
            "units, what a sale costs in fees, in millionths, and whether it lets trades in. With --amount "
            "the pools are listed by what they would pay for it. No server is asked. A kind that the node "
            "refuses to search is named on standard error with the reason, and the exit code is then 3, or 7 "
            "when the node asks for a rest; what the others have is listed all the same. With -q only the "
            "addresses of open pools are printed, one a line, as POOLS_FILE takes them.";
        pools.words = {{"IN", "The token to give: a symbol, or the address of its mint", WordSpec::Count::one,
                        Completes::token},
                       {"OUT", "The token to receive", WordSpec::Count::one, Completes::token}};
        pools.options = {
            {"--rpc", "URL", "The Solana node to ask; several with commas between"},
            {"--amount", "N", "How much of IN to sell, in base units"},
            {"-n,--limit", "N", "The most pools of each kind, up to 32, those that hold most", "4"}};
        pools.examples = {{"execctl pools SOL USDC --rpc https://rpc.example --amount 1500000000",
                           "what 1.5 SOL would bring, best pool first"},
                          {"execctl pools SOL USDC --rpc https://rpc.example -q >pools.txt",
                           "the pools to trade in, for execd --pools"}};
        pools.run = pools_command;
        return pools;
    }();
    return spec;
}

}  // namespace libexec::cli
