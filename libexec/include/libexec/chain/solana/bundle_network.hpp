#pragma once

#include <memory>

#include "libexec/base/clock.hpp"
#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/chain/rpc/transport.hpp"
#include "libexec/chain/solana/solana_network.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Where bundles are sent.
/// Errors: `parse` refuses what is no http or https URL with a host, in words that repeat none of it.
class BlockEngine {
public:
    /// A URL with neither path nor query gets the path of Jito's own block engines, /api/v1/bundles.
    static Result<BlockEngine> parse(std::string_view url);

    /// Whom to ask, by which URL.
    const RpcEndpoint& endpoint() const { return endpoint_; }

private:
    explicit BlockEngine(RpcEndpoint endpoint) : endpoint_(std::move(endpoint)) {}
    RpcEndpoint endpoint_;
};

/// The network of `others`, but that transactions go to a block engine, each as a bundle of its own, and to
/// nobody else: whoever leads next sees it in a block or not at all. That the engine took a bundle says
/// nothing about whether it lands, so all else is asked of `others` as before. One that was taken is sent
/// again after some seconds at the earliest, for engines count how often they are asked; while the engine
/// asks for a rest nothing is sent: rate_limited. The log is told when the engine begins to fail, and when it
/// is back. All that is handed in outlives it.
std::unique_ptr<SolanaNetwork> make_bundle_network(SolanaNetwork& others, BlockEngine engine,
                                                   RpcTransport& transport, const Clock& clock, Log& log);

}  // namespace libexec
