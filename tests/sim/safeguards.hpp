#pragma once

#include <span>
#include <string_view>

// How a rule of the protocol is taken away, in this build alone: the simulation compiles the engine once more
// with LIBEXEC_SAFEGUARD meaning this; everywhere else it is the constant true (libexec/base/safeguard.hpp).
#define LIBEXEC_SAFEGUARD(name) ::libexec::simulation::safeguard_holds(#name)

namespace libexec::simulation {

/// A rule that can be taken away, and what it says.
struct Safeguard {
    std::string_view name;
    std::string_view rule;
};

/// All of them.
std::span<const Safeguard> safeguards();

/// False while it is the one that is taken away. Throws std::logic_error for a name that is not in the list.
bool safeguard_holds(std::string_view name);

/// Takes one away; an empty name gives all back. Throws std::invalid_argument for an unknown name.
void remove_safeguard(std::string_view name);

}  // namespace libexec::simulation
