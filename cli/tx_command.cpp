#include "tx_command.hpp"

#include "commands.hpp"

namespace libexec::cli {

const CommandSpec& tx_spec() {
    static const CommandSpec spec{
        .name = "tx",
        .summary = "Build and read transactions of the chain, offline",
        .description = "No server and no node is asked, and nothing is sent.",
        .words = {},
        .options = {},
        .examples = {{"execctl tx decode transaction.txt", "what a transaction would do, in words"}},
        .run = nullptr,
        .children = {&tx_build_spec(), &tx_decode_spec()},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
