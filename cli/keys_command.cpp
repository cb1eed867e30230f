#include <algorithm>
#include <ostream>

#include "commands.hpp"
#include "config_file.hpp"
#include "libexec/access/key_file.hpp"
#include "libexec/access/request_signature.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/json/time_text.hpp"
#include "libexec/json/value.hpp"
#include "settings.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::string_view untouched = "nothing was sent, no funds moved";

[[noreturn]] void refuse_file(const Rejection& why) {
    Complaint complaint;
    complaint.exit = why.reason == Reason::not_found ? ExitCode::not_found : ExitCode::unexpected;
    complaint.code = why.reason == Reason::not_found ? "not_found" : "file";
    complaint.what = why.detail;
    complaint.funds = untouched;
    complaint.repeat = "safe";
    complaint.next = why.reason == Reason::not_found ? "execctl keys list shows those there are"
                                                     : "correct the file, or name another with --keys-file";
    throw Trouble(complaint);
}

/// The one that was named, or the one execd would use here.
KeyFile chosen_file(const Arguments& arguments) {
    std::string path = arguments.text("keys-file");
    if (path.empty()) path = server::load_options({}, server::process_environment, "").options.api_keys_file;
    if (path.empty())
        refuse("no key file was named",
               "name one with --keys-file FILE, or set API_KEYS_FILE as execd has it");
    return KeyFile(std::move(path));
}

/// A time from now on with its unit, days too, or a moment.
Time expiry_of(const std::string& word, Time now) {
    const auto span = parse_duration(word);
    const std::optional<Time> at = span ? std::optional<Time>(now + *span) : parse_rfc3339(word);
    if (!at)
        refuse("--expires '" + word + "' is not a time",
               "write how long it lives, such as 30d or 12h, or a UTC time such as 2027-01-02T03:04:05Z");
    if (*at <= now)
        refuse("--expires '" + word + "' has passed already", "write a time that is still to come");
    return *at;
}

std::string required(const Arguments& arguments, std::string_view name, std::string_view example) {
    if (!arguments.has(name))
        refuse("--" + std::string(name) + " is missing",
               "write --" + std::string(name) + " " + std::string(example));
    return arguments.text(name);
}

std::string state_of(const ApiKey& key, Time now) {
    if (key.revoked_at) return "revoked";
    return key.stands_at(now) ? "active" : "expired";
}

Sheet key_sheet(bool with_secret) {
    std::vector<Column> columns{{"id", "ID"},
                                {"name", "NAME"},
                                {"account", "ACCOUNT"},
                                {"scopes", "SCOPES"},
                                {"kind", "KIND"},
                                {"state", "STATE"},
                                {"expiresAt", "EXPIRES"},
                                {"ratePerMinute", "RATE", true, true},
                                {"addresses", "ADDRESSES", false, true},
                                {"createdAt", "CREATED", false, true},
                                {"revokedAt", "REVOKED", false, true}};
    if (with_secret) columns.push_back({"apiKey", "API KEY", false, true});
    return Sheet(std::move(columns));
}

std::vector<Cell> key_row(const ApiKey& key, Time now) {
    const auto time_or_nothing = [](const std::optional<Time>& at) {
        return at ? to_rfc3339(*at) : std::string();
    };
    std::string addresses;
    for (const std::string& address : key.addresses) addresses += (addresses.empty() ? "" : ",") + address;
    const std::string state = state_of(key, now);
    return {key.id,
            key.name,
            key.account,
            key.scopes.to_string(),
            to_string(key.kind),
            Cell(state, state, state == "active" ? Colour::green : Colour::grey),
            time_or_nothing(key.expires_at),
            key.rate_per_minute ? std::to_string(*key.rate_per_minute) : std::string(),
            addresses,
            to_rfc3339(key.created_at),
            time_or_nothing(key.revoked_at)};
}

