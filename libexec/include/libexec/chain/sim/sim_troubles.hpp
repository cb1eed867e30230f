#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libexec/base/result.hpp"

namespace libexec {

/// What is wrong with one of the simulated nodes.
struct SimNodeFaults {
    std::uint64_t lag_slots = 0;  ///< behind the chain, on top of the small lag every node has
    bool slot_as_height = false;  ///< reports its slot as the height
    bool silent = false;          ///< answers nothing
    bool forgets = false;         ///< knows no transaction

    friend bool operator==(const SimNodeFaults&, const SimNodeFaults&) = default;
};

/// Everything that can be made to go wrong with a simulated chain while it runs.
/// Unit: parts per million; 1'000'000 hits every time. Whether a rate hits is a function of the chain's seed
///       and of what it is asked for, never of a shared stream.
struct SimTroubles {
    static constexpr std::size_t node_count = 3;

    bool stall = false;              ///< no slot passes: nothing lands, nothing expires
    std::uint32_t drop = 0;          ///< an arriving transaction never lands
    std::uint32_t late = 0;          ///< it lands near the end of its validity
    std::uint32_t fork = 0;          ///< of blocks: it disappears one or two slots later, never once final
    std::uint32_t lost_request = 0;  ///< a call never arrives
    std::uint32_t lost_reply = 0;    ///< a call is carried out and its answer lost
    std::uint32_t duplicate = 0;     ///< an answer comes twice; what was sent arrives again slots later
    std::array<SimNodeFaults, node_count> nodes{};

    friend bool operator==(const SimTroubles&, const SimTroubles&) = default;
};

/// `troubles` with one of them switched. Names and values:
///   stall                                  on, off
///   drop late fork lost_request lost_reply duplicate
///                                          a decimal from 0 (off) to 1, with at most 6 digits after the
///                                          point
///   node-1 node-2 node-3                   honest, or of silent, forgets, slot_as_height and lag=SLOTS as
///   many
///                                          as wanted with + between
///   all                                    off
/// Errors: invalid_parameter with the rule that was broken.
Result<SimTroubles> switched(SimTroubles troubles, std::string_view name, std::string_view value);

/// Those that are on, as `switched` takes them.
std::vector<std::pair<std::string, std::string>> listed(const SimTroubles& troubles);
/// The same in one line: "drop=0.3 node-2=silent"; "none".
std::string to_text(const SimTroubles& troubles);

}  // namespace libexec
