#include "config_check.hpp"

#include <filesystem>
#include <set>
#include <stdexcept>

#include "libexec/model/explorer.hpp"
#include "libexec/solana/jito.hpp"
#include "libexec/venues/sim/sim_venue.hpp"
#include "pair_list.hpp"

namespace libexec {
namespace {

void require(bool holds, const std::string& rule) {
    if (!holds) throw std::runtime_error("configuration: " + rule);
}

}  // namespace

bool names_postgres(const std::string& database_url) {
    return database_url.starts_with("postgres://") || database_url.starts_with("postgresql://");
}

std::string sqlite_path(const std::string& database_url) {
    constexpr std::string_view scheme = "sqlite:";
    const bool known = database_url.starts_with(scheme) && database_url.size() > scheme.size();
    require(known, "database_url must be sqlite:PATH or postgres://HOST/DATABASE");
    std::string path = database_url.substr(scheme.size());
    if (path.starts_with("//")) path.erase(0, 2);  // sqlite:///absolute and sqlite://relative
    require(!path.empty(), "database_url must be sqlite:PATH");
    return path;
}

std::string journal_path(const Config& config) {
    if (!config.mock_journal.empty()) return config.mock_journal;
    if (names_postgres(config.database_url)) return "chain.journal";
    return (std::filesystem::path(sqlite_path(config.database_url)).parent_path() / "chain.journal").string();
}

bool names_solana(const Config& config) { return config.chain == "solana"; }

std::optional<ChainAddress> chain_process(const Config& config) {
    if (config.chain == "sim" || names_solana(config)) return std::nullopt;
    std::optional<ChainAddress> address = parse_chain_address(config.chain);
    require(address.has_value(), "chain must be sim, sim://HOST:PORT or solana");
    return address;
}

namespace {

void check_solana(const Config& config) {
    using namespace std::chrono_literals;
    const SolanaConfig& solana = config.solana;
    const bool either = solana.keypair_file.empty() != solana.signer_socket.empty();
    require(!solana.rpc_urls.empty(), "chain solana needs rpc_urls: one URL, or several with commas between");
    require(either, "chain solana needs a keypair_file or a signer_socket, and not both");
    require(!solana.pools_file.empty() || !solana.discover_pairs.empty() || !solana.transfer_file.empty(),
            "chain solana needs a pools_file or discover_pairs, or there is nothing to trade in");
    split_pairs(solana.discover_pairs);
    require(solana.discover_interval >= 30s && solana.discover_interval <= 24h,
            "discover_interval must be 30 s..24 h");
    require(solana.priority_fee_floor <= solana.priority_fee_cap,
            "priority_fee_floor must not be above priority_fee_cap");
    require(solana.jito_url.empty() || solana.jito_tip_lamports >= jito_tip_least,
            "jito_tip_lamports must be at least " + std::to_string(jito_tip_least) +
                ", or no block engine looks at the bundle");
    if (solana.explorer_url == "auto" || solana.explorer_url == "off" || solana.explorer_url.empty()) return;
    const Result<Explorer> explorer = Explorer::of(solana.explorer_url);
    require(bool(explorer),
            "explorer_url must be auto, off or a template: " + (explorer ? "" : explorer.error().detail));
}

}  // namespace

void check(const Config& config) {
    using namespace std::chrono_literals;
    chain_process(config);
    if (names_solana(config)) check_solana(config);
    require(names_solana(config) || config.solana.discover_pairs.empty(),
            "discover_pairs are looked for on a Solana cluster: set chain to solana, or leave them out");
    if (!names_postgres(config.database_url)) sqlite_path(config.database_url);
    require(config.lease >= 300ms && config.lease <= 1h, "lease must be 300 ms..1 h");
    require(config.queue_concurrency >= 1 && config.queue_concurrency <= 100'000,
            "queue_concurrency must be 1..100000, got " + std::to_string(config.queue_concurrency));
    require(config.max_retries >= 1 && config.max_retries <= 100,
            "max_retries counts attempts, the first included, and must be 1..100, got " +
                std::to_string(config.max_retries));
    require(config.retry_base >= 0ms && config.retry_base <= 1h, "retry_base must be 0 ms..1 h");
    require(config.order_deadline >= 1ms && config.order_deadline <= 24h,
            "order_deadline must be 1 ms..24 h");
    require(config.quote_timeout >= 1ms && config.quote_timeout <= 1min, "quote_timeout must be 1 ms..1 min");
    require(config.queue_limit >= 1, "queue_limit must be at least 1");
    require(config.commitment != Commitment::processed,
            "commitment must be confirmed or finalized: a processed block may still be dropped");
    require(config.mock_failure_rate_ppm <= 1'000'000, "mock_failure_rate must be 0..1");
    require(config.mock_time_scale_ppm <= 1'000'000'000, "mock_time_scale must be 0..1000");
}

void check(const Parts& parts) {
    const auto require_part = [](bool holds, const std::string& rule) {
        if (!holds) throw std::runtime_error("parts: " + rule);
    };
    require_part(parts.timers == nullptr || parts.io != nullptr,
                 "timers belong to an io_context: set io to the one they wait on");
    require_part(parts.simulated_venues || !parts.venues.empty(),
                 "without the simulated venues there must be one in venues");
    std::set<std::string, std::less<>> names;
    if (parts.simulated_venues) {
        for (const SimVenueProfile& profile : sim_venue_profiles()) names.insert(profile.name);
    }
    for (const std::unique_ptr<Venue>& venue : parts.venues) {
        require_part(venue != nullptr, "a venue is null");
        const std::string name(venue->name());
        require_part(!name.empty(), "a venue has no name");
        require_part(names.insert(name).second,
                     "two venues are called " + name + ": rename one, or set simulated_venues to false");
    }
}

}  // namespace libexec
