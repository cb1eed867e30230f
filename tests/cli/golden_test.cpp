#include "golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>

#include "help.hpp"
#include "libexec/json/value.hpp"
#include "reference.hpp"
#include "scripted_wire.hpp"

using namespace libexec::cli;
using namespace libexec::cli::test;

namespace {

std::string file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// A server that gives to each path what a real one once gave, as often as it is asked.
class RecordedServer final : public Wire {
public:
    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        const std::string path = call.url.substr(call.url.find('/', call.url.find("://") + 3));
        HttpOutcome outcome;
        outcome.kind = HttpOutcome::Kind::answered;
        outcome.sent = true;
        outcome.answer.status = 200;
        if (path == "/version") {
            outcome.answer.body = R"({"name":"execd","version":")" LIBEXEC_VERSION R"("})";
        } else if (path == "/readyz") {
            outcome.answer.body = "ready\n";
        } else if (path == "/readyz?verbose") {
            outcome.answer.body = "[+] accepting ok\n[-] store: the disk is full\nready\n";
        } else if (path == "/api/orders/execute") {
            outcome.answer.status = 202;
            outcome.answer.body = R"({"success":true,"orderId":")" + order_id + R"("})";
        } else if (sink != nullptr) {
            outcome.kind = HttpOutcome::Kind::lost;
            for (const std::string& event : good_life()) {
                if (!sink->take(as_sse(event))) outcome.kind = HttpOutcome::Kind::answered;
            }
        } else {
            outcome.answer.body = file_text(golden("server/" + file_for(call.method, path) + ".json"));
        }
        return outcome;
    }
    bool pause(std::chrono::milliseconds time) override {
        now_ += time;
        return true;
    }
    std::chrono::steady_clock::time_point now() const override { return now_; }

private:
    static std::string file_for(const std::string& method, const std::string& path) {
        const std::string id = path.substr(0, path.find('?'));
        for (const auto& [order, name] : {std::pair{std::string("/api/orders/") + confirmed, "order_"},
                                          std::pair{std::string("/api/orders/") + failed, "failed_"}}) {
            if (id == order) return std::string(name) + "itself";
            if (id.starts_with(order + "/")) return name + id.substr(order.size() + 1);
        }
        if (id == "/api/orders/" + order_id) return "order_itself";
        if (id == "/api/orders") return "orders";
        if (id == "/api/queue/metrics") return "queue";
        if (id.starts_with("/api/faults/")) return "fault";
        if (id.starts_with("/api/venues/")) return "venue_" + id.substr(id.rfind('/') + 1);
        REQUIRE_MESSAGE(id.starts_with("/api/"), method, " ", path);
        return id.substr(5);
    }

    std::chrono::steady_clock::time_point now_;

public:
    static constexpr const char* confirmed = "01a1fe78-4989-7302-acbb-c3d18dc0bf86";
    static constexpr const char* failed = "01a1fe78-581c-72a4-94cf-1ed979242731";
};

struct Line {
    std::string name;  ///< of its files
    std::vector<const char*> words;
};

/// Every output that is for people and comes from the server.
std::vector<Line> lines() {
    return {{"list", {"list"}},
            {"list_wide", {"list", "--wide"}},
            {"get", {"get", RecordedServer::confirmed}},
            {"get_failed", {"get", RecordedServer::failed}},
            {"explain", {"explain", RecordedServer::confirmed}},
            {"explain_failed", {"explain", RecordedServer::failed}},
            {"submit", {"submit", "SOL", "USDC", "10", "--idempotency-key", "k"}},
            {"quote", {"quote", "SOL", "USDC", "10"}},
            {"stats", {"stats"}},
            {"stats_by_pair", {"stats", "--by", "pair"}},
            {"venues", {"venues"}},
            {"venues_pause", {"venues", "pause", "raydium", "--reason", "pool drained"}},
            {"venues_resume", {"venues", "resume", "raydium"}},
            {"tokens", {"tokens"}},
            {"queue", {"queue"}},
            {"health", {"health"}},
            {"doctor", {"doctor"}},
            {"fault_set", {"fault", "set", "raydium", "--mode", "timeout", "--rate", "0.3"}},
            {"fault_list", {"fault", "list", "--wide"}},
            {"fault_clear", {"fault", "clear", "raydium"}},
            {"config_show", {"config", "show", "PORT", "HOST", "RATE_LIMIT", "--origin"}},
            {"error_usage", {"get", "nonsense"}},
            {"error_option", {"submit", "SOL", "USDC", "1", "--slipage-bps", "1"}}};
}

