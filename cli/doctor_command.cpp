#include <algorithm>
#include <ostream>

#include <unistd.h>

#include "api.hpp"
#include "commands.hpp"
#include "config_file.hpp"
#include "doctor.hpp"
#include "libexec/storage/postgres_store.hpp"
#include "settings.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

using State = Finding::State;

constexpr std::chrono::milliseconds patience{3'000};

std::string variable(std::string_view name) { return server::process_environment(name).value_or(""); }

/// What a server answers to a path.
HttpOutcome ask(const Context& context, const std::string& url) {
    HttpCall call;
    call.url = url;
    call.headers = {"Accept: application/json, text/plain"};
    call.timeout = std::min(context.options.timeout, patience);
    HttpOutcome outcome = context.wire.exchange(call);
    if (outcome.kind == HttpOutcome::Kind::interrupted) {
        Complaint complaint = usage_complaint("interrupted", "repeat when you like");
        complaint.exit = ExitCode::interrupted;
        complaint.code = "interrupted";
        throw Trouble(complaint);
    }
    return outcome;
}

/// The version of the execd at `base`; empty when none answers there.
std::string execd_version(const HttpOutcome& outcome) {
    if (outcome.kind != HttpOutcome::Kind::answered) return {};
    const Result<JsonValue> parsed = JsonValue::parse(outcome.answer.body);
    if (!parsed || parsed.value()["name"].text() != "execd") return {};
    return parsed.value()["version"].text();
}

std::string_view word(State state) {
    return state == State::ok ? "ok" : state == State::warn ? "warn" : "FAIL";
}

class Doctor {
public:
    explicit Doctor(const Context& context) : context_(context) {}

    std::vector<Finding> examine(const std::string& config_path) {
        look_at_configuration(config_path);
        look_at_place();
        look_at_server();
        return std::move(findings_);
    }

private:
    void add(State state, std::string check, std::string detail, std::string fix = {}) {
        findings_.push_back({state, std::move(check), std::move(detail), std::move(fix)});
    }

    void look_at_configuration(const std::string& config_path) {
        resolved_ = server::load_options({}, server::process_environment, config_path);
        for (const std::string& error : resolved_.errors)
            add(State::fail, "configuration", error, "execctl config check lists the rules");
        if (!resolved_.errors.empty()) return;
        const auto from = [this](server::Origin origin) {
            return std::to_string(
                std::count_if(resolved_.values.begin(), resolved_.values.end(),
                              [origin](const auto& value) { return value.origin == origin; }));
        };
        add(State::ok, "configuration",
            from(server::Origin::environment) + " values from the environment, " +
                from(server::Origin::file) + " from a file, the rest default");

        const std::uint32_t client = resolved_.options.rate_limit;
        const std::uint32_t all = resolved_.options.engine.orders_per_minute;
        if (client > 0 && all > client) {
            add(State::warn, "RATE_LIMIT",
                std::to_string(client) + "/min and address is below ORDERS_PER_MINUTE (" +
                    std::to_string(all) + "): one client cannot fill the queue",
                "raise RATE_LIMIT, or set it to 0 for no limit");
        } else {
            add(State::ok, "RATE_LIMIT",
                client == 0 ? "no limit" : std::to_string(client) + " submissions a minute and address");
        }
    }

    void look_at_place() {
        const server::Options& options = resolved_.options;
        const PortFacts port = look_at_port(options.http.host, options.http.port);
        std::string holder;
        if (port.state == PortState::taken) {
            holder = version_at("http://", port);
            if (holder.empty()) holder = version_at("https://", port);
        }
        findings_.push_back(judge_port(port, holder));

        constexpr std::string_view scheme = "sqlite:";
        const std::string& url = options.engine.database_url;
        DatabaseFacts database;
        if (url.starts_with(scheme)) {
            database = look_at_database(url.substr(scheme.size()));
        } else {
            database.server = without_password(url);
            database.trouble = postgres_trouble(url);
        }
        for (Finding& finding : judge_database(database)) findings_.push_back(std::move(finding));

        std::string locale = variable("LC_ALL");
        if (locale.empty()) locale = variable("LC_CTYPE");
        if (locale.empty()) locale = variable("LANG");
        TerminalFacts facts;
        facts.environment = [](const char* name) { return variable(name); };
        findings_.push_back(judge_locale(choose_style(facts, ColourChoice::never), locale));
        const std::string zone = variable("TZ");
        const std::string name = zone.starts_with(':') ? zone.substr(1) : zone;
        const std::string file = name.starts_with('/') ? name : "/usr/share/zoneinfo/" + name;
        // "UTC0" or "CET-1CEST" is a rule and needs no file.
        const bool rule =
            name.find_first_of("0123456789") != std::string::npos && name.find('/') == std::string::npos;
        findings_.push_back(
            judge_time_zone(zone, name == "UTC" || rule || ::access(file.c_str(), R_OK) == 0));
    }

    /// Of the execd that has the port; empty: it is none, or is not believed to be.
    std::string version_at(const std::string& scheme, const PortFacts& port) {
        const bool six = port.host.find(':') != std::string::npos;
        const std::string place = (six ? "[" + port.host + "]" : port.host) + ":" + std::to_string(port.port);
        const HttpOutcome outcome = ask(context_, scheme + place + "/version");
        if (outcome.kind != HttpOutcome::Kind::answered && outcome.trouble.starts_with(not_believed))
            add(State::warn, "certificate", "what answers at " + scheme + place + ": " + outcome.trouble,
                "--ca-cert FILE or EXEC_CA_CERT names who vouches for it");
        // The next request there goes over the same connection, which shows its certificate once.
        seen_at_ = scheme + place;
        seen_until_ = outcome.answer.certificate_until;
        return execd_version(outcome);
    }

    void look_at_server() {
        const std::string& server = context_.options.server;
        const HttpOutcome outcome = ask(context_, server + "/version");
        if (outcome.kind != HttpOutcome::Kind::answered) {
            const Complaint complaint = unreachable_complaint(server, outcome.trouble);
            add(State::fail, outcome.trouble.starts_with(not_believed) ? "certificate" : "server",
                complaint.what, complaint.next);
            return;
        }
        const std::string version = execd_version(outcome);
        if (version.empty()) {
            add(State::fail, "server", "what answers at " + server + " is no execd",
                "name one with --server or EXEC_SERVER");
            return;
        }
        const bool same = version == LIBEXEC_VERSION;
        add(same ? State::ok : State::warn, "server",
            "execd " + version + " at " + server +
                (same ? "" : ", while this is execctl " + std::string(LIBEXEC_VERSION)),
            same ? "" : "install the same version of both");
        if (const auto date = outcome.answer.date) {
            findings_.push_back(judge_clock(
                std::chrono::duration_cast<std::chrono::milliseconds>(context_.clock.now() - *date)));
        }
        auto until = outcome.answer.certificate_until;
        if (!until && server == seen_at_) until = seen_until_;
        if (until) {
            const auto now = std::chrono::floor<std::chrono::seconds>(context_.clock.now());
            findings_.push_back(judge_certificate(*until - now, !context_.options.insecure_tls));
        }
        look_at_readiness(server);
        look_at_venues(server);
    }

    void look_at_readiness(const std::string& server) {
        const HttpOutcome outcome = ask(context_, server + "/readyz?verbose");
        if (outcome.kind != HttpOutcome::Kind::answered) {
            add(State::fail, "readiness", "no answer to /readyz (" + outcome.trouble + ")",
                "see the server's log");
            return;
        }
        const std::string& body = outcome.answer.body;
        for (std::size_t begin = 0; begin < body.size();) {
            const std::size_t end = std::min(body.find('\n', begin), body.size());
            const std::string_view line = std::string_view(body).substr(begin, end - begin);
            begin = end + 1;
            const bool bad = line.starts_with("[-] ");
            if (!bad && !line.starts_with("[+] ")) continue;
            const std::string_view part = line.substr(4);
            const std::size_t name = std::min(part.find_first_of(" :"), part.size());
            const std::string_view detail =
                part.substr(std::min(part.find_first_not_of(" :", name), part.size()));
            add(bad ? State::fail : State::ok, "server's " + std::string(part.substr(0, name)),
                detail == "ok" ? "ready" : std::string(detail), bad ? "see the server's log" : "");
        }
        if (outcome.answer.status != 200) {
            add(State::fail, "readiness",
                "the server takes no orders (" + std::to_string(outcome.answer.status) + ")",
                "see the lines above and the server's log");
        }
    }

    void look_at_venues(const std::string& server) {
        const HttpOutcome outcome = ask(context_, server + "/api/venues");
        const Result<JsonValue> parsed = JsonValue::parse(outcome.answer.body);
        if (outcome.kind != HttpOutcome::Kind::answered || outcome.answer.status != 200 || !parsed) {
            add(State::fail, "venues", "the server did not tell them", "execctl venues");
            return;
        }
        for (const JsonValue& venue : parsed.value()["venues"].items()) {
            const std::string check = "venue " + venue["name"].text();
            const std::string& state = venue["state"].text();
            const std::string& outcome_word = venue["lastQuote"]["outcome"].text();
            if (state != "active" && state != "closed") {
                add(state == "half_open" ? State::warn : State::fail, check, state,
                    "execctl venues; execctl fault list");
            } else if (!outcome_word.empty() && outcome_word != "ok") {
                add(State::warn, check, state + ", last quote: " + outcome_word,
                    "execctl venues; execctl fault list");
            } else {
                add(State::ok, check, state + (outcome_word.empty() ? ", not asked yet" : ", last quote ok"));
            }
        }
    }

    const Context& context_;
    server::ResolvedOptions resolved_;
    std::vector<Finding> findings_;
    std::string seen_at_;  ///< where an execd answered by https://, and until when its certificate lasts
    std::optional<std::chrono::sys_seconds> seen_until_;
};

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void print_for_people(const std::vector<Finding>& findings, Console& console) {
    std::size_t width = 0;
    for (const Finding& finding : findings) width = std::max(width, width_of(finding.check));
    for (const Finding& finding : findings) {
        const Colour colour = finding.state == State::ok     ? Colour::green
                              : finding.state == State::warn ? Colour::yellow
                                                             : Colour::red;
        std::string state(word(finding.state));
        state.resize(4, ' ');
        std::string check = printable(console.style, finding.check);
        check.resize(std::max(check.size(), width), ' ');
        console.out << paint(console.style, colour, state) << "  " << check << "  "
                    << printable(console.style, finding.detail) << '\n';
        if (!finding.fix.empty())
            console.out << "      fix: " << printable(console.style, finding.fix) << '\n';
    }
}

ExitCode doctor_command(const Context& context, const Arguments& arguments) {
    const std::vector<Finding> findings = Doctor(context).examine(arguments.text("config"));
    const auto count = [&findings](State state) {
        return static_cast<std::size_t>(std::count_if(
            findings.begin(), findings.end(), [state](const Finding& f) { return f.state == state; }));
    };
    const std::size_t failures = count(State::fail);
    const std::size_t warnings = count(State::warn);
    Sheet sheet({{"check", "CHECK"}, {"state", "STATE"}, {"detail", "DETAIL"}, {"fix", "FIX"}});
    for (const Finding& finding : findings)
        sheet.add({finding.check, word(finding.state), finding.detail, finding.fix});
    Console& console = context.console;
    if (context.options.output != Output::table || !context.options.columns.empty()) {
        sheet.print(context);
    } else if (context.options.quiet) {
        console.out << word(failures > 0 ? State::fail : warnings > 0 ? State::warn : State::ok) << '\n';
    } else {
        print_for_people(findings, console);
        console.out << counted(failures, "failure") << ", " << counted(warnings, "warning") << '\n';
    }
    return failures > 0 ? ExitCode::unhealthy : ExitCode::done;
}

}  // namespace

const CommandSpec& doctor_spec() {
    static const CommandSpec spec{
        .name = "doctor",
        .summary = "Check configuration, port, database, disk, clock, server and venues",
        .description =
            "Looks at what execd would use if it were started here, and at the server that "
            "answers. Nothing is changed. Exit code 9 when a check fails, 0 otherwise; each line "
            "that is not ok says what to do.",
        .words = {},
        .options = {{"-c,--config", "FILE", "Another configuration file", "the one CONFIG_FILE names", false,
                     Completes::file}},
        .examples = {{"execctl doctor", "every check, one line each"},
                     {"execctl doctor -q", "ok, warn or FAIL, the worst of them"}},
        .run = doctor_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
