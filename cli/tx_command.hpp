#pragma once

#include "command.hpp"

namespace libexec::cli {

// The commands below `execctl tx`, each in a file of its own.

const CommandSpec& tx_build_spec();
const CommandSpec& tx_decode_spec();

}  // namespace libexec::cli
