#include "libexec/chain/sim/sim_troubles.hpp"

#include <charconv>
#include <optional>

#include "libexec/model/money.hpp"

namespace libexec {
namespace {

constexpr std::uint8_t rate_decimals = 6;
constexpr std::uint64_t whole_ppm = 1'000'000;
constexpr std::uint64_t lag_slots_most = 1'000'000;
constexpr std::size_t shown_most = 64;
constexpr std::string_view node_prefix = "node-";

struct Rate {
    std::string_view name;
    std::uint32_t SimTroubles::*ppm;
};

constexpr std::array rates{
    Rate{"drop", &SimTroubles::drop},
    Rate{"late", &SimTroubles::late},
    Rate{"fork", &SimTroubles::fork},
    Rate{"lost_request", &SimTroubles::lost_request},
    Rate{"lost_reply", &SimTroubles::lost_reply},
    Rate{"duplicate", &SimTroubles::duplicate},
};

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, shown_most)) + "'"; }

Rejection bad(std::string detail) { return reject(Reason::invalid_parameter, std::move(detail)); }

/// As people write it: "0.3", "1".
std::string rate_text(std::uint32_t ppm) {
    std::string text = to_text(TokenAmount{Amount(ppm), rate_decimals});
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::optional<std::size_t> node_of(std::string_view name) {
    if (!name.starts_with(node_prefix) || name.size() != node_prefix.size() + 1) return std::nullopt;
    const char digit = name.back();
    if (digit < '1' || digit >= static_cast<char>('1' + SimTroubles::node_count)) return std::nullopt;
    return static_cast<std::size_t>(digit - '1');
}

bool add_node_fault(std::string_view word, SimNodeFaults& faults) {
    constexpr std::string_view lag = "lag=";
    if (word == "silent") return faults.silent = true;
    if (word == "forgets") return faults.forgets = true;
    if (word == "slot_as_height") return faults.slot_as_height = true;
    if (!word.starts_with(lag)) return false;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + lag.size(), end, faults.lag_slots);
    return error == std::errc{} && stop == end && faults.lag_slots <= lag_slots_most;
}

Result<SimNodeFaults> node_faults(std::string_view value) {
    SimNodeFaults faults;
    if (value == "honest") return faults;
    for (std::string_view rest = value;;) {
        const std::size_t plus = rest.find('+');
        if (!add_node_fault(rest.substr(0, plus), faults)) {
            return bad("a node is honest, or of silent, forgets, slot_as_height and lag=SLOTS (at most " +
                       std::to_string(lag_slots_most) + ") as many as wanted with + between, not " +
                       quoted(value));
        }
        if (plus == std::string_view::npos) return faults;
        rest.remove_prefix(plus + 1);
    }
}

std::string node_text(const SimNodeFaults& faults) {
    std::string text;
    const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : "+") + word; };
    if (faults.silent) add("silent");
    if (faults.forgets) add("forgets");
    if (faults.slot_as_height) add("slot_as_height");
    if (faults.lag_slots > 0) add("lag=" + std::to_string(faults.lag_slots));
    return text;
}

}  // namespace

Result<SimTroubles> switched(SimTroubles troubles, std::string_view name, std::string_view value) {
    if (name == "all") {
        if (value != "off") return bad("all can only be switched off");
        return SimTroubles();
    }
    if (name == "stall") {
        if (value != "on" && value != "off") return bad("stall is on or off, not " + quoted(value));
        troubles.stall = value == "on";
        return troubles;
    }
    for (const Rate& rate : rates) {
        if (name != rate.name) continue;
        const Result<Amount> ppm = parse_token_units(value, rate_decimals, false);
        if (!ppm || ppm.value().base_units() > whole_ppm) {
            return bad(std::string(name) +
                       " is a decimal from 0 (off) to 1 with at most 6 digits after the point, not " +
                       quoted(value));
        }
        troubles.*rate.ppm = static_cast<std::uint32_t>(ppm.value().base_units());
        return troubles;
    }
    if (const auto node = node_of(name)) {
        const Result<SimNodeFaults> faults = node_faults(value);
        if (!faults) return faults.error();
        troubles.nodes[*node] = faults.value();
        return troubles;
    }
    return bad("there is no fault " + quoted(name) +
               ": there are stall, drop, late, fork, lost_request, lost_reply, duplicate, node-1, node-2, "
               "node-3 and all");
}

std::vector<std::pair<std::string, std::string>> listed(const SimTroubles& troubles) {
    std::vector<std::pair<std::string, std::string>> on;
    if (troubles.stall) on.emplace_back("stall", "on");
    for (const Rate& rate : rates) {
        if (troubles.*rate.ppm > 0) on.emplace_back(rate.name, rate_text(troubles.*rate.ppm));
    }
    for (std::size_t i = 0; i < troubles.nodes.size(); ++i) {
        if (troubles.nodes[i] == SimNodeFaults()) continue;
        on.emplace_back(std::string(node_prefix) + std::to_string(i + 1), node_text(troubles.nodes[i]));
    }
    return on;
}

std::string to_text(const SimTroubles& troubles) {
    std::string text;
    for (const auto& [name, value] : listed(troubles)) text += (text.empty() ? "" : " ") + name + "=" + value;
    return text.empty() ? "none" : text;
}

}  // namespace libexec
