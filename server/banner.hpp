#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/model/venue_status.hpp"
#include "settings.hpp"

namespace libexec::server {

/// What a start knows and the settings do not.
struct StartFacts {
    std::string version;
    std::int64_t pid = 0;
    std::uint16_t port = 0;
    std::vector<VenueStatus> venues;
    std::string keys;         ///< "3 keys"; empty: nobody is asked for one
    bool seed_given = false;  ///< somebody chose MOCK_SEED: worth showing
};

/// "http://127.0.0.1:3000".
std::string base_url(const Options& options, std::uint16_t port);
/// "raydium, meteora, orca (simulated)".
std::string describe_venues(const std::vector<VenueStatus>& venues);
/// "3 attempts, pauses 1 s, 2 s, each up to a tenth longer; nothing new later than 30 s after the start".
std::string describe_retries(const Options& options);

/// What a person at a terminal wants to know after the start, ending with a command to try. Plain ASCII.
std::string start_banner(const Options& options, const StartFacts& facts);

}  // namespace libexec::server
