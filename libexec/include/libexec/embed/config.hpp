#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "libexec/model/attempt.hpp"

namespace libexec {

/// How a Solana cluster is reached and traded on.
struct SolanaConfig {
    std::string rpc_urls;       ///< http or https, with commas between; may hold a provider's keys
    std::string rpc_ca_file;    ///< PEM file of who is trusted; empty: whom the system trusts
    bool rpc_subscribe = true;  ///< listens to the first of rpc_urls for what changes and lands
    std::string keypair_file;   ///< of the wallet, as solana-keygen writes it; or `signer_socket`
    std::string signer_socket;  ///< where an execsign listens that has the wallet's key
    std::string pools_file;     ///< addresses of pools, one a line
    std::string
        discover_pairs;  ///< tokens whose pools are looked for on the chain, such as SOL/USDC,SOL/USDT
    std::chrono::milliseconds discover_interval{600'000};  ///< between two searches, 30 s..24 h
    std::string transfer_file;                 ///< of a counterparty that sells at fixed ratios; empty: none
    bool real_funds = false;                   ///< what is lost on mainnet is lost: said by a person
    std::uint64_t priority_fee_floor = 1'000;  ///< millionths of a lamport for a unit of compute
    std::uint64_t priority_fee_cap = 2'000'000;  ///< the same
    /// Where an order's transactions are looked up: a URL with `{signature}` in it; auto: Solana's own
    /// explorer, where it knows the cluster; off or empty: nowhere
    std::string explorer_url = "auto";
    std::string jito_url;  ///< of a block engine that transactions are sent to as bundles; empty: none
    std::uint64_t jito_tip_lamports = 10'000;  ///< what each of them then pays for its place
};

/// Everything an engine needs to know, with the defaults of the manual. Plain values, checked once by `open`.
struct Config {
    /// `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE` as libpq takes it
    std::string database_url = "sqlite:exec.db";
    /// What this node is called among those on one database; empty: the machine's name.
    std::string node_name;
    /// On PostgreSQL: how long an order stays this node's without a sign of life, 300 ms..1 h
    std::chrono::milliseconds lease{15'000};
    std::size_t queue_concurrency = 10;           ///< orders in flight, 1..100'000
    std::uint32_t max_retries = 3;                ///< attempts per order, the first included, 1..100
    std::chrono::milliseconds retry_base{1'000};  ///< doubled after each failed attempt
    std::chrono::milliseconds order_deadline{30'000};
    Commitment commitment = Commitment::finalized;
    std::uint32_t orders_per_minute = 0;  ///< executions started per minute; 0: no limit
    std::uint64_t queue_limit = 10'000;   ///< live orders
    std::chrono::milliseconds quote_timeout{1'000};
    std::string tokens_file;  ///< further tokens, lines of SYMBOL MINT DECIMALS; empty: none

    /// sim: the simulated chain in this process; sim://HOST:PORT: the one that an execsim serves there;
    /// solana: a Solana cluster, as `solana` says
    std::string chain = "sim";
    SolanaConfig solana;

    // The simulated world.
    std::optional<std::uint64_t> mock_seed;         ///< none: drawn from the system
    std::uint32_t mock_time_scale_ppm = 1'000'000;  ///< 1'000'000: real time; 0: no waiting
    std::uint32_t mock_failure_rate_ppm = 50'000;   ///< chance that an attempt meets trouble
    std::string mock_journal;  ///< the simulated chain's journal; empty: chain.journal beside the database
};

/// A database URL as it may be shown: its password masked.
std::string without_password(const std::string& database_url);

}  // namespace libexec
