#include "solana_world.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <stdexcept>

#include "address_file.hpp"
#include "assembly.hpp"
#include "libexec/chain/solana/cluster.hpp"
#include "libexec/chain/solana/bundle_network.hpp"
#include "libexec/chain/solana/key_pair_signer.hpp"
#include "libexec/chain/solana/remote_signer.hpp"
#include "libexec/chain/solana/rpc_network.hpp"
#include "libexec/chain/solana/solana_chain.hpp"
#include "libexec/chain/solana/watched_reader.hpp"
#include "libexec/net/tls_trust.hpp"
#include "libexec/net/web_socket_client.hpp"
#include "libexec/solana/jito.hpp"
#include "libexec/venues/solana/pool_venue.hpp"
#include "libexec/venues/solana/swap_policy.hpp"
#include "libexec/venues/solana/transfer_venue.hpp"
#include "pair_list.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

/// How long the endpoints may take to say which cluster they are of, and when they are asked again.
constexpr std::chrono::milliseconds cluster_within{8'000};
constexpr std::chrono::milliseconds cluster_pause{500};

/// How long a signer process may take to say whose key it has, its own start included.
constexpr std::chrono::milliseconds signer_within{5'000};

/// Runs one question to its end before the engine's own thread does.
template <class T>
T run_now(asio::io_context& io, Task<T> work) {
    std::optional<T> answer;
    std::exception_ptr thrown;
    const auto keep = [&answer](Task<T> asked) -> Task<void> { answer.emplace(co_await std::move(asked)); };
    asio::co_spawn(io, keep(std::move(work)), [&thrown](std::exception_ptr fault) { thrown = fault; });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(answer).value();
}

/// Spares the first order the wait. What fails is tried again by whoever asks.
Task<void> learn(PoolBook& book) { co_await book.learn(); }

Task<Done> pause(Timers& timers, std::chrono::milliseconds span) {
    co_await timers.sleep_for(span);
    co_return Done();
}

std::vector<RpcEndpoint> endpoints_of(const std::string& urls) {
    Result<std::vector<RpcEndpoint>> parsed = RpcEndpoint::parse_list(urls);
    if (!parsed) throw std::runtime_error("configuration: rpc_urls: " + parsed.error().detail);
    return std::move(parsed).value();
}

BlockEngine block_engine_of(const std::string& url) {
    Result<BlockEngine> parsed = BlockEngine::parse(url);
    if (!parsed) throw std::runtime_error("configuration: jito_url: " + parsed.error().detail);
    return std::move(parsed).value();
}

std::unique_ptr<RpcTransport> transport_of(const SolanaConfig& solana) {
    CurlTransportConfig config;
    config.ca_file = solana.rpc_ca_file;
    return make_curl_transport(std::move(config));
}

}  // namespace

SolanaWorld::SolanaWorld(const Config& config, const Surroundings& around, std::uint64_t seed,
                         Metrics& metrics)
    : config_(config),
      around_(around),
      random_(derive_seed(seed, "rpc")),
      endpoints_(endpoints_of(config.solana.rpc_urls)),
      transport_(transport_of(config.solana)) {
    std::vector<PublicKey> pools;
    if (!config.solana.pools_file.empty()) pools = read_pools_file(config.solana.pools_file);
    std::optional<BlockEngine> block_engine;
    if (!config.solana.jito_url.empty()) block_engine = block_engine_of(config.solana.jito_url);
    const std::vector<MintPair> pairs =
        read_pairs(config.solana.discover_pairs, read_tokens(config.tokens_file));
    check_cluster();
    find_wallet();

    client_.emplace(RpcConfig(endpoints_), *transport_, around_.clock, around_.timers, random_, around_.log);
    rpc_reader_ = make_rpc_reader(*client_);
    reader_ = rpc_reader_.get();
    if (config_.solana.rpc_subscribe) listen(metrics);
    network_ = make_rpc_network(*client_, subscriptions_ ? &*subscriptions_ : nullptr);
    if (block_engine)
        bundles_ = make_bundle_network(*network_, *block_engine, *transport_, around_.clock, around_.log);
    book_.emplace(std::move(pools), *reader_, around_.clock, &around_.log);
    asio::co_spawn(around_.io, client_->keep_probing(), asio::detached);
    asio::co_spawn(around_.io, learn(*book_), asio::detached);
    if (!pairs.empty()) {
        PoolSearchPlan plan(pairs);
        plan.every = config.solana.discover_interval;
        discovery_ = std::make_shared<PoolDiscovery>(std::move(plan), *reader_, *book_, around_.clock,
                                                     around_.timers, &around_.log);
        asio::co_spawn(around_.io, PoolDiscovery::keep_searching(discovery_), asio::detached);
    }
    if (client_->witnesses().size() < 2)
        around_.log.warn(
            "solana.one_endpoint",
            "there is one provider of endpoints: a transaction that expires is not proven dead, and "
            "its order ends without another attempt; name a second one in RPC_URLS");
}

SolanaWorld::~SolanaWorld() {
    if (discovery_) discovery_->stop();
}

/// Quotes, and orders that were sent, listen to the endpoint that was named first. Nothing is connected
/// before there is something to listen to.
void SolanaWorld::listen(Metrics& metrics) {
    const Executor executor = around_.io.get_executor();
    WebSocketClientConfig sockets = rpc_socket_config();
    sockets.trust = TlsTrust::load(config_.solana.rpc_ca_file);
    sockets_ = make_rpc_sockets(executor, std::move(sockets));
    subscriptions_.emplace(RpcSubscriptionsConfig(endpoints_.front()), executor, *sockets_, around_.timers,
                           random_, around_.log);
    const WatchedReaderParts parts{*rpc_reader_,   *subscriptions_, executor, around_.clock,
                                   around_.timers, around_.log,     &metrics};
    watched_reader_ = make_watched_reader(parts);
    reader_ = watched_reader_.get();
}

/// The endpoints have to be of one chain, and of a test chain unless somebody said otherwise. Who starts
/// again after a crash may find them in any trouble: they get a while.
void SolanaWorld::check_cluster() {
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    RpcClient asked(RpcConfig(endpoints_), *transport_, around_.clock, *timers, random_, around_.log);
    const Time give_up_at = around_.clock.now() + cluster_within;
    std::optional<Blockhash> cluster;
    std::string troubles;
    for (;;) {
        troubles.clear();
        for (const auto& said : run_now(io, asked.genesis_hash_of_each())) {
            if (!said.answer) {
                troubles += (troubles.empty() ? "" : "; ") + said.answer.error().detail;
                continue;
            }
            if (cluster && *cluster != said.answer.value())
                throw std::runtime_error(
                    "the endpoints belong to different clusters: " + cluster->to_string() + " and " +
                    said.answer.value().to_string() + " (" + said.endpoint + ")");
            cluster = said.answer.value();
        }
        if (cluster || config_.solana.real_funds || around_.clock.now() >= give_up_at) break;
        run_now(io, pause(*timers, cluster_pause));
    }
    choose_explorer(cluster);
    const bool tips_nobody =
        cluster && (cluster_of(*cluster) == Cluster::devnet || cluster_of(*cluster) == Cluster::testnet);
    if (!config_.solana.jito_url.empty() && tips_nobody)
        throw std::runtime_error(
            "configuration: jito_url: the accounts that are tipped are those of mainnet, and the endpoints "
            "are of devnet or testnet; leave it out");
    if (config_.solana.real_funds) return;
    if (!cluster)
        throw std::runtime_error("no endpoint tells which cluster it belongs to, and it may be mainnet: " +
                                 troubles);
    if (cluster_of(*cluster) == Cluster::mainnet)
        throw std::runtime_error(
            "the endpoints are of mainnet, where funds are real: say --i-understand-real-funds to trade "
            "there");
}

void SolanaWorld::choose_explorer(const std::optional<Blockhash>& cluster) {
    const std::string& url = config_.solana.explorer_url;
    if (url == "off" || url.empty()) return;
    if (url != "auto") {
        const Result<Explorer> explorer = Explorer::of(url);
        if (!explorer) throw std::runtime_error("configuration: explorer_url: " + explorer.error().detail);
        explorer_ = explorer.value();
    } else if (cluster) {
        explorer_ = explorer_of(cluster_of(*cluster), endpoints_);
    }
}

void SolanaWorld::find_wallet() {
    if (!config_.solana.keypair_file.empty()) {
        Result<KeyPair> pair = read_key_pair_file(config_.solana.keypair_file);
        if (!pair) throw std::runtime_error(pair.error().detail);
        wallet_ = pair.value().public_key();
        keys_.emplace(std::move(pair).value());
        return;
    }
    asio::io_context io(1);
    const std::unique_ptr<Timers> timers = make_timers(io);
    const Result<PublicKey> wallet =
        run_now(io, ask_signer_wallet(config_.solana.signer_socket, signer_within, io, *timers));
    if (!wallet)
        throw std::runtime_error("the signer at " + config_.solana.signer_socket +
                                 " does not say whose key it has: " + wallet.error().detail);
    wallet_ = wallet.value();
}

std::vector<std::shared_ptr<Venue>> SolanaWorld::venues() {
    SwapCosts costs;
    costs.priority.floor = config_.solana.priority_fee_floor;
    costs.priority.cap = config_.solana.priority_fee_cap;
    if (bundles_) {
        costs.tip.lamports = config_.solana.jito_tip_lamports;
        costs.tip.accounts.assign(jito_tip_accounts.begin(), jito_tip_accounts.end());
    }
    SolanaVenueParts parts{*reader_, around_.clock, wallet_, costs, &around_.log};
    std::vector<std::shared_ptr<Venue>> venues;
    if (!config_.solana.pools_file.empty() || discovery_) venues = make_pool_venues(*book_, parts);
    if (config_.solana.transfer_file.empty()) return venues;
    TransferBook transfers = read_transfer_file(config_.solana.transfer_file);
    Result<KeyPair> counterparty = read_key_pair_file(transfers.keypair_file);
    if (!counterparty) throw std::runtime_error(counterparty.error().detail);
    venues.push_back(make_transfer_venue(std::move(transfers.ratios),
                                         std::make_shared<const KeyPair>(std::move(counterparty).value()),
                                         parts));
    return venues;
}

std::unique_ptr<Chain> SolanaWorld::chain() {
    SolanaChainConfig chain;
    chain.announced = config_.commitment;
    return make_solana_chain(chain, around_.io, bundles_ ? *bundles_ : *network_, around_.clock,
                             around_.timers, around_.log);
}

std::unique_ptr<Signer> SolanaWorld::signer() {
    if (!keys_) {
        RemoteSignerConfig remote;
        remote.socket_path = config_.solana.signer_socket;
        remote.wallet = wallet_;
        return make_remote_signer(std::move(remote), around_.io, around_.timers);
    }
    SwapPolicyConfig policy;
    policy.transfers = !config_.solana.transfer_file.empty();
    if (bundles_) {
        policy.tip_accounts.assign(jito_tip_accounts.begin(), jito_tip_accounts.end());
        policy.most_tip = config_.solana.jito_tip_lamports;
    }
    auto check = [rules = SwapPolicy(wallet_, std::move(policy))](
                     const Message& message, const SwapTerms& terms) { return rules.check(message, terms); };
    KeyPair pair = std::move(*keys_);
    keys_.reset();
    return std::make_unique<KeyPairSigner>(std::move(pair), std::move(check));
}

}  // namespace libexec
