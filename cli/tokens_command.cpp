#include "api.hpp"
#include "commands.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

ExitCode tokens_command(const Context& context, const Arguments&) {
    const JsonValue document = fetch_document(context, "/api/tokens");
    Sheet sheet({{"symbol", "SYMBOL"}, {"mint", "MINT"}, {"decimals", "DECIMALS", true}});
    for (const JsonValue& token : document["tokens"].items()) {
        sheet.add({token["symbol"].text(), token["mint"].text(), token["decimals"].text()}, token);
    }
    sheet.print(context, document, "the server knows no tokens by name: orders name mints");
    return ExitCode::done;
}

}  // namespace

const CommandSpec& tokens_spec() {
    static const CommandSpec spec{
        .name = "tokens",
        .summary = "Show the tokens that orders may name by symbol",
        .description = "Any other token is named by its mint. TOKENS_FILE of execd adds symbols.",
        .words = {},
        .options = {},
        .examples = {{"execctl tokens", "symbol, mint and decimals of each"}},
        .run = tokens_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