/// What was asked for; the proof comes later.
ApiKey asked_key(const Arguments& arguments, Time now) {
    constexpr std::uint64_t rate_most = 6'000'000;
    ApiKey key;
    key.id = new_key_id();
    key.name = required(arguments, "name", "\"the desk in Zurich\"");
    key.account = required(arguments, "account", "desk");
    const Result<Scopes> scopes = Scopes::parse(required(arguments, "scopes", "read,trade"));
    if (!scopes) refuse("--scopes " + scopes.error().detail, "write --scopes read,trade");
    key.scopes = scopes.value();
    key.created_at = now;
    if (arguments.has("expires")) key.expires_at = expiry_of(arguments.text("expires"), now);
    if (const auto rate = arguments.whole("rate", 0, rate_most))
        key.rate_per_minute = static_cast<std::uint32_t>(*rate);
    key.addresses = arguments.texts("address");
    if (const std::string trouble = describe_key_trouble(key); !trouble.empty())
        refuse("--" + trouble, "correct it and repeat");
    return key;
}

ExitCode create_command(const Context& context, const Arguments& arguments) {
    const KeyFile file = chosen_file(arguments);
    const Time now = context.clock.now();
    ApiKey key = asked_key(arguments, now);
    const std::string public_key = arguments.text("ed25519");
    const std::string private_path = arguments.text("generate-ed25519");
    if (arguments.has("ed25519") && arguments.has("generate-ed25519"))
        refuse("--ed25519 and --generate-ed25519 cannot both be meant", "give one of them");

    std::string secret;
    if (arguments.has("ed25519")) {
        const auto bytes = parse_public_key(public_key);
        if (!bytes)
            refuse("--ed25519 '" + public_key + "' is no public key", "write the base64 of its 32 bytes");
        key.kind = ApiKey::Kind::ed25519;
        key.proof = *bytes;
    } else if (arguments.has("generate-ed25519")) {
        // Written first: a key in the file that nobody can sign with would be worse than a stray file.
        const SigningKey signer = SigningKey::generate(key.id);
        if (const Result<Done> saved = signer.save(private_path); !saved) refuse_file(saved.error());
        key.kind = ApiKey::Kind::ed25519;
        key.proof = signer.public_key();
    } else {
        secret = give_secret(key).to_string();
    }
    const Result<Done> written = file.update(
        [&key](std::vector<ApiKey>& keys) -> Result<Done> {
            keys.push_back(key);
            return Done{};
        },
        true);
    if (!written) refuse_file(written.error());

    Console& console = context.console;
    if (context.options.output != Output::table || !context.options.columns.empty()) {
        Sheet sheet = key_sheet(true);
        std::vector<Cell> row = key_row(key, now);
        row.emplace_back(secret);
        sheet.add(std::move(row));
        sheet.print_one(context);
    } else if (!context.options.quiet) {
        console.out << (secret.empty() ? key.id : secret) << '\n';
        console.err << (secret.empty() ? "the id of a key that signs, account " : "the key of account ")
                    << key.account << ", scopes " << key.scopes.to_string()
                    << (secret.empty() ? "" : ": shown this once, keep it as a password") << '\n';
        if (!private_path.empty())
            console.err << "use it with: execctl --sign-key " << printable(console.style, private_path)
                        << '\n';
    } else {
        console.out << (secret.empty() ? key.id : secret) << '\n';
    }
    return ExitCode::done;
}

ExitCode list_command(const Context& context, const Arguments& arguments) {
    const Result<std::vector<ApiKey>> keys = chosen_file(arguments).read();
    if (!keys) refuse_file(keys.error());
    Sheet sheet = key_sheet(false);
    const Time now = context.clock.now();
    for (const ApiKey& key : keys.value()) sheet.add(key_row(key, now));
    sheet.print(context, {}, "no keys yet: execctl keys create makes one");
    return ExitCode::done;
}

