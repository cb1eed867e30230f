#pragma once

#include <memory>

#include "libexec/chain/rpc/client.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "libexec/chain/solana/solana_network.hpp"
#include "libexec/solana/chain_reader.hpp"

namespace libexec {

/// The network as a JSON-RPC client knows it. The client outlives it, and so do `subscriptions`, by which it
/// hears of transactions; null: it is only asked.
std::unique_ptr<SolanaNetwork> make_rpc_network(RpcClient& client, RpcSubscriptions* subscriptions = nullptr);

/// The chain, read through a JSON-RPC client at commitment `confirmed`. The client outlives it.
std::unique_ptr<ChainReader> make_rpc_reader(RpcClient& client);

}  // namespace libexec
