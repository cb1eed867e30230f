#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include "config_file.hpp"

// Every setting of the table by every way it can be given: which one wins, and what a bad value is answered
// with.

using namespace libexec;
using namespace libexec::server;

namespace {

struct Row {
    const char* env;
    std::vector<const char*>
        good;  ///< that differ from each other and from the default, as far as there are such
    std::string (*effect)(const Options&);
    const char* bad;   ///< null: every text is good
    const char* near;  ///< what the bad word is taken for; null: no word
};

template <class Number>
std::string text(Number number) {
    return std::to_string(number);
}

const std::vector<Row>& rows() {
    using O = const Options&;
    static const std::vector<Row> all{
        {"PORT", {"1", "2", "65535"}, [](O o) { return text(o.http.port); }, "65536", nullptr},
        {"HOST", {"127.0.0.2", "::1", "localhost"}, [](O o) { return o.http.host; }, "two words", nullptr},
        {"INSECURE", {"true", "false"}, [](O o) { return text(o.insecure); }, "ture", "true"},
        {"TLS_CERT", {"a", "b", "c"}, [](O o) { return o.tls_cert; }, nullptr, nullptr},
        {"TLS_KEY", {"a", "b", "c"}, [](O o) { return o.tls_key; }, nullptr, nullptr},
        {"API_KEYS_FILE", {"a", "b", "c"}, [](O o) { return o.api_keys_file; }, nullptr, nullptr},
        {"SIGNATURE_WINDOW_MS",
         {"100", "1000", "60000"},
         [](O o) { return text(o.signature_window.count()); },
         "60001",
         nullptr},
        {"DATABASE_URL",
         {"sqlite:a", "sqlite:b", "sqlite:c"},
         [](O o) { return o.engine.database_url; },
         "mysql:x",
         nullptr},
        {"NODE_NAME", {"a", "b.c", "d-e_1"}, [](O o) { return o.engine.node_name; }, "two words", nullptr},
        {"LEASE_MS",
         {"300", "1000", "3600000"},
         [](O o) { return text(o.engine.lease.count()); },
         "299",
         nullptr},
        {"QUEUE_CONCURRENCY",
         {"1", "2", "3"},
         [](O o) { return text(o.engine.queue_concurrency); },
         "0",
         nullptr},
        {"QUEUE_LIMIT", {"1", "2", "3"}, [](O o) { return text(o.engine.queue_limit); }, "0", nullptr},
        {"MAX_RETRIES", {"1", "2", "4"}, [](O o) { return text(o.engine.max_retries); }, "101", nullptr},
        {"RETRY_BASE_MS",
         {"0", "1", "2"},
         [](O o) { return text(o.engine.retry_base.count()); },
         "1s",
         nullptr},
        {"ORDER_DEADLINE_MS",
         {"1", "2", "3"},
         [](O o) { return text(o.engine.order_deadline.count()); },
         "0",
         nullptr},
        {"COMMITMENT",
         {"confirmed", "finalized"},
         [](O o) { return std::string(to_string(o.engine.commitment)); },
         "confirmd",
         "confirmed"},
        {"QUOTE_TIMEOUT_MS",
         {"1", "2", "3"},
         [](O o) { return text(o.engine.quote_timeout.count()); },
         "60001",
         nullptr},
        {"ORDERS_PER_MINUTE",
         {"1", "2", "3"},
         [](O o) { return text(o.engine.orders_per_minute); },
         "many",
         nullptr},
        {"RATE_LIMIT", {"0", "1", "2"}, [](O o) { return text(o.rate_limit); }, "1.5", nullptr},
        {"TOKENS_FILE", {"a", "b", "c"}, [](O o) { return o.engine.tokens_file; }, nullptr, nullptr},
        {"WS_PER_ORDER", {"0", "1", "2"}, [](O o) { return text(o.ws_per_order); }, "10001", nullptr},
        {"CORS_ORIGINS",
         {"http://a", "http://b", "*"},
         [](O o) { return o.cors_origins.empty() ? std::string() : o.cors_origins.front(); },
         "a.example",
         nullptr},
        {"PING_INTERVAL",
         {"100", "200", "300"},
         [](O o) { return text(o.http.ping_interval.count()); },
         "99",
         nullptr},
        {"PONG_TIMEOUT",
         {"100", "200", "300"},
         [](O o) { return text(o.http.pong_timeout.count()); },
         "soon",
         nullptr},
        {"NETWORK_THREADS", {"1", "3", "4"}, [](O o) { return text(o.http.threads); }, "65", nullptr},
        {"CONNECTION_LIMIT", {"1", "2", "3"}, [](O o) { return text(o.http.connections_max); }, "0", nullptr},
        {"LOG_LEVEL",
         {"debug", "warn", "off"},
         [](O o) { return std::string(to_string(o.log_level)); },
         "inof",
         "info"},
        {"LOG_FORMAT",
         {"text", "json"},
         [](O o) {
             return !o.log_format ? "auto" : std::string(*o.log_format == LogFormat::json ? "json" : "text");
         },
         "jsno",
         "json"},
        {"CHAIN",
         {"solana", "sim://127.0.0.1:4100", "sim://[::1]:1"},
         [](O o) { return o.engine.chain; },
         "sim://127.0.0.1",
         nullptr},
        {"RPC_URLS",
         {"http://a", "http://b", "http://c"},
         [](O o) { return o.engine.solana.rpc_urls; },
         nullptr,
         nullptr},
        {"RPC_CA_FILE", {"a", "b", "c"}, [](O o) { return o.engine.solana.rpc_ca_file; }, nullptr, nullptr},
        {"RPC_SUBSCRIBE",
         {"false", "true"},
         [](O o) { return text(o.engine.solana.rpc_subscribe); },
         "flase",
         "false"},
        {"KEYPAIR_FILE", {"a", "b", "c"}, [](O o) { return o.engine.solana.keypair_file; }, nullptr, nullptr},
        {"SIGNER_SOCKET",
         {"a", "b", "c"},
         [](O o) { return o.engine.solana.signer_socket; },
         nullptr,
         nullptr},
        {"POOLS_FILE", {"a", "b", "c"}, [](O o) { return o.engine.solana.pools_file; }, nullptr, nullptr},
        {"DISCOVER_PAIRS",
         {"SOL/USDC", "SOL/USDT", "A/B,C/D"},
         [](O o) { return o.engine.solana.discover_pairs; },
         nullptr,
         nullptr},
        {"DISCOVER_INTERVAL_MS",
         {"30000", "600000", "86400000"},
         [](O o) { return text(o.engine.solana.discover_interval.count()); },
         "29999",
         nullptr},
        {"TRANSFER_FILE",
         {"a", "b", "c"},
         [](O o) { return o.engine.solana.transfer_file; },
         nullptr,
         nullptr},
        {"PRIORITY_FEE_FLOOR",
         {"0", "1", "1000000000"},
         [](O o) { return text(o.engine.solana.priority_fee_floor); },
         "1000000001",
         nullptr},
        {"PRIORITY_FEE_CAP",
         {"0", "1", "1000000000"},
         [](O o) { return text(o.engine.solana.priority_fee_cap); },
         "1000000001",
         nullptr},
        {"EXPLORER_URL",
         {"https://a/{signature}", "http://b/{signature}", "off"},
         [](O o) { return o.engine.solana.explorer_url; },
         "https://a/tx",
         nullptr},
        {"JITO_URL",
         {"http://a", "http://b", "http://c"},
         [](O o) { return o.engine.solana.jito_url; },
         nullptr,
         nullptr},
        {"JITO_TIP_LAMPORTS",
         {"1000", "1001", "1000000000"},
         [](O o) { return text(o.engine.solana.jito_tip_lamports); },
         "999",
         nullptr},
        {"REAL_FUNDS",
         {"true", "false"},
         [](O o) { return text(o.engine.solana.real_funds); },
         "ture",
         "true"},
        {"MOCK_SEED",
         {"1", "2", "3"},
         [](O o) { return text(o.engine.mock_seed.value_or(0)); },
         "-1",
         nullptr},
        {"MOCK_TIME_SCALE",
         {"0", "0.5", "2"},
         [](O o) { return text(o.engine.mock_time_scale_ppm); },
         "1001",
         nullptr},
        {"MOCK_FAILURE_RATE",
         {"0", "0.5", "1"},
         [](O o) { return text(o.engine.mock_failure_rate_ppm); },
         "1.01",
         nullptr},
        {"MOCK_JOURNAL", {"a", "b", "c"}, [](O o) { return o.engine.mock_journal; }, nullptr, nullptr},
    };
    return all;
}

const Setting& setting_of(const Row& row) {
    for (const Setting& setting : settings()) {
        if (setting.env == row.env) return setting;
    }
    throw std::runtime_error("no such setting");
}

constexpr std::array ways{Origin::flag, Origin::environment, Origin::file};

/// Settings given by some of the ways; an empty text is none.
ResolvedOptions resolve_one(const Setting& setting, const std::array<std::string, 3>& given) {
    const std::string env(setting.env);
    SettingTexts flags, environment;
    std::string file;
    if (!given[0].empty()) flags[env] = given[0];
    if (!given[1].empty()) environment[env] = given[1];
    if (!given[2].empty()) file = "# a file\n" + std::string(setting.key) + " = \"" + given[2] + "\"\n";
    const Environment read = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found != environment.end() ? std::optional(found->second) : std::nullopt;
    };
    return resolve_options(flags, read, parse_config(file, "exec.toml"));
}