ExitCode revoke_command(const Context& context, const Arguments& arguments) {
    const std::string id = arguments.text("ID");
    const Time now = context.clock.now();
    std::optional<ApiKey> revoked;
    const Result<Done> written = chosen_file(arguments).update(
        [&](std::vector<ApiKey>& keys) -> Result<Done> {
            const auto found =
                std::find_if(keys.begin(), keys.end(), [&id](const ApiKey& key) { return key.id == id; });
            if (found == keys.end()) return reject(Reason::not_found, "no key has the id '" + id + "'");
            // The first time is the one that counts.
            if (!found->revoked_at) found->revoked_at = now;
            revoked = *found;
            return Done{};
        },
        false);
    if (!written) refuse_file(written.error());
    if (context.options.output != Output::table || !context.options.columns.empty()) {
        Sheet sheet = key_sheet(false);
        sheet.add(key_row(*revoked, now));
        sheet.print_one(context);
    } else if (!context.options.quiet) {
        context.console.out << "revoked " << revoked->id << " of account " << revoked->account << " at "
                            << to_rfc3339(*revoked->revoked_at)
                            << ": every execd that reads this file refuses it within seconds\n";
    } else {
        context.console.out << revoked->id << '\n';
    }
    return ExitCode::done;
}

const OptionSpec file_option{"--keys-file", "FILE",         "The key file", "the one API_KEYS_FILE names",
                             false,         Completes::file};

const CommandSpec create_spec{
    .name = "create",
    .summary = "Make a key and write it into the key file",
    .description =
        "A bearer key is shown once: the file keeps only its SHA-256. Of a signing key the file keeps the "
        "public half. "
        "execd takes the change over within a second, without a restart. The file is made when there is "
        "none.",
    .words = {},
    .options = {{"--name", "NAME", "What people call it"},
                {"--account", "ACCOUNT", "Whose orders it places and sees: letters, digits and ._-"},
                {"--scopes", "LIST", "What it may do, of read, trade and admin with commas between"},
                {"--expires", "WHEN", "When it ends: 30d, 12h, or a UTC time", "never"},
                {"--rate", "N", "Submissions per minute, in place of RATE_LIMIT; 0: no limit"},
                {"--address", "NET", "An address or network it may come from, such as 10.0.0.0/8", "anywhere",
                 true},
                {"--ed25519", "PUBKEY", "A signing key: the base64 of its public half"},
                {"--generate-ed25519", "FILE", "A signing key: make it, and write the private half there", "",
                 false, Completes::file},
                file_option},
    .examples = {{"execctl keys create --name desk --account desk --scopes read,trade",
                  "a key for the file that API_KEYS_FILE names"},
                 {"execctl keys create --name bot --account desk --scopes trade --expires 30d",
                  "one that ends by itself, after a month"}},
    .run = create_command,
    .children = {},
    .hidden = false};

const CommandSpec keys_list_spec{
    .name = "list",
    .summary = "Show the keys of the key file, never their secrets",
    .description = {},
    .words = {},
    .options = {file_option},
    .examples = {{"execctl keys list --wide", "with rates, addresses and times"}},
    .run = list_command,
    .children = {},
    .hidden = false};

const CommandSpec revoke_spec{
    .name = "revoke",
    .summary = "End a key for good",
    .description =
        "Every execd that reads the file refuses the key within a second and closes its sockets within five. "
        "Revoking "
        "it again changes nothing.",
    .words = {{"ID", "The key's id, the part after lx_"}},
    .options = {file_option},
    .examples = {{"execctl keys revoke k7p2m9qx4abc", "nobody comes in with it any more"}},
    .run = revoke_command,
    .children = {},
    .hidden = false};

}  // namespace

const CommandSpec& keys_spec() {
    static const CommandSpec spec{
        .name = "keys",
        .summary = "Make, show and revoke the keys that execd asks for",
        .description = "Works on the key file itself, on the machine it lies on; no server is asked.",
        .words = {},
        .options = {},
        .examples = {{"execctl keys list", "the keys of the file that API_KEYS_FILE names"}},
        .run = nullptr,
        .children = {&create_spec, &keys_list_spec, &revoke_spec},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
