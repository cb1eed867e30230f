#pragma once

#include <cstdint>
#include <vector>

#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// The clusters of Solana that everybody knows, and any other: a local node, a fork, a private one.
enum class Cluster : std::uint8_t { mainnet, devnet, testnet, other };

/// Which cluster it is whose first block has this hash.
/// Source: `solana genesis-hash` on each of them; it is what a cluster calls itself.
Cluster cluster_of(const Blockhash& genesis);

/// Solana's own explorer, for that cluster. It reaches another cluster by an endpoint in its link, which a
/// browser then asks: the first of `endpoints` on loopback that is nothing but a host and a port. The address
/// of any other node is nobody else's business, and then there is no explorer.
Explorer explorer_of(Cluster cluster, const std::vector<RpcEndpoint>& endpoints);

}  // namespace libexec
