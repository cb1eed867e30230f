#include "libexec/chain/solana/cluster.hpp"

#include <asio/ip/address.hpp>
#include <string>
#include <string_view>

#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

constexpr PublicKey mainnet_genesis = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"_key;
constexpr PublicKey devnet_genesis = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxkPzDrG"_key;
constexpr PublicKey testnet_genesis = "4uhcVJyU9pJkvQyUS88uRDiSHXScCwkj3YsbZkWfGvnR"_key;

/// "http://127.0.0.1:8899" is one, whatever comes after the port.
bool is_on_loopback(std::string_view url) {
    url.remove_prefix(url.find("://") + 3);
    std::string host(
        url.substr(0, url.find(':', url.rfind(']') == std::string_view::npos ? 0 : url.rfind(']'))));
    if (host == "localhost") return true;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    asio::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(host, no_address);
    return !no_address && address.is_loopback();
}

/// As a value in a query.
std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    std::string value;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            value += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        value += '%';
        value += digits[byte >> 4];
        value += digits[byte & 0xf];
    }
    return value;
}

Explorer solana_explorer(const std::string& query) {
    const Result<Explorer> explorer = Explorer::of("https://explorer.solana.com/tx/{signature}" + query);
    return explorer ? explorer.value() : Explorer();
}

}  // namespace

Cluster cluster_of(const Blockhash& genesis) {
    if (genesis.bytes() == mainnet_genesis.bytes()) return Cluster::mainnet;
    if (genesis.bytes() == devnet_genesis.bytes()) return Cluster::devnet;
    if (genesis.bytes() == testnet_genesis.bytes()) return Cluster::testnet;
    return Cluster::other;
}

Explorer explorer_of(Cluster cluster, const std::vector<RpcEndpoint>& endpoints) {
    switch (cluster) {
        case Cluster::mainnet:
            return solana_explorer("");
        case Cluster::devnet:
            return solana_explorer("?cluster=devnet");
        case Cluster::testnet:
            return solana_explorer("?cluster=testnet");
        case Cluster::other:
            break;
    }
    for (const RpcEndpoint& endpoint : endpoints) {
        // What a URL has beside host and port may be a key, which is never told.
        const bool plain = endpoint.http_url().size() <= endpoint.name().size() + 1;
        if (plain && is_on_loopback(endpoint.name()))
            return solana_explorer("?cluster=custom&customUrl=" + encoded(endpoint.name()));
    }
    return {};
}

}  // namespace libexec
