#include "settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <iterator>
#include <limits>

#include "libexec/chain/sim/chain_wire.hpp"
#include "libexec/model/explorer.hpp"
#include "origins.hpp"

namespace libexec::server {
namespace {

/// The whole number `text` is, if it lies within the bounds; takes no sign and no blanks.
template <std::unsigned_integral Number>
bool take_whole(std::string_view text, std::uint64_t least, std::uint64_t most, Number& into) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty() || value < least || value > most) return false;
    into = static_cast<Number>(value);
    return true;
}

bool take_ms(std::string_view text, std::uint64_t least, std::uint64_t most,
             std::chrono::milliseconds& into) {
    std::uint64_t count = 0;
    if (!take_whole(text, least, most, count)) return false;
    into = std::chrono::milliseconds(count);
    return true;
}

/// A decimal outside, parts per million inside.
bool take_ppm(std::string_view text, std::uint64_t most, std::uint32_t& into) {
    const Result<Amount> parts = parse_token_units(text, 6, false);
    if (!parts || parts.value().base_units() > most) return false;
    into = static_cast<std::uint32_t>(parts.value().base_units());
    return true;
}

bool take_text(std::string_view text, std::string& into) {
    into = text;
    return true;
}

bool take_flag(std::string_view text, bool& into) {
    if (text != "true" && text != "false") return false;
    into = text == "true";
    return true;
}

