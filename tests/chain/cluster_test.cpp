#include "libexec/chain/solana/cluster.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace libexec;

namespace {

std::vector<RpcEndpoint> endpoints_at(const char* urls) { return RpcEndpoint::parse_list(urls).value(); }

Blockhash hash_of(const char* base58) { return Blockhash::parse(base58).value(); }

std::string link(Cluster cluster, const char* urls) {
    return explorer_of(cluster, endpoints_at(urls)).link_to("5sig");
}

}  // namespace

TEST_SUITE("chain/solana cluster") {
    TEST_CASE("a cluster is known by the hash of its first block") {
        CHECK(cluster_of(hash_of("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d")) == Cluster::mainnet);
        CHECK(cluster_of(hash_of("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxkPzDrG")) == Cluster::devnet);
        CHECK(cluster_of(hash_of("4uhcVJyU9pJkvQyUS88uRDiSHXScCwkj3YsbZkWfGvnR")) == Cluster::testnet);
        CHECK(cluster_of(Blockhash()) == Cluster::other);
    }

    TEST_CASE("the known clusters have a page for each transaction, whoever is asked") {
        const char* const provider = "https://rpc.example.com/v2/secret-key";
        CHECK(link(Cluster::mainnet, provider) == "https://explorer.solana.com/tx/5sig");
        CHECK(link(Cluster::devnet, provider) == "https://explorer.solana.com/tx/5sig?cluster=devnet");
        CHECK(link(Cluster::testnet, provider) == "https://explorer.solana.com/tx/5sig?cluster=testnet");
    }

    TEST_CASE("another cluster is linked by a node on loopback") {
        const std::string page = "https://explorer.solana.com/tx/5sig?cluster=custom&customUrl=";
        CHECK(link(Cluster::other, "http://127.0.0.1:8899") == page + "http%3A%2F%2F127.0.0.1%3A8899");
        CHECK(link(Cluster::other, "http://localhost:8899/") == page + "http%3A%2F%2Flocalhost%3A8899");
        CHECK(link(Cluster::other, "http://[::1]:8899") == page + "http%3A%2F%2F%5B%3A%3A1%5D%3A8899");
        CHECK(link(Cluster::other, "http://10.0.0.7:8899,http://127.0.0.1:8899") ==
              page + "http%3A%2F%2F127.0.0.1%3A8899");
    }

    TEST_CASE("where a private node is, and what its URL holds, is told to nobody") {
        for (const char* urls :
             {"http://10.0.0.7:8899", "https://rpc.example.com", "http://127.0.0.1.example.com:8899",
              "http://localhost.example.com", "http://127.0.0.1:8899/secret-key",
              "http://127.0.0.1:8899?key=secret", "http://me:secret@127.0.0.1:8899", "http://[fd00::1]:8899",
              "http://0.0.0.0:8899"}) {
            CAPTURE(urls);
            CHECK(link(Cluster::other, urls).empty());
        }
    }
}
