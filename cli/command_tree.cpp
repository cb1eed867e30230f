#include "command.hpp"
#include "commands.hpp"

namespace libexec::cli {

const std::vector<OptionSpec>& global_options() {
    static const std::vector<OptionSpec> options{
        {"-s,--server", "URL", "The server's address", "http://localhost:3000"},
        {"--ca-cert", "FILE", "PEM file of certificates that may vouch for an https:// server",
         "the system's", false, Completes::file},
        {"--insecure-tls", "", "Do not ask who the https:// server is: whoever answers gets the orders"},
        {"-o,--output", "table|json|ndjson|csv",
         "How data is written: for people; one JSON document; one JSON document a line; CSV", "table"},
        {"--api-key", "KEY", "The key a server asks for, lx_ID_SECRET, or @FILE that holds it",
         "EXEC_API_KEY"},
        {"--sign-key", "FILE", "A private key to sign each request with instead", "EXEC_SIGN_KEY", false,
         Completes::file},
        {"--columns", "A,B", "These columns of a table or CSV, in this order"},
        {"--no-header", "", "Tables and CSV without their first line"},
        {"--wide", "", "Tables with every column, whatever the terminal's width"},
        {"--color", "auto|always|never", "Colours", "auto"},
        {"--timeout", "TIME", "How long to wait in all, with a unit: 500ms, 30s, 2m, 1h", "2m"},
        {"-q,--quiet", "", "Print the essential word only"},
        {"--trace", "", "Print each request on standard error, as a curl command"}};
    return options;
}

const CommandSpec& command_tree() {
    static const CommandSpec tree = [] {
        CommandSpec root;
        root.name = "execctl";
        root.summary = "Place orders with an execd, follow them, and find out why they ended as they did";
        root.children = {
            &submit_spec(),   &quote_spec(),  &watch_spec(),      &get_spec(),     &explain_spec(),
            &list_spec(),     &cancel_spec(), &retry_spec(),      &stats_spec(),   &export_spec(),
            &venues_spec(),   &tokens_spec(), &queue_spec(),      &pools_spec(),   &pool_quote_spec(),
            &tx_spec(),       &bench_spec(),  &fault_spec(),      &doctor_spec(),  &health_spec(),
            &keys_spec(),     &config_spec(), &completion_spec(), &version_spec(), &help_spec(),
            &complete_spec(), &docs_spec(),
        };
        return root;
    }();
    return tree;
}

std::vector<std::string_view> choices_of(std::string_view value) {
    std::vector<std::string_view> choices;
    if (value.find('|') == std::string_view::npos) return choices;
    for (std::size_t begin = 0; begin <= value.size();) {
        const std::size_t end = std::min(value.find('|', begin), value.size());
        choices.push_back(value.substr(begin, end - begin));
        begin = end + 1;
    }
    return choices;
}

std::string_view long_name(std::string_view names) {
    const std::size_t dashes = names.rfind("--");
    return dashes == std::string_view::npos ? names : names.substr(dashes + 2);
}

}  // namespace libexec::cli