/// Every setting, in the order people meet them.
constexpr std::array setting_table{
    Setting{"PORT", "--port,-p", "port", "a whole number from 0 to 65535 (0: any free port)", "3000",
            "port for HTTP and WebSocket", false,
            [](Options& o, std::string_view text) { return take_whole(text, 0, 65'535, o.http.port); }},
    Setting{"HOST", "--host", "host", "an address of this machine or a name", "127.0.0.1",
            "address to listen on; beyond loopback only with API_KEYS_FILE or --insecure", false,
            [](Options& o, std::string_view text) {
                constexpr std::string_view letters =
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%";
                if (text.empty() || text.find_first_not_of(letters) != std::string_view::npos) return false;
                o.http.host = text;
                return true;
            }},
    Setting{"INSECURE", "--insecure", "insecure", "true or false", "false",
            "listen beyond loopback although nobody is asked for a key", false,
            [](Options& o, std::string_view text) { return take_flag(text, o.insecure); }, "true false"},
    Setting{"TLS_CERT",
            "--tls-cert",
            "tls_cert",
            "the path of a PEM file",
            "",
            "certificate of this server and its chain; with TLS_KEY the port speaks HTTPS; none: plain HTTP",
            false,
            [](Options& o, std::string_view text) {
                o.tls_cert = text;
                return true;
            },
            {},
            true},
    Setting{"TLS_KEY",
            "--tls-key",
            "tls_key",
            "the path of a PEM file that other users may not read",
            "",
            "private key of TLS_CERT, without passphrase",
            false,
            [](Options& o, std::string_view text) {
                o.tls_key = text;
                return true;
            },
            {},
            true},
    Setting{"API_KEYS_FILE", "--api-keys-file", "api_keys_file",
            "the path of a file that only its owner may read", "",
            "who may come in, as execctl keys writes it; none: everybody, from this machine alone", false,
            [](Options& o, std::string_view text) {
                o.api_keys_file = text;
                return true;
            }},
    Setting{"SIGNATURE_WINDOW_MS", "--signature-window-ms", "signature_window_ms",
            "a whole number from 100 to 60000", "5000", "how old a signed request may be", false,
            [](Options& o, std::string_view text) { return take_ms(text, 100, 60'000, o.signature_window); }},
    Setting{"DATABASE_URL", "--database,--database-url", "database_url",
            "sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE", "sqlite:exec.db",
            "where orders are kept; any number of execd may share one PostgreSQL database", false,
            [](Options& o, std::string_view text) {
                o.engine.database_url = text;
                constexpr std::string_view schemes[] = {"sqlite:", "postgres://", "postgresql://"};
                return std::any_of(std::begin(schemes), std::end(schemes), [text](std::string_view scheme) {
                    return text.starts_with(scheme) && text.size() > scheme.size();
                });
            }},
    Setting{"NODE_NAME", "--node-name", "node_name", "up to 60 letters, digits and .-_", "",
            "what this node is called among those that share a database; none: the machine's name", false,
            [](Options& o, std::string_view text) {
                constexpr std::string_view letters =
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
                o.engine.node_name = text;
                return text.size() <= 60 && text.find_first_not_of(letters) == std::string_view::npos;
            }},
    Setting{"LEASE_MS", "--lease-ms", "lease_ms", "a whole number from 300 to 3600000", "15000",
            "on PostgreSQL, how long an order stays with a node that gives no sign of life", false,
            [](Options& o, std::string_view text) { return take_ms(text, 300, 3'600'000, o.engine.lease); }},
    Setting{"QUEUE_CONCURRENCY", "--queue-concurrency,--workers", "queue_concurrency",
            "a whole number from 1 to 100000", "10", "orders worked on at once", false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 1, 100'000, o.engine.queue_concurrency);
            }},
    Setting{"QUEUE_LIMIT",
            "--queue-limit",
            "queue_limit",
            "a whole number from 1 to 10000000",
            "10000",
            "orders accepted and not ended; more are answered 429 queue_full",
            false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 1, 10'000'000, o.engine.queue_limit);
            },
            {},
            true},
    Setting{"MAX_RETRIES", "--max-retries", "max_retries", "a whole number from 1 to 100", "3",
            "attempts an order gets, the first included", false,
            [](Options& o, std::string_view text) { return take_whole(text, 1, 100, o.engine.max_retries); }},
    Setting{
        "RETRY_BASE_MS", "--retry-base-ms", "retry_base_ms", "a whole number from 0 to 3600000", "1000",
        "pause after the first failed attempt, doubled after each further one", false,
        [](Options& o, std::string_view text) { return take_ms(text, 0, 3'600'000, o.engine.retry_base); }},
    Setting{"ORDER_DEADLINE_MS", "--order-deadline-ms", "order_deadline_ms",
            "a whole number from 1 to 86400000", "30000",
            "from an order's first start; past it nothing new is signed; 120000 where CHAIN is solana", false,
            [](Options& o, std::string_view text) {
                return take_ms(text, 1, 86'400'000, o.engine.order_deadline);
            }},
    Setting{"COMMITMENT", "--commitment", "commitment", "confirmed or finalized", "finalized",
            "when a success is announced", false,
            [](Options& o, std::string_view text) {
                const auto commitment = parse_commitment(text);
                if (!commitment || *commitment == Commitment::processed) return false;
                o.engine.commitment = *commitment;
                return true;
            },
            "confirmed finalized"},
    Setting{
        "QUOTE_TIMEOUT_MS", "--quote-timeout-ms", "quote_timeout_ms", "a whole number from 1 to 60000",
        "1000", "how long a venue may think about a quote; 5000 where CHAIN is solana", false,
        [](Options& o, std::string_view text) { return take_ms(text, 1, 60'000, o.engine.quote_timeout); }},
    Setting{"ORDERS_PER_MINUTE",
            "--orders-per-minute",
            "orders_per_minute",
            "a whole number from 0 to 6000000",
            "0",
            "orders started per minute; 0: no limit",
            false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 0, 6'000'000, o.engine.orders_per_minute);
            },
            {},
            true},
    Setting{"RATE_LIMIT",
            "--rate-limit",
            "rate_limit",
            "a whole number from 0 to 6000000",
            "30",
            "submissions per minute and client address; 0: no limit",
            false,
            [](Options& o, std::string_view text) { return take_whole(text, 0, 6'000'000, o.rate_limit); },
            {},
            true},
    Setting{"TOKENS_FILE",
            "--tokens-file",
            "tokens_file",
            "the path of a file",
            "",
            "further tokens, one a line: SYMBOL MINT DECIMALS",
            false,
            [](Options& o, std::string_view text) {
                o.engine.tokens_file = text;
                return true;
            },
            {},
            true},
    Setting{"WS_PER_ORDER",
            "--ws-per-order",
            "ws_per_order",
            "a whole number from 0 to 10000",
            "3",
            "sockets that may follow one order from one address; 0: no limit",
            false,
            [](Options& o, std::string_view text) { return take_whole(text, 0, 10'000, o.ws_per_order); },
            {},
            true},
    Setting{"CORS_ORIGINS", "--cors-origins", "cors_origins",
            "origins such as https://app.example.com with commas between, without a path, or * alone", "",
            "web pages of other origins that may use this server; none: only its own", false,
            [](Options& o, std::string_view text) {
                auto origins = parse_origins(text);
                if (origins) o.cors_origins = std::move(*origins);
                return origins.has_value();
            }},
    Setting{"PING_INTERVAL", "--ping-interval", "ping_interval", "milliseconds from 100 to 3600000", "20000",
            "between pings to a quiet socket", false,
            [](Options& o, std::string_view text) {
                return take_ms(text, 100, 3'600'000, o.http.ping_interval);
            }},
    Setting{
        "PONG_TIMEOUT", "--pong-timeout", "pong_timeout", "milliseconds from 100 to 3600000", "10000",
        "for an answer to a ping; two missed close the socket", false,
        [](Options& o, std::string_view text) { return take_ms(text, 100, 3'600'000, o.http.pong_timeout); }},
    Setting{"NETWORK_THREADS", "--network-threads", "network_threads", "a whole number from 1 to 64", "2",
            "threads that serve connections", false,
            [](Options& o, std::string_view text) { return take_whole(text, 1, 64, o.http.threads); }},
    Setting{"CONNECTION_LIMIT", "--connection-limit", "connection_limit", "a whole number from 1 to 1000000",
            "10000", "open connections; more are answered 429", false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 1, 1'000'000, o.http.connections_max);
            }},
    Setting{"LOG_LEVEL", "--log-level", "log_level", "trace, debug, info, warn, error or off", "info",
            "how much is logged", false,
            [](Options& o, std::string_view text) {
                const auto level = parse_log_level(text);
                if (level) o.log_level = *level;
                return level.has_value();
            },
            "trace debug info warn error off", true},
    Setting{"LOG_FORMAT", "--log-format", "log_format", "auto, text or json", "auto",
            "how log lines look; auto: text on a terminal, JSON otherwise", false,
            [](Options& o, std::string_view text) {
                o.log_format.reset();
                if (text == "json") o.log_format = LogFormat::json;
                if (text == "text") o.log_format = LogFormat::text;
                return o.log_format || text == "auto";
            },
            "auto text json"},
    Setting{"CHAIN", "--chain", "chain", "sim, sim://HOST:PORT or solana", "sim",
            "the chain: simulated in this process, by an execsim of its own that listens there, or a Solana "
            "cluster",
            false,
            [](Options& o, std::string_view text) {
                if (text != "sim" && text != "solana" && !parse_chain_address(text)) return false;
                o.engine.chain = text;
                return true;
            }},
    Setting{
        "RPC_URLS", "--rpc", "rpc_urls", "http or https URLs with commas between", "",
        "JSON-RPC endpoints of the Solana cluster; with two providers an expired transaction is tried again",
        true, [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.rpc_urls); }},
    Setting{"RPC_CA_FILE", "--rpc-ca-file", "rpc_ca_file", "the path of a PEM file", "",
            "whose certificates of endpoints are trusted; none: those the system trusts", false,
            [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.rpc_ca_file); }},
    Setting{
        "RPC_SUBSCRIBE", "--rpc-subscribe", "rpc_subscribe", "true or false", "true",
        "listen to the first endpoint's WebSocket for what changes, so that quotes need not read the chain "
        "each time and what lands is seen at once",
        false,
        [](Options& o, std::string_view text) { return take_flag(text, o.engine.solana.rpc_subscribe); },
        "true false"},
    Setting{"KEYPAIR_FILE", "--keypair", "keypair_file", "the path of a file that only its owner may read",
            "", "key pair of the wallet that trades, as solana-keygen writes it", false,
            [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.keypair_file); }},
    Setting{"SIGNER_SOCKET", "--signer", "signer_socket", "the path of a socket", "",
            "where an execsign listens that has the wallet's key, in place of KEYPAIR_FILE", false,
            [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.signer_socket); }},
    Setting{"POOLS_FILE", "--pools", "pools_file", "the path of a file", "",
            "pools to trade in, one address a line", false,
            [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.pools_file); }},
    Setting{
        "DISCOVER_PAIRS", "--discover", "discover_pairs",
        "pairs of tokens such as SOL/USDC,SOL/USDT, at most 16", "",
        "pairs whose pools are looked for on the chain, beside POOLS_FILE or in its place", false,
        [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.discover_pairs); }},
    Setting{"DISCOVER_INTERVAL_MS", "--discover-interval-ms", "discover_interval_ms",
            "a whole number from 30000 to 86400000", "600000", "between two searches for a pair's pools",
            false,
            [](Options& o, std::string_view text) {
                return take_ms(text, 30'000, 86'400'000, o.engine.solana.discover_interval);
            }},
    Setting{
        "TRANSFER_FILE", "--transfers", "transfer_file", "the path of a file", "",
        "a counterparty of yours that trades at fixed ratios, as the venue transfer; for tests and market "
        "makers",
        false,
        [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.transfer_file); }},
    Setting{"PRIORITY_FEE_FLOOR", "--priority-fee-floor", "priority_fee_floor",
            "a whole number from 0 to 1000000000", "1000",
            "least that is offered for a unit of compute, in millionths of a lamport", false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 0, 1'000'000'000, o.engine.solana.priority_fee_floor);
            }},
    Setting{"PRIORITY_FEE_CAP", "--priority-fee-cap", "priority_fee_cap",
            "a whole number from 0 to 1000000000", "2000000",
            "most that is offered for a unit of compute, in millionths of a lamport", false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 0, 1'000'000'000, o.engine.solana.priority_fee_cap);
            }},
    Setting{"EXPLORER_URL", "--explorer-url", "explorer_url",
            "auto, off or an http or https URL with {signature} in it", "auto",
            "where an order's transactions are looked up; auto: Solana's own explorer, where it knows the "
            "cluster",
            false,
            [](Options& o, std::string_view text) {
                o.engine.solana.explorer_url = text;
                return text.empty() || text == "auto" || text == "off" || bool(Explorer::of(text));
            }},
    Setting{"JITO_URL", "--jito", "jito_url", "an http or https URL", "",
            "a Jito block engine: transactions go there alone, as bundles with a tip; none: to RPC_URLS",
            true,
            [](Options& o, std::string_view text) { return take_text(text, o.engine.solana.jito_url); }},
    Setting{"JITO_TIP_LAMPORTS", "--jito-tip", "jito_tip_lamports", "a whole number from 1000 to 1000000000",
            "10000", "what each transaction tips with JITO_URL, in lamports", false,
            [](Options& o, std::string_view text) {
                return take_whole(text, 1'000, 1'000'000'000, o.engine.solana.jito_tip_lamports);
            }},
    Setting{"REAL_FUNDS", "--i-understand-real-funds", "real_funds", "true or false", "false",
            "trade on mainnet, where what is lost is lost", false,
            [](Options& o, std::string_view text) { return take_flag(text, o.engine.solana.real_funds); },
            "true false"},
    Setting{"MOCK_SEED", "--mock-seed", "mock_seed", "a whole number below 2^64", "",
            "makes a run of the simulated world repeatable; none: drawn from the system", false,
            [](Options& o, std::string_view text) {
                std::uint64_t seed = 0;
                if (text.empty()) return true;
                if (!take_whole(text, 0, std::numeric_limits<std::uint64_t>::max(), seed)) return false;
                o.engine.mock_seed = seed;
                return true;
            }},
    Setting{"MOCK_TIME_SCALE", "--mock-time-scale", "mock_time_scale", "a decimal from 0 to 1000", "1",
            "how long the simulated world takes: 1 is life-like, 0 waits for nothing", false,
            [](Options& o, std::string_view text) {
                return take_ppm(text, 1'000'000'000, o.engine.mock_time_scale_ppm);
            }},
    Setting{"MOCK_FAILURE_RATE", "--mock-failure-rate", "mock_failure_rate", "a decimal from 0 to 1", "0.05",
            "chance that an attempt in the simulated world meets trouble", false,
            [](Options& o, std::string_view text) {
                return take_ppm(text, 1'000'000, o.engine.mock_failure_rate_ppm);
            }},
    Setting{"MOCK_JOURNAL", "--mock-journal", "mock_journal", "the path of a file", "",
            "the simulated chain's journal; none: chain.journal beside the database", false,
            [](Options& o, std::string_view text) {
                o.engine.mock_journal = text;
                return true;
            }},
};

}  // namespace

std::span<const Setting> settings() { return setting_table; }

}  // namespace libexec::server
