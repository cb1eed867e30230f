#include "tx_command.hpp"

#include <limits>
#include <ostream>

#include "libexec/json/value.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/venues/pools/swap_instructions.hpp"
#include "pool_snapshot.hpp"
#include "tx_signer.hpp"
#include "tx_view.hpp"

namespace libexec::cli {
namespace {

Blockhash blockhash_of(const std::string& text) {
    const auto hash = Blockhash::parse(text);
    if (!hash) refuse("--blockhash '" + text + "' is no blockhash", "write the base58 of its 32 bytes");
    return *hash;
}

/// The tables that were named, each cut down to what a transaction in that slot can use.
std::vector<LookupTable> tables_of(const Arguments& arguments, const AccountStates& accounts,
                                   std::uint64_t slot) {
    std::vector<LookupTable> tables;
    for (const std::string& text : arguments.texts("lookup-table")) {
        const PublicKey key = address_of("--lookup-table", text);
        const auto account = accounts.find(key);
        if (account == accounts.end())
            refuse("the lookup table " + text + " is not among the accounts",
                   "save it too, with `solana account ADDRESS --output json --output-file FILE`");
        Result<LookupTable> table = read_lookup_table(key, account->second);
        if (!table)
            refuse("--lookup-table " + text + ": " + table.error().detail,
                   "name the account of a lookup table");
        LookupTable usable = std::move(table).value();
        usable.addresses.resize(usable.usable_in(slot));
        if (usable.addresses.empty())
            refuse("the lookup table " + text + " has no address that can be used in slot " +
                       std::to_string(slot),
                   "name another one, or a later --slot");
        tables.push_back(std::move(usable));
    }
    return tables;
}

/// What was built, and what of it is to be shown.
struct Built {
    const SavedPool& pool;
    const PublicKey& pool_address;
    Result<PoolTrade> priced;
    std::vector<Instruction> instructions;
    Transaction transaction;
    bool is_signed = false;
};

std::string document_of(const Built& built) {
    const auto quoted = [](const auto& text) { return to_json_string(text); };
    const Message& message = built.transaction.message;
    const Bytes bytes = encode_message(message);
    const Bytes whole = encode_transaction(built.transaction);
    std::string json = "{\"instructions\":[";
    for (const Instruction& instruction : built.instructions)
        json += (&instruction == built.instructions.data() ? "" : ",") + instruction_json(instruction);
    json += "],\"message\":" + quoted(to_base64(bytes)) + ",\"messageHex\":" + quoted(hex_of(bytes));
    if (built.is_signed) {
        json += ",\"transaction\":" + quoted(to_base64(whole)) +
                ",\"signature\":" + quoted(signature_of(built.transaction));
    } else {
        json += ",\"unsignedTransaction\":" + quoted(to_base64(whole));
    }
    return json + ",\"sizeBytes\":" + std::to_string(whole.size()) +
           ",\"feePayer\":" + quoted(message.keys[0].to_string()) +
           ",\"blockhash\":" + quoted(message.blockhash.to_string()) +
           ",\"family\":" + quoted(built.pool.family->name()) +
           ",\"pool\":" + quoted(built.pool_address.to_string()) + ",\"expectedOut\":" +
           (built.priced ? quoted(std::to_string(built.priced.value().amount_out)) : "null") + "}";
}

/// What the chain would say to it now, where that is no.
void warn(const Context& context, const Result<PoolTrade>& priced, std::uint64_t min_out) {
    std::ostream& err = context.console.err;
    const Style& style = context.console.style;
    if (!priced) {
        err << "note: the pool refuses this trade (" << to_string(priced.error().reason)
            << "): " << printable(style, priced.error().detail) << '\n';
    } else if (priced.value().amount_out < min_out) {
        err << "note: the pool would pay " << priced.value().amount_out
            << ", less than --min-out: it refuses\n";
    }
}

ExitCode tx_build_command(const Context& context, const Arguments& arguments) {
    const std::string folder = needed(arguments, "accounts", "DIR, the folder of the pool's account files");
    const PublicKey address = address_of("--pool", needed(arguments, "pool", "ADDRESS"));
    SwapOrder order;
    order.mint_in = address_of("--in", needed(arguments, "in", "MINT"));
    order.amount_in = base_units_of("--amount", needed(arguments, "amount", "N, in base units"));
    order.min_out = base_units_of("--min-out", needed(arguments, "min-out", "M, in base units"));
    const Blockhash blockhash = blockhash_of(needed(arguments, "blockhash", "HASH"));
    if (const auto units = arguments.whole("compute-unit-limit", 1, 1'400'000))
        order.compute_unit_limit = static_cast<std::uint32_t>(*units);
    order.compute_unit_price =
        arguments.whole("compute-unit-price", 0, std::numeric_limits<std::uint64_t>::max());
    const AskedClock asked = read_clock_options(arguments);

    PoolSnapshot snapshot(folder);
    const AccountStates& accounts = snapshot.files().accounts();
    bool guessed = false;
    const ChainClock clock = asked.resolve(snapshot.files(), context.clock.now(), guessed);
    const Result<SavedPool>& found = snapshot.pool(address);
    if (!found) throw Trouble(pool_refusal(found.error()));
    const SavedPool& saved = found.value();
    check_mint(saved, "--in", order.mint_in);
    const std::vector<LookupTable> tables = tables_of(arguments, accounts, clock.slot);

    // The key last: it is not asked for, nor kept, for a line that is wrong.
    const TxSigner signer = read_signer(arguments);
    order.user = signer.user;
    const auto instructions = swap_instructions(*saved.pool, order, accounts, clock);
    if (!instructions) throw Trouble(pool_refusal(instructions.error(), saved.absent));
    MessageDraft draft;
    draft.payer = order.user;
    draft.instructions = instructions.value();
    draft.blockhash = blockhash;
    draft.tables = tables;
    Result<Message> message = compile_message(draft);
    if (!message)
        refuse(message.error().detail, "name a --lookup-table with the pool's accounts, to make it shorter");

    Built built{saved, address, saved.pool->sell(order.mint_in, order.amount_in, clock), instructions.value(),
                {},    false};
    if (signer.key) {
        const KeyPair* const pairs[] = {&*signer.key};
        Result<Transaction> transaction = sign_transaction(std::move(message).value(), pairs);
        if (!transaction) refuse(transaction.error().detail, "give the key of the wallet that pays");
        built.transaction = std::move(transaction).value();
        built.is_signed = true;
    } else {
        built.transaction = unsigned_transaction(std::move(message).value());
    }
    if (guessed) tell_guessed_clock(context, clock);
    warn(context, built.priced, order.min_out);
    const Output output = context.options.output;
    if (context.options.quiet && output == Output::table) {
        context.console.out << to_base64(encode_transaction(built.transaction)) << std::endl;
    } else if (output == Output::json || output == Output::ndjson) {
        context.console.out << document_of(built) << std::endl;
    } else {
        TxView(std::move(built.transaction), tables).print(context);
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& tx_build_spec() {
    static const CommandSpec spec = [] {
        CommandSpec build;
        build.name = "build";
        build.summary = "Build the transaction of a swap in a saved pool, for inspection";
        build.description =
            "Reads the pool as pool-quote does, and shows the instructions, the message and, with a key, the "
            "signed "
            "transaction; nothing is sent. Around the swap stand the limit and price of compute where they "
            "are "
            "given, the making of the token accounts the wallet may lack, and for SOL its wrapping and "
            "unwrapping, "
            "which closes the wallet's account of wrapped SOL. Whoever has a signed transaction can send it "
            "while "
            "its blockhash lives, some 90 seconds. A seed on the command line is seen by other users of the "
            "machine: "
            "--seed - reads it from standard input, and --keypair from a file only its owner can read. "
            "Neither is "
            "ever printed. With -q the transaction alone is printed, in base64, without a key as one to "
            "simulate.";
        build.options = pool_option_specs();
        build.options.push_back({"--amount", "N", "How much is given, in base units"});
        build.options.push_back(
            {"--min-out", "M", "The least that is taken for it, in base units, or the chain refuses"});
        for (const OptionSpec& option : signer_option_specs()) build.options.push_back(option);
        build.options.push_back({"--blockhash", "HASH", "The recent blockhash the transaction lives by"});
        build.options.push_back(
            {"--compute-unit-limit", "N", "The most compute units, which are paid for", "the chain's"});
        build.options.push_back(
            {"--compute-unit-price", "N", "Millionths of a lamport for each of them", "none"});
        build.options.push_back(
            {"--lookup-table", "ADDRESS", "A lookup table among the accounts that shortens it", "", true});
        for (const OptionSpec& option : clock_option_specs()) build.options.push_back(option);
        build.examples = {
            {"execctl tx build --accounts . --pool $POOL --in $MINT --amount 1500000000 ...",
             "what would be signed, in words"},
            {"execctl tx build ... --seed - -q <seed.txt >transaction.txt", "one that is signed, in base64"}};
        build.run = tx_build_command;
        return build;
    }();
    return spec;
}

}  // namespace libexec::cli
