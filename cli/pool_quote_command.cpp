#include <ostream>

#include "commands.hpp"
#include "libexec/json/value.hpp"
#include "pool_quote.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

void print_words(const Context& context, const PoolAnswer& answer) {
    const PoolTrade& trade = answer.trade;
    const ChainClock& clock = answer.question.clock;
    const auto amount = [](std::uint64_t units, const PublicKey& mint) {
        return std::to_string(units) + " base units of " + mint.to_string() + "\n";
    };
    context.console.out << answer.family << ' ' << answer.question.pool.to_string() << "\n"
                        << "  in      " << amount(trade.amount_in, answer.question.mint_in) << "  out     "
                        << amount(trade.amount_out, answer.mint_out) << "  fee     "
                        << amount(trade.fee, trade.fee_mint) << "  impact  "
                        << percent_text(trade.price_impact_bps) << "\n  clock   slot " << clock.slot
                        << ", unix time " << clock.unix_timestamp << ", epoch " << clock.epoch << std::endl;
}

void print(const Context& context, const PoolAnswer& answer) {
    const PoolTrade& trade = answer.trade;
    if (context.options.output == Output::table && context.options.columns.empty()) {
        if (!context.options.quiet) return print_words(context, answer);
        context.console.out << (answer.question.exact_out ? trade.amount_in : trade.amount_out) << std::endl;
        return;
    }
    Sheet sheet({{"amountOut", "OUT", true},
                 {"feeAmount", "FEE", true},
                 {"priceImpactBps", "IMPACT", true},
                 {"feeMint", "FEE MINT", false, true},
                 {"crossings", "CROSSINGS", true},
                 {"amountIn", "IN", true},
                 {"family", "FAMILY"},
                 {"pool", "POOL", false, true}});
    sheet.add(
        {std::to_string(trade.amount_out), std::to_string(trade.fee), std::to_string(trade.price_impact_bps),
         trade.fee_mint.to_string(), std::to_string(trade.crossings), std::to_string(trade.amount_in),
         answer.family, answer.question.pool.to_string()},
        JsonValue::parse("{" + answer.members() + "}").value());
    sheet.print_one(context);
}

ExitCode list_families(const Context& context) {
    Sheet sheet({{"family", "FAMILY"}, {"program", "PROGRAM"}});
    for (const PoolFamily* family : pool_families())
        sheet.add({family->name(), family->program().to_string()});
    sheet.print(context);
    return ExitCode::done;
}

ExitCode pool_quote_command(const Context& context, const Arguments& arguments) {
    if (arguments.has("families")) return list_families(context);
    const std::string folder = needed(arguments, "accounts", "DIR, the folder of the pool's account files");
    const AskedClock asked = read_clock_options(arguments);
    if (arguments.has("batch")) {
        if (arguments.has("amount"))
            throw Trouble(usage_complaint("--amount and --batch cannot both be meant",
                                          "write the amounts on the lines of the batch"));
        PoolSnapshot snapshot(folder);
        return answer_pool_batch(
            context, snapshot,
            {arguments.text("pool"), arguments.text("in"), arguments.has("exact-out"), asked},
            arguments.text("batch"));
    }
    PoolQuestion question;
    question.pool = address_of("--pool", needed(arguments, "pool", "ADDRESS"));
    question.mint_in = address_of("--in", needed(arguments, "in", "MINT"));
    question.amount = base_units_of("--amount", needed(arguments, "amount", "N, in base units"));
    question.exact_out = arguments.has("exact-out");
    PoolSnapshot snapshot(folder);
    bool guessed = false;
    question.clock = asked.resolve(snapshot.files(), context.clock.now(), guessed);
    if (guessed) tell_guessed_clock(context, question.clock);
    print(context, ask_pool(snapshot, question));
    return ExitCode::done;
}

}  // namespace

