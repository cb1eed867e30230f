#include "sim/safeguards.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace libexec::simulation {
namespace {

constexpr std::array list{
    Safeguard{"intent_before_send", "the intent is committed before a byte leaves"},
    Safeguard{"fence", "a write needs the epoch of the latest claim"},
    Safeguard{"row_lock", "the fence is a row lock that lasts until the write is committed"},
    Safeguard{"height_before_status", "the finalized height is read before the status"},
    Safeguard{"two_nodes", "a proof of expiry needs two nodes"},
    Safeguard{"closed_before_terminal", "an order ends only when its attempt is closed"},
    Safeguard{"commit_before_tell", "nobody hears of an event that is not durable"},
    Safeguard{"one_open_attempt", "a second attempt is opened only when the first is closed"},
    Safeguard{"job_with_order", "an order and its job are one transaction"},
    Safeguard{"body_hash", "the same key with another body is a conflict"},
    Safeguard{"cancel_flag", "the intent is refused once a cancel was asked for"},
    Safeguard{"finality_of_failure", "a failure counts only at finality"},
    Safeguard{"key_uniqueness", "a key stands for one order"},
    Safeguard{"lost_claims_lapse", "what a claim took whose answer was lost is not held for ever"},
    Safeguard{"one_flight_an_order", "a node flies an order once, also when it comes back meanwhile"},
    Safeguard{"sequence_check", "a step is written only after the one it was made for"},
};

std::string_view removed;

bool known(std::string_view name) {
    return std::any_of(list.begin(), list.end(), [name](const Safeguard& one) { return one.name == name; });
}

}  // namespace

std::span<const Safeguard> safeguards() { return list; }

bool safeguard_holds(std::string_view name) {
    if (!known(name)) throw std::logic_error("no safeguard is called " + std::string(name));
    return name != removed;
}

void remove_safeguard(std::string_view name) {
    if (!name.empty() && !known(name))
        throw std::invalid_argument("no safeguard is called " + std::string(name));
    removed = {};
    for (const Safeguard& one : list) {
        if (one.name == name) removed = one.name;
    }
}

}  // namespace libexec::simulation
