#include "settings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "config_file.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace std::chrono_literals;

namespace {

Environment environment_of(SettingTexts texts) {
    return [texts = std::move(texts)](std::string_view name) -> std::optional<std::string> {
        const auto found = texts.find(name);
        return found != texts.end() ? std::optional(found->second) : std::nullopt;
    };
}

ResolvedOptions resolve(SettingTexts flags, SettingTexts environment = {}, SettingTexts file = {}) {
    return resolve_options(flags, environment_of(std::move(environment)),
                           ConfigFile{std::move(file), {}, {}});
}

const ResolvedValue& value_of(const ResolvedOptions& resolved, std::string_view env) {
    for (const ResolvedValue& value : resolved.values) {
        if (value.setting->env == env) return value;
    }
    throw std::runtime_error("no such setting");
}

bool says(const std::vector<std::string>& lines, std::string_view part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

}  // namespace

TEST_SUITE("server/settings") {
    TEST_CASE("every default of the table is valid and is the default of the code") {
        const ResolvedOptions resolved = resolve({});
        CHECK(resolved.errors.empty());
        CHECK(resolved.notes.empty());
        const Config engine;
        const Config& found = resolved.options.engine;
        CHECK(resolved.options.http.port == 3000);
        CHECK(resolved.options.http.host == "127.0.0.1");
        CHECK(found.database_url == engine.database_url);
        CHECK(found.queue_concurrency == engine.queue_concurrency);
        CHECK(found.queue_limit == engine.queue_limit);
        CHECK(found.max_retries == engine.max_retries);
        CHECK(found.retry_base == engine.retry_base);
        CHECK(found.order_deadline == engine.order_deadline);
        CHECK(found.quote_timeout == engine.quote_timeout);
        CHECK(found.commitment == engine.commitment);
        CHECK(found.mock_seed == engine.mock_seed);
        CHECK(found.mock_time_scale_ppm == engine.mock_time_scale_ppm);
        CHECK(found.mock_failure_rate_ppm == engine.mock_failure_rate_ppm);
        CHECK(resolved.options.rate_limit == 30);
        CHECK(resolved.options.ws_per_order == 3);
        CHECK(resolved.options.http.ping_interval == 20s);
        CHECK(resolved.options.http.pong_timeout == 10s);
        for (const ResolvedValue& value : resolved.values) CHECK(value.origin == Origin::fallback);
    }

    TEST_CASE("names are unique and every setting is explained") {
        std::set<std::string_view> names;
        for (const Setting& setting : settings()) {
            CAPTURE(setting.env);
            CHECK(names.insert(setting.env).second);
            CHECK(names.insert(setting.flag).second);
            CHECK(names.insert(setting.key).second);
            CHECK(!setting.rule.empty());
            CHECK(!setting.meaning.empty());
            CHECK(describe_settings().find(setting.env) != std::string::npos);
        }
    }

    TEST_CASE("a flag beats the environment, which beats the file, which beats the default") {
        const SettingTexts one{{"PORT", "1"}}, two{{"PORT", "2"}}, three{{"PORT", "3"}};
        CHECK(resolve(one, two, three).options.http.port == 1);
        CHECK(resolve({}, two, three).options.http.port == 2);
        CHECK(resolve({}, {}, three).options.http.port == 3);
        CHECK(value_of(resolve(one, two, three), "PORT").origin == Origin::flag);
        CHECK(value_of(resolve({}, two, three), "PORT").origin == Origin::environment);
        CHECK(value_of(resolve({}, {}, three), "PORT").origin == Origin::file);
        CHECK(resolve({}, {{"PORT", ""}}, three).options.http.port == 3);
    }

    TEST_CASE("decimals outside are parts per million inside, exactly") {
        const auto scale = [](const char* text) {
            return resolve({{"MOCK_TIME_SCALE", text}}).options.engine.mock_time_scale_ppm;
        };
        CHECK(scale("0") == 0);
        CHECK(scale("0.05") == 50'000);
        CHECK(scale("1.5") == 1'500'000);
        CHECK(resolve({{"MOCK_FAILURE_RATE", "0.000001"}}).options.engine.mock_failure_rate_ppm == 1);
    }

    TEST_CASE("a bad value is refused together with its rule and where it came from") {
        struct Row {
            const char* env;
            const char* text;
        };
        for (const Row& row : {Row{"PORT", "65536"},
                               Row{"PORT", "-1"},
                               Row{"PORT", "80 "},
                               Row{"PORT", "x"},
                               Row{"HOST", ""},
                               Row{"DATABASE_URL", "postgres:localhost/x"},
                               Row{"DATABASE_URL", "sqlite:"},
                               Row{"QUEUE_CONCURRENCY", "0"},
                               Row{"QUEUE_CONCURRENCY", "100001"},
                               Row{"MAX_RETRIES", "0"},
                               Row{"RETRY_BASE_MS", "1s"},
                               Row{"ORDER_DEADLINE_MS", "0"},
                               Row{"COMMITMENT", "processed"},
                               Row{"COMMITMENT", "Finalized"},
                               Row{"RATE_LIMIT", "1.5"},
                               Row{"LOG_LEVEL", "loud"},
                               Row{"LOG_FORMAT", "xml"},
                               Row{"MOCK_SEED", "18446744073709551616"},
                               Row{"MOCK_TIME_SCALE", "-1"},
                               Row{"MOCK_TIME_SCALE", "1e3"},
                               Row{"MOCK_TIME_SCALE", "0.0000001"},
                               Row{"MOCK_FAILURE_RATE", "1.01"},
                               Row{"PING_INTERVAL", "0"},
                               Row{"INSECURE", "yes"}}) {
            CAPTURE(row.env);
            CAPTURE(row.text);
            const ResolvedOptions resolved = resolve({{row.env, row.text}});
            REQUIRE(resolved.errors.size() == 1);
            CHECK(resolved.errors[0].find("'" + std::string(row.text) + "'") != std::string::npos);
            CHECK(resolved.errors[0].find(value_of(resolved, row.env).setting->rule) != std::string::npos);
            CHECK(resolved.errors[0].find("(flag)") != std::string::npos);
        }
        CHECK(resolve({{"PORT", "x"}}, {{"MAX_RETRIES", "0"}}, {{"LOG_LEVEL", "loud"}}).errors.size() == 3);
    }

    TEST_CASE("how log lines look is left to where they go, unless somebody says") {
        CHECK_FALSE(resolve({}).options.log_format);
        CHECK_FALSE(resolve({{"LOG_FORMAT", "auto"}}).options.log_format);
        CHECK(resolve({{"LOG_FORMAT", "text"}}).options.log_format == LogFormat::text);
        CHECK(resolve({{"LOG_FORMAT", "json"}}).options.log_format == LogFormat::json);
        CHECK(says(resolve({{"LOG_FORMAT", "JSON"}}).errors, "auto, text or json"));
    }

    TEST_CASE("the world is kept out unless somebody insists") {
        for (const char* host : {"0.0.0.0", "192.168.0.1", "::", "example.org"}) {
            CAPTURE(host);
            CHECK(says(resolve({}, {{"HOST", host}}).errors, "--insecure"));
            CHECK(resolve({{"INSECURE", "true"}}, {{"HOST", host}}).errors.empty());
            CHECK(resolve({{"API_KEYS_FILE", "keys"}}, {{"HOST", host}}).errors.empty());
        }
        for (const char* host : {"127.0.0.1", "127.8.8.8", "localhost", "::1"}) {
            CHECK(resolve({}, {{"HOST", host}}).errors.empty());
        }
    }

    TEST_CASE("origins are whole origins, or everybody") {
        const auto origins = [](const char* text) {
            return resolve({}, {{"CORS_ORIGINS", text}}).options.cors_origins;
        };
        CHECK(resolve({}, {}).options.cors_origins.empty());
        CHECK(origins("https://a.example, HTTP://Localhost:5173") ==
              std::vector<std::string>{"https://a.example", "http://localhost:5173"});
        CHECK(origins("*") == std::vector<std::string>{"*"});
        for (const char* bad :
             {"a.example", "https://a.example/", "https://a.example/x", "*,https://a.example", "https://",
              "ftp://a.example", "null", "https://a.example:0", "https://a.example:70000", "https://a b",
              "https://a.example,,", "https://*.a", "https://user@a.example"}) {
            CAPTURE(bad);
            CHECK(says(resolve({}, {{"CORS_ORIGINS", bad}}).errors, "without a path"));
        }
    }

    TEST_CASE("Redis is answered with one line") {
        const ResolvedOptions resolved = resolve({}, {{"REDIS_URL", "redis://localhost"}});
        CHECK(resolved.errors.empty());
        REQUIRE(resolved.notes.size() == 1);
        CHECK(resolved.notes[0].find("not needed") != std::string::npos);
    }

    TEST_CASE("every value is shown with its origin, passwords are not") {
        const ResolvedOptions resolved =
            resolve({{"DATABASE_URL", "postgres://trader:hunter2@db/orders"}}, {{"PORT", "4000"}});
        const std::string text = print_options(resolved);
        CHECK(text.find("hunter2") == std::string::npos);
        CHECK(text.find("postgres://trader:****@db/orders") != std::string::npos);
        CHECK(!says(resolved.errors, "hunter2"));
        CHECK(text.find("PORT                4000                        environment PORT\n") !=
              std::string::npos);
        CHECK(std::count(text.begin(), text.end(), '\n') == static_cast<std::ptrdiff_t>(settings().size()));
    }
}

TEST_SUITE("server/config file") {
    TEST_CASE("a file says what flags would say") {
        const ConfigFile file = parse_config(
            "port = 4000\nhost = 'localhost'\nmock_failure_rate = 0.05\nmock_time_scale = 0\ninsecure = "
            "true\n",
            "c.toml");
        CHECK(file.errors.empty());
        const ResolvedOptions resolved = resolve({}, {}, file.texts);
        CHECK(resolved.errors.empty());
        CHECK(resolved.options.http.port == 4000);
        CHECK(resolved.options.http.host == "localhost");
        CHECK(resolved.options.engine.mock_failure_rate_ppm == 50'000);
        CHECK(resolved.options.engine.mock_time_scale_ppm == 0);
        CHECK(resolved.options.insecure);
    }

    TEST_CASE("decimals survive the file as they were written") {
        for (const char* text : {"0.1", "0.05", "0.3", "0.000001", "0.999999", "1.0", "123.456789"}) {
            CAPTURE(text);
            const ConfigFile file = parse_config("mock_time_scale = " + std::string(text), "c");
            CHECK(resolve({}, {}, file.texts).options.engine.mock_time_scale_ppm ==
                  parse_token_units(text, 6, false).value().base_units());
        }
    }

    TEST_CASE("a mistake in the file is named with its line") {
        const ConfigFile unknown = parse_config("port = 1\nqueue_concurency = 2\n", "c.toml");
        REQUIRE(unknown.errors.size() == 1);
        CHECK(unknown.errors[0] ==
              "c.toml:2: unknown key 'queue_concurency': did you mean 'queue_concurrency'?");
        CHECK(says(parse_config("port = \n", "c.toml").errors, "c.toml:1: "));
        CHECK(says(parse_config("port = [1]", "c.toml").errors, "must be a whole number"));
        CHECK(says(parse_config("[server]\nport = 1", "c.toml").errors, "unknown key 'server'"));
        CHECK(says(parse_config("port = 1\nport = 2", "c.toml").errors, "c.toml:2"));
        CHECK(says(read_config_file("/nonexistent/execd.toml").errors, "/nonexistent/execd.toml"));
        CHECK(says(read_config_file("/").errors, "cannot be read"));
    }

    TEST_CASE("a value is shown with the place it came from") {
        const ConfigFile file = parse_config("# mine\nport = 4000\nlog_level = 'inof'\n", "exec.toml");
        const ResolvedOptions resolved =
            resolve_options({{"HOST", "::1"}}, environment_of({{"MAX_RETRIES", "2"}}), file);
        CHECK(describe_origin(value_of(resolved, "PORT")) == "file exec.toml:2");
        CHECK(describe_origin(value_of(resolved, "HOST")) == "flag --host");
        CHECK(describe_origin(value_of(resolved, "MAX_RETRIES")) == "environment MAX_RETRIES");
        CHECK(describe_origin(value_of(resolved, "RATE_LIMIT")) == "default");
        REQUIRE(resolved.errors.size() == 1);
        CHECK(resolved.errors[0] ==
              "log_level 'inof' (exec.toml:3): must be trace, debug, info, warn, error or off; did you mean "
              "'info'?");
    }

    TEST_CASE("the file to start from has every key with its default, all of them commented out") {
        const std::string text = default_config_text();
        const ConfigFile as_is = parse_config(text, "c.toml");
        CHECK(as_is.errors.empty());
        CHECK(as_is.texts.empty());

        std::string active;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            if (text[at] == '#' && text[at + 1] != ' ') ++at;
            active += text.substr(at, end - at + 1);
            at = end + 1;
        }
        const ConfigFile file = parse_config(active, "c.toml");
        CHECK(file.errors.empty());
        CHECK(file.texts.size() == settings().size());
        for (const Setting& setting : settings()) {
            CAPTURE(setting.key);
            REQUIRE(file.texts.contains(setting.env));
            CHECK(file.texts.find(setting.env)->second == setting.fallback);
        }
        CHECK(resolve_options({}, environment_of({}), file).errors.empty());
    }

    TEST_CASE("everything a start would check is checked in one place") {
        test::TempDir dir;
        const std::string path = dir.file("exec.toml");
        const std::string tokens = dir.file("tokens.txt");
        std::ofstream(tokens) << "WIF not-a-mint 6\n";
        std::ofstream(path) << "tokens_file = '" << tokens << "'\n";
        CHECK(says(load_options({}, environment_of({{"CONFIG_FILE", path}}), "").errors, tokens));
        CHECK(says(load_options({{"TOKENS_FILE", "/nonexistent"}}, environment_of({}), path).errors,
                   "cannot be read"));
        std::ofstream(path) << "port = 'x'\nprot = 1\n";
        const ResolvedOptions both = load_options({}, environment_of({}), path);
        REQUIRE(both.errors.size() == 2);
        CHECK(both.errors[0] == path + ":2: unknown key 'prot': did you mean 'port'?");
        CHECK(both.errors[1].find("port 'x' (" + path + ":1)") == 0);
    }

    TEST_CASE("a flag that does not exist suggests the one that does") {
        CHECK(suggest_flag("--prot") == "did you mean --port?");
        CHECK(suggest_flag("--rate_limit=3") == "did you mean --rate-limit?");
        CHECK(suggest_flag("--completely-else").empty());
    }
}
