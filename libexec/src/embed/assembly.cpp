#include "assembly.hpp"

#include <unistd.h>

#include <algorithm>
#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "config_check.hpp"
#include "libexec/chain/sim/remote_chain.hpp"
#include "libexec/chain/sim/sim_signer.hpp"
#include "libexec/storage/postgres_store.hpp"
#include "libexec/storage/sqlite_store.hpp"
#include "libexec/venues/sim/sim_venue.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds observe_interval =
    400ms;  ///< one slot of the simulated chain, before its scale
constexpr std::chrono::microseconds resend_interval = 2s;

std::string node_name(const Config& config) {
    if (!config.node_name.empty()) return config.node_name;
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "node";
    const std::string host = name.data();
    const std::size_t end =
        host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    constexpr std::size_t most = 60;
    return end == 0 ? "node" : host.substr(0, std::min(end, most));
}

std::chrono::microseconds scaled(std::chrono::microseconds real, std::uint32_t scale_ppm) {
    return real * static_cast<std::int64_t>(scale_ppm) / 1'000'000;
}

/// How long a chain process may take to answer: a quick world waits less, a slow one no longer than a person
/// would.
std::chrono::milliseconds answer_within(std::uint32_t scale_ppm) {
    const auto within = std::chrono::duration_cast<std::chrono::milliseconds>(scaled(2s, scale_ppm));
    return std::clamp<std::chrono::milliseconds>(within, 300ms, 2s);
}

}  // namespace

TokenRegistry read_tokens(const std::string& path) {
    TokenRegistry tokens = TokenRegistry::with_defaults();
    if (path.empty()) return tokens;
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || file.bad()) throw std::runtime_error("cannot read the tokens file " + path);
    if (const Result<Done> added = tokens.add_lines(text.str()); !added) {
        throw std::runtime_error("tokens file " + path + ", " + added.error().detail);
    }
    return tokens;
}

EngineConfig engine_config(const Config& config) {
    EngineConfig engine;
    engine.concurrency = config.queue_concurrency;
    engine.retry.attempts_max = config.max_retries;
    engine.retry.delay_first = config.retry_base;
    engine.retry.jitter = config.retry_base / 10;
    engine.order_deadline = config.order_deadline;
    engine.orders_per_minute = config.orders_per_minute;
    engine.queue_limit = config.queue_limit;
    engine.commitment = config.commitment;
    engine.observe_interval = scaled(observe_interval, config.mock_time_scale_ppm);
    engine.resend_interval = scaled(resend_interval, config.mock_time_scale_ppm);
    engine.in_doubt_after = config.order_deadline;
    return engine;
}

std::unique_ptr<OrderStore> open_store(const Config& config, const Parts& parts, const Surroundings& around) {
    if (parts.store) {
        std::unique_ptr<OrderStore> store = parts.store(around);
        if (!store) throw std::runtime_error("parts: store gave nothing: it must return a store or throw");
        return store;
    }
    return open_store(config, around);
}

std::unique_ptr<OrderStore> open_store(const Config& config, const Surroundings& around) {
    if (names_postgres(config.database_url)) {
        PostgresStoreConfig store;
        store.url = config.database_url;
        store.node = node_name(config);
        store.lease = config.lease;
        return open_postgres_store(std::move(store), around.clock, around.bus, around.log);
    }
    SqliteStoreConfig store;
    store.path = sqlite_path(config.database_url);
    store.owner = node_name(config);
    return open_sqlite_store(std::move(store), around.clock, around.bus, around.log);
}

std::unique_ptr<SolanaWorld> open_solana(const Config& config, const Surroundings& around, std::uint64_t seed,
                                         Metrics& metrics) {
    return names_solana(config) ? std::make_unique<SolanaWorld>(config, around, seed, metrics) : nullptr;
}

std::unique_ptr<Signer> open_signer(Parts& parts, SolanaWorld* solana) {
    if (parts.signer) return std::move(parts.signer);
    return solana != nullptr ? solana->signer() : std::make_unique<SimSigner>();
}

std::unique_ptr<Chain> open_chain(const Config& config, const Parts& parts, const Surroundings& around,
                                  SolanaWorld* solana, std::uint64_t seed, const SimFaults* faults) {
    if (parts.chain) {
        std::unique_ptr<Chain> chain = parts.chain(around);
        if (!chain) throw std::runtime_error("parts: chain gave nothing: it must return a chain or throw");
        return chain;
    }
    if (solana != nullptr) return solana->chain();
    if (const std::optional<ChainAddress> process = chain_process(config)) {
        RemoteChainConfig remote;
        remote.address = *process;
        remote.time_scale_ppm = config.mock_time_scale_ppm;
        remote.answer_within = answer_within(config.mock_time_scale_ppm);
        return open_remote_chain(std::move(remote), around.io, around.timers, around.log);
    }
    SimChainConfig chain;
    chain.seed = seed;
    chain.time_scale_ppm = config.mock_time_scale_ppm;
    chain.failure_rate_ppm = config.mock_failure_rate_ppm;
    chain.journal_path = journal_path(config);
    chain.journal_thread = parts.io == nullptr;
    chain.faults = faults;
    return open_sim_chain(chain, around.io, around.clock, around.timers, around.log);
}

std::vector<std::shared_ptr<Venue>> gather_venues(const Config& config, Parts& parts,
                                                  const Surroundings& around, SolanaWorld* solana,
                                                  std::uint64_t seed, const SimFaults* faults) {
    std::vector<std::shared_ptr<Venue>> venues;
    if (solana != nullptr) {
        venues = solana->venues();
    } else if (parts.simulated_venues) {
        SimMarketConfig market;
        market.seed = seed;
        market.time_scale_ppm = config.mock_time_scale_ppm;
        market.failure_rate_ppm = config.mock_failure_rate_ppm;
        market.faults = faults;
        venues = make_sim_venues(market, around.clock, around.timers);
    }
    for (std::unique_ptr<Venue>& venue : parts.venues) venues.push_back(std::move(venue));
    return venues;
}

std::vector<std::string> fault_targets(const Config& config, const Parts& parts) {
    std::vector<std::string> targets;
    if (names_solana(config)) return targets;
    if (parts.simulated_venues) {
        for (SimVenueProfile& profile : sim_venue_profiles()) targets.push_back(std::move(profile.name));
    }
    if (!parts.chain && !chain_process(config)) targets.emplace_back(SimFaults::chain);
    return targets;
}

}  // namespace libexec
