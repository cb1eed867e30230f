#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace libexec::server {

/// Whose submissions and sockets are counted together: a key's, or an address's where nobody is asked for
/// one.
struct Client {
    Client() = default;
    /// An address.
    Client(std::string_view address) : name(address) {}
    Client(const char* address) : name(address) {}
    Client(std::string address) : name(std::move(address)) {}

    std::string name;                         ///< "key k7p2m9qx4abc" or the address
    std::optional<std::uint32_t> per_minute;  ///< submissions, in place of RATE_LIMIT; 0: no limit
    bool by_key = false;

    /// "this key" or "this address".
    std::string who() const { return by_key ? "this key" : "this address"; }
};

}  // namespace libexec::server
