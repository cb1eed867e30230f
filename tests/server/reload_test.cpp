#include "reload.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "config_file.hpp"
#include "server/api_server.hpp"
#include "support/temp_dir.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace libexec::test;

namespace {

std::optional<std::string> no_environment(std::string_view) { return std::nullopt; }

/// A server whose configuration file a test rewrites.
struct ReloadWorld {
    ReloadWorld() {
        write("");
        reload.emplace([this] { return read(); }, read(), api.routes, api.service,
                       [this](std::shared_ptr<const TlsIdentity> tls) { shown = std::move(tls); }, clock,
                       *log);
    }
    ResolvedOptions read() const { return load_options({}, no_environment, path); }
    void write(const std::string& text) { std::ofstream(path) << text; }
    /// What the reload said.
    std::string run(const std::string& text) {
        write(text);
        said.str({});
        reload->run();
        return said.str();
    }

    TempDir dir;
    std::string path = dir.file("exec.toml");
    ApiServer api;
    std::ostringstream said;
    SystemClock clock;
    std::unique_ptr<Log> log = make_stream_log(said, LogLevel::info, LogFormat::json, clock);
    std::shared_ptr<const TlsIdentity> shown;
    std::optional<Reload> reload;
};

}  // namespace

TEST_SUITE("server/reload") {
    TEST_CASE("limits and log level change at once, and each change is said") {
        ReloadWorld world;
        const std::string said = world.run("rate_limit = 2\nqueue_limit = 7\norders_per_minute = 60\n");
        CHECK(has(said, R"("event":"config.reloaded")"));
        CHECK(has(said, R"("setting":"RATE_LIMIT","from":"30","to":"2")"));
        CHECK(has(said, R"("setting":"QUEUE_LIMIT","from":"10000","to":"7")"));
        CHECK(has(said, "file " + world.path + ":1"));
        REQUIRE(world.api.service.limits.size() == 1);
        CHECK(world.api.service.limits[0].queue_limit == 7);
        CHECK(world.api.service.limits[0].orders_per_minute == 60);
        CHECK(world.api.submit(ten_sol).header("RateLimit-Policy") == "\"submissions\";q=2;w=60");
        CHECK(world.api.submit(ten_sol).status == 202);
        CHECK(world.api.submit(ten_sol).status == 429);
        CHECK(
            has(world.run("rate_limit = 2\nqueue_limit = 7\norders_per_minute = 60\n"), "config.unchanged"));

        CHECK(has(world.run("log_level = 'error'\n"), R"("setting":"LOG_LEVEL","from":"info","to":"error")"));
        CHECK_FALSE(world.log->enabled(LogLevel::warn));
        CHECK(has(world.run("log_level = 'debug'\n"), R"("from":"error","to":"debug")"));
        CHECK(world.log->enabled(LogLevel::debug));
    }

    TEST_CASE("what needs a restart is said, each time, and does not change") {
        ReloadWorld world;
        for (int i = 0; i < 2; ++i) {
            const std::string said = world.run("port = 4000\n");
            CHECK(has(said, R"("event":"config.needs_restart")"));
            CHECK(has(said, R"("setting":"PORT","from":"3000","to":"4000")"));
        }
        CHECK(has(world.run(""), "config.unchanged"));
    }

    TEST_CASE("a file with errors changes nothing and every error is said") {
        ReloadWorld world;
        const std::string said = world.run("rate_limit = 'x'\nws_per_ordr = 1\nqueue_limit = 7\n");
        CHECK(has(said, "rate_limit 'x'"));
        CHECK(has(said, "did you mean 'ws_per_order'?"));
        CHECK(has(said, "config.reload_refused"));
        CHECK_FALSE(has(said, "config.reloaded"));
        CHECK(world.api.service.limits.empty());
    }

    TEST_CASE("the list of tokens is read again, also under the same name") {
        ReloadWorld world;
        const std::string tokens = world.dir.file("tokens.txt");
        const std::string order = R"({"tokenIn":"SOL","tokenOut":"POPCAT","amountIn":"1"})";
        CHECK(world.api.submit(order).status == 400);
        std::ofstream(tokens) << "# none yet\n";
        CHECK(has(world.run("tokens_file = '" + tokens + "'\n"),
                  R"("setting":"TOKENS_FILE","from":"","to":")"));
        CHECK(world.api.submit(order).status == 400);
        std::ofstream(tokens) << "POPCAT 7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr 9\n";
        CHECK(has(world.run("tokens_file = '" + tokens + "'\n"), R"("from":"10 tokens","to":"11 tokens")"));
        CHECK(world.api.submit(order).status == 202);
        CHECK(world.api.get("/api/tokens").json()["tokens"].items().size() == 11);
        std::ofstream(tokens) << "POPCAT nonsense 9\n";
        CHECK(has(world.run("tokens_file = '" + tokens + "'\n"), "config.reload_refused"));
        CHECK(world.api.submit(order).status == 202);
        world.run("");
        CHECK(world.api.submit(order).status == 400);
    }

    TEST_CASE("requests go on while settings change") {
        ReloadWorld world;
        std::thread changing([&] {
            for (int i = 0; i < 20; ++i) {
                world.write("rate_limit = " + std::to_string(1'000 + i) +
                            "\nqueue_limit = " + std::to_string(1 + i));
                world.reload->run();
                world.api.routes.set_tokens(
                    std::make_shared<const TokenRegistry>(TokenRegistry::with_defaults()));
            }
        });
        for (int i = 0; i < 40; ++i) {
            CHECK(world.api.submit(ten_sol).status == 202);
            CHECK(world.api.get("/api/tokens").status == 200);
        }
        changing.join();
    }
}