std::string PoolAnswer::members() const {
    const auto text = [](const auto& value) { return to_json_string(value); };
    const auto digits = [](std::uint64_t number) { return "\"" + std::to_string(number) + "\""; };
    return "\"amountOut\":" + digits(trade.amount_out) + ",\"feeAmount\":" + digits(trade.fee) +
           ",\"priceImpactBps\":" + std::to_string(trade.price_impact_bps) +
           ",\"feeMint\":" + text(trade.fee_mint.to_string()) +
           ",\"crossings\":" + std::to_string(trade.crossings) + ",\"amountIn\":" + digits(trade.amount_in) +
           ",\"mintIn\":" + text(question.mint_in.to_string()) +
           ",\"mintOut\":" + text(mint_out.to_string()) + ",\"family\":" + text(family) +
           ",\"pool\":" + text(question.pool.to_string()) +
           ",\"clock\":{\"slot\":" + std::to_string(question.clock.slot) +
           ",\"unixTimestamp\":" + std::to_string(question.clock.unix_timestamp) +
           ",\"epoch\":" + std::to_string(question.clock.epoch) + "}";
}

PoolAnswer ask_pool(PoolSnapshot& snapshot, const PoolQuestion& question) {
    const Result<SavedPool>& found = snapshot.pool(question.pool);
    if (!found) throw Trouble(pool_refusal(found.error()));
    const SavedPool& saved = found.value();
    check_mint(saved, "--in", question.mint_in);
    PoolAnswer answer;
    answer.question = question;
    answer.family = saved.family->name();
    answer.mint_out = saved.other_mint(question.mint_in);
    const Result<PoolTrade> trade = question.exact_out
                                        ? saved.pool->buy(answer.mint_out, question.amount, question.clock)
                                        : saved.pool->sell(question.mint_in, question.amount, question.clock);
    if (!trade) throw Trouble(pool_refusal(trade.error(), saved.absent));
    answer.trade = trade.value();
    return answer;
}

const CommandSpec& pool_quote_spec() {
    static const CommandSpec spec = [] {
        CommandSpec quote;
        quote.name = "pool-quote";
        quote.summary = "Price a trade in a saved pool, offline and to the base unit";
        quote.description =
            "Reads the pool's accounts from the files in --accounts, as solana account --output json writes "
            "them, "
            "and says what the program would pay for them. No server and no node is asked. Amounts are base "
            "units: "
            "what leaves the trader's account and what arrives in it, transfer fees included. Without "
            "--slot, "
            "--unix-timestamp and --epoch the clock is the snapshot's: that of a bundle, or the account "
            "SysvarC1ock11111111111111111111111111111111; where there is neither, this machine's time and "
            "the slot "
            "and epoch that mainnet should have then, which a note on standard error says. A trade the pool "
            "refuses "
            "ends with exit code 5, for programs as {\"error\":{\"code\",\"detail\"}}. --batch answers a "
            "JSON object "
            "a line, such as {\"amount\":\"1000000\",\"in\":\"MINT\"}, with pool, in, amount, exactOut, "
            "slot, "
            "unixTimestamp and epoch; what a line leaves out is as the options say, and its answer has the "
            "line's "
            "number. The exit code is 2 when a line cannot be read, else 5 when one was refused.";
        quote.options = pool_option_specs();
        quote.options.push_back({"--amount", "N", "How much, in base units"});
        quote.options.push_back({"--exact-out", "", "The amount is of the other token, and is to be bought"});
        for (const OptionSpec& option : clock_option_specs()) quote.options.push_back(option);
        quote.options.push_back({"--batch", "FILE",
                                 "Questions from a file, one a line as JSON; - is standard input", "", false,
                                 Completes::file});
        quote.options.push_back(
            {"--families", "", "List the kinds of pools that can be priced, and nothing else"});
        quote.examples = {{"execctl pool-quote --accounts . --pool $POOL --in $MINT --amount 1500000000",
                           "what 1.5 SOL would bring there"},
                          {"execctl pool-quote --accounts pool --batch amounts.jsonl -o ndjson",
                           "many questions, an answer a line"}};
        quote.run = pool_quote_command;
        return quote;
    }();
    return spec;
}

}  // namespace libexec::cli
