#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "libexec/base/random.hpp"
#include "libexec/chain/rpc/client.hpp"
#include "libexec/chain/rpc/rpc_socket.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "libexec/chain/solana/solana_network.hpp"
#include "libexec/embed/config.hpp"
#include "libexec/embed/parts.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/telemetry/metrics.hpp"
#include "libexec/venues/solana/pool_book.hpp"
#include "libexec/venues/solana/pool_discovery.hpp"

namespace libexec {

/// What trading on a Solana cluster takes, in the order in which it may refer to what stands above it.
/// Outlives the venues, the chain and the signer it makes.
class SolanaWorld {
public:
    /// Reads the files, asks every endpoint which cluster it is of, and the signer process for its wallet.
    /// Throws std::runtime_error with one sentence: a file or URL that is none, endpoints of two clusters,
    /// mainnet without `real_funds`, nobody who tells which cluster it is, a signer that does not answer.
    SolanaWorld(const Config& config, const Surroundings& around, std::uint64_t seed, Metrics& metrics);
    ~SolanaWorld();
    SolanaWorld(const SolanaWorld&) = delete;
    SolanaWorld& operator=(const SolanaWorld&) = delete;

    std::vector<std::shared_ptr<Venue>> venues();
    std::unique_ptr<Chain> chain();
    /// Once.
    std::unique_ptr<Signer> signer();
    /// Where its transactions are looked up.
    const Explorer& explorer() const { return explorer_; }

private:
    void check_cluster();
    void choose_explorer(const std::optional<Blockhash>& cluster);
    void find_wallet();
    void listen(Metrics& metrics);

    const Config config_;
    const Surroundings around_;
    Random random_;
    std::vector<RpcEndpoint> endpoints_;
    std::unique_ptr<RpcTransport> transport_;
    std::optional<RpcClient> client_;
    std::unique_ptr<RpcSocketMaker> sockets_;
    std::optional<RpcSubscriptions> subscriptions_;  ///< unless they are switched off
    std::unique_ptr<SolanaNetwork> network_;
    std::unique_ptr<SolanaNetwork> bundles_;  ///< over the other one; null without a block engine
    std::unique_ptr<ChainReader> rpc_reader_;
    std::unique_ptr<ChainReader> watched_reader_;  ///< likewise
    ChainReader* reader_ = nullptr;                ///< which of them quotes and builds read through
    std::optional<KeyPair> keys_;
    PublicKey wallet_;
    Explorer explorer_;
    std::optional<PoolBook> book_;
    std::shared_ptr<PoolDiscovery> discovery_;  ///< null when no pairs are looked for
};

}  // namespace libexec