/// Sets variables for its life, so that the machine of the test does not show.
class Surroundings {
public:
    explicit Surroundings(const char* locale) {
        set("PORT", "0");
        set("DATABASE_URL", "sqlite:/tmp/there-is-no-such-database.db");
        set("LC_ALL", locale);
        set("TZ", "UTC");
        for (const char* const name :
             {"CONFIG_FILE", "HOST", "RATE_LIMIT", "ORDERS_PER_MINUTE", "EXEC_SERVER"})
            set(name, nullptr);
    }
    ~Surroundings() {
        for (const auto& [name, value] : before_) put(name, value ? value->c_str() : nullptr);
    }
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;

private:
    static void put(const std::string& name, const char* value) {
        value != nullptr ? ::setenv(name.c_str(), value, 1) : ::unsetenv(name.c_str());
    }
    void set(const std::string& name, const char* value) {
        const char* const old = std::getenv(name.c_str());
        before_.emplace_back(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
        put(name, value);
    }
    std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

/// What the line prints, talk after data; free space and the like masked.
std::string written(const Line& line, const Style& style, ExitCode* exit = nullptr) {
    RecordedServer server;
    RecordedConsole recorded;
    recorded.console.style = style;
    const StandingClock clock;
    std::vector<const char*> words{"execctl"};
    words.insert(words.end(), line.words.begin(), line.words.end());
    const int count = static_cast<int>(words.size());
    ExitCode code = ExitCode::done;
    try {
        const ParsedCommand parsed = parse_command_line(count, words.data());
        const Context context{server, parsed.options, recorded.console, clock};
        code = run_guarded(context, [&] { return parsed.command->run(context, parsed.arguments); });
    } catch (const Trouble& trouble) {
        code = report(trouble.complaint(), Output::table, recorded.console);
    }
    if (exit != nullptr) *exit = code;
    const std::string text = "$ exit " + std::to_string(static_cast<int>(code)) + "\n" + recorded.out.str() +
                             (recorded.err.str().empty() ? "" : "--- standard error\n" + recorded.err.str());
    return std::regex_replace(text, std::regex("[0-9.]+ [kMGT]?B free"), "N GB free");
}

Style style_of(bool terminal, std::map<std::string, std::string> variables) {
    TerminalFacts facts;
    facts.is_terminal = terminal;
    facts.environment = [variables = std::move(variables)](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    };
    return choose_style(facts, ColourChoice::automatic);
}

/// Calls `visit(command, full name)` for execctl and everything below it.
template <typename Visit>
void walk(const CommandSpec& command, const std::string& path, Visit visit) {
    visit(command, path);
    for (const CommandSpec* const child : command.children)
        walk(*child, (path.empty() ? "" : path + " ") + std::string(child->name), visit);
}

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) longest = std::max(longest, width_of(line));
    return longest;
}

}  // namespace