const ResolvedValue& value_of(const ResolvedOptions& resolved, const Setting& setting) {
    return *std::find_if(resolved.values.begin(), resolved.values.end(),
                         [&](const ResolvedValue& value) { return value.setting == &setting; });
}

}  // namespace

TEST_SUITE("server/settings matrix") {
    TEST_CASE("every setting is in the matrix") {
        std::set<std::string_view> known;
        for (const Row& row : rows()) known.insert(row.env);
        CHECK(known.size() == rows().size());
        for (const Setting& setting : settings())
            CHECK_MESSAGE(known.contains(setting.env), setting.env << " has no row");
        CHECK(settings().size() == rows().size());
    }

    TEST_CASE("of any two ways the stronger one counts: flag, environment, file, default") {
        std::size_t pairs = 0;
        for (const Row& row : rows()) {
            CAPTURE(row.env);
            const Setting& setting = setting_of(row);
            const std::string fallback = row.effect(resolve_one(setting, {}).options);
            for (std::size_t strong = 0; strong < ways.size(); ++strong) {
                // Against each weaker way, and against the default, with every two values that differ.
                for (std::size_t weak = strong + 1; weak <= ways.size(); ++weak) {
                    ++pairs;
                    bool shown = false;
                    for (const char* const winner : row.good) {
                        for (const char* const loser : row.good) {
                            std::array<std::string, 3> given;
                            given[strong] = winner;
                            if (weak < ways.size()) given[weak] = loser;
                            const ResolvedOptions both = resolve_one(setting, given);
                            CHECK(both.errors.empty());
                            CHECK(value_of(both, setting).text == winner);
                            CHECK(value_of(both, setting).origin == ways[strong]);
                            std::array<std::string, 3> alone;
                            alone[0] = weak < ways.size() ? loser : "";
                            const std::string other = row.effect(resolve_one(setting, alone).options);
                            alone[0] = winner;
                            const std::string wanted = row.effect(resolve_one(setting, alone).options);
                            CHECK(row.effect(both.options) == wanted);
                            shown = shown || wanted != (weak < ways.size() ? other : fallback);
                        }
                    }
                    CHECK_MESSAGE(shown, "no two of its values can be told apart");
                }
            }
        }
        CHECK(pairs == rows().size() * 6);
    }

    TEST_CASE("all four at once") {
        for (const Row& row : rows()) {
            CAPTURE(row.env);
            const Setting& setting = setting_of(row);
            const char* const last = row.good.back();
            const ResolvedOptions resolved = resolve_one(setting, {row.good[0], row.good[1], last});
            CHECK(value_of(resolved, setting).text == row.good[0]);
            CHECK(value_of(resolve_one(setting, {"", row.good[1], last}), setting).text == row.good[1]);
            CHECK(value_of(resolve_one(setting, {"", "", last}), setting).text == last);
            CHECK(value_of(resolve_one(setting, {}), setting).text == setting.fallback);
            CHECK(value_of(resolve_one(setting, {"", "", last}), setting).place == "exec.toml:2");
        }
    }

    TEST_CASE("a bad value is refused by each way, with the value, the rule and the nearest word") {
        for (const Row& row : rows()) {
            if (row.bad == nullptr) continue;
            CAPTURE(row.env);
            const Setting& setting = setting_of(row);
            CHECK(setting.words.empty() == (row.near == nullptr));
            for (std::size_t way = 0; way < ways.size(); ++way) {
                CAPTURE(way);
                std::array<std::string, 3> given;
                given[way] = row.bad;
                const ResolvedOptions resolved = resolve_one(setting, given);
                REQUIRE(resolved.errors.size() == 1);
                const std::string& error = resolved.errors[0];
                const std::string name(way == 0   ? setting.flag.substr(0, setting.flag.find(','))
                                       : way == 1 ? setting.env
                                                  : setting.key);
                CHECK(error.find(name + " '" + row.bad + "'") == 0);
                CHECK(error.find("must be " + std::string(setting.rule)) != std::string::npos);
                CHECK((way != 2 || error.find("(exec.toml:2)") != std::string::npos));
                if (row.near != nullptr)
                    CHECK(error.find("did you mean '" + std::string(row.near) + "'?") != std::string::npos);
            }
        }
    }

    TEST_CASE("on a cluster an order and a venue have more time, unless somebody says otherwise") {
        const auto resolve_with = [](SettingTexts flags) {
            return resolve_options(
                       flags, [](std::string_view) { return std::nullopt; }, ConfigFile())
                .options.engine;
        };
        CHECK(resolve_with({}).order_deadline.count() == 30'000);
        CHECK(resolve_with({}).quote_timeout.count() == 1'000);
        CHECK(resolve_with({{"CHAIN", "solana"}}).order_deadline.count() == 120'000);
        CHECK(resolve_with({{"CHAIN", "solana"}}).quote_timeout.count() == 5'000);
        CHECK(resolve_with({{"CHAIN", "solana"}, {"ORDER_DEADLINE_MS", "7"}}).order_deadline.count() == 7);
    }
}