TEST_SUITE("cli/golden") {
    TEST_CASE("what people see in a pipe, with UTF-8 and without") {
        for (const Line& line : lines()) {
            CAPTURE(line.name);
            {
                const Surroundings here("C.UTF-8");
                check_golden(golden(line.name + ".txt"),
                             written(line, style_of(false, {{"LC_ALL", "C.UTF-8"}})));
            }
            const Surroundings here("C");
            const std::string ascii = written(line, style_of(false, {{"LC_ALL", "C"}}));
            check_golden(golden(line.name + ".ascii.txt"), ascii);
            CHECK(std::none_of(ascii.begin(), ascii.end(),
                               [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
            CHECK(ascii.find('\x1b') == std::string::npos);
        }
    }

    TEST_CASE("on a terminal NO_COLOR leaves no colours, and TERM=dumb no escape at all") {
        const Surroundings here("C.UTF-8");
        bool coloured = false;
        for (const Line& line : lines()) {
            CAPTURE(line.name);
            const std::regex colour("\x1b\\[[0-9;]+m");
            coloured =
                coloured || std::regex_search(written(line, style_of(true, {{"TERM", "xterm"}})), colour);
            CHECK_FALSE(std::regex_search(
                written(line, style_of(true, {{"TERM", "xterm"}, {"NO_COLOR", "1"}})), colour));
            CHECK(written(line, style_of(true, {{"TERM", "dumb"}})).find('\x1b') == std::string::npos);
        }
        CHECK(coloured);
    }
}

TEST_SUITE("cli/reference") {
    TEST_CASE("the help of every command fits 80 columns and is as committed") {
        std::string all;
        walk(command_tree(), "", [&all](const CommandSpec& command, const std::string& path) {
            if (command.hidden) return;
            const std::string help = help_text(command, path);
            CAPTURE(path);
            CHECK(longest_line(help) <= 80);
            CHECK(std::none_of(help.begin(), help.end(),
                               [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
            all += "$ execctl " + (path.empty() ? "" : path + " ") + "--help\n" + help + "\n";
        });
        check_golden(golden("help.txt"), all);
    }

    TEST_CASE("docs/cli.md is what the program says") { check_golden(CLI_DOCUMENT, markdown_reference()); }

    TEST_CASE("every command says what it does, and runs or has commands below it") {
        walk(command_tree(), "", [](const CommandSpec& command, const std::string& path) {
            CAPTURE(path);
            CHECK_FALSE(command.summary.empty());
            CHECK_FALSE(command.summary.ends_with('.'));
            CHECK((command.run != nullptr || !command.children.empty()));
            if (!command.hidden && command.run != nullptr)
                CHECK((path == "config path" || !command.examples.empty()));
            for (const OptionSpec& option : command.options) {
                CHECK_FALSE(option.meaning.empty());
                for (const OptionSpec& global : global_options())
                    CHECK(long_name(option.names) != long_name(global.names));
            }
            for (const Example& example : command.examples) {
                CHECK(example.line.find("execctl") != std::string_view::npos);
                CHECK_FALSE(example.meaning.empty());
            }
        });
    }

    TEST_CASE("the tree as data names every command") {
        const auto tree = libexec::JsonValue::parse(command_json(command_tree(), ""));
        REQUIRE(tree);
        std::vector<std::string> names;
        for (const auto& command : tree.value()["commands"].items()) names.push_back(command["name"].text());
        for (const CommandSpec* const child : command_tree().children)
            CHECK(std::find(names.begin(), names.end(), child->name) != names.end());
    }

    TEST_CASE("a manual page has its sections in order and no line troff would take for a request") {
        const std::vector<ManPage> pages = man_pages();
        CHECK(pages.front().file == "execctl.1");
        CHECK(std::any_of(pages.begin(), pages.end(),
                          [](const ManPage& page) { return page.file == "execctl-config-show.1"; }));
        for (const ManPage& page : pages) {
            CAPTURE(page.file);
            CHECK(page.text.starts_with(".TH EXECCTL"));
            std::size_t at = 0;
            for (const char* const section :
                 {".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", ".SH SEE ALSO\n"}) {
                const std::size_t found = page.text.find(section);
                REQUIRE(found != std::string::npos);
                CHECK(found > at);
                at = found;
            }
            std::istringstream stream(page.text);
            for (std::string line; std::getline(stream, line);) {
                CHECK_FALSE(line.empty());
                if (line.starts_with('.'))
                    CHECK(std::regex_search(line, std::regex("^\\.(TH|SH|TP|PP|BR)( |$)")));
                CHECK_FALSE(line.starts_with('\''));
            }
        }
        CHECK(man_pages().front().text.find(".SH EXIT STATUS") != std::string::npos);
        CommandSpec tricky;
        tricky.name = "x";
        tricky.summary = ".so /etc/passwd with a \\ and --dashes";
        CHECK(man_page(tricky, "x")
                  .find(".SH DESCRIPTION\n\\&.so /etc/passwd with a \\e and \\-\\-dashes.\n") !=
              std::string::npos);
    }
}
