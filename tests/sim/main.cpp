// The simulation as a program: seeds, one seed with its trace, or the protocol with one rule taken away.
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/run.hpp"
#include "sim/safeguards.hpp"

namespace {

using namespace libexec;
using namespace libexec::simulation;

struct Wanted {
    std::string program;
    std::uint64_t first = 1;
    std::uint64_t last = 1'000;
    std::uint64_t within = 5'000;
    std::string without;
    bool trace = false;
    bool twice = false;
    bool mutants = false;
    bool list = false;
};

constexpr const char* usage =
    "usage: simulation [--seed N | --seeds FROM..TO] [--trace] [--twice] [--without SAFEGUARD]\n"
    "       simulation --mutants [--within N]   each safeguard taken away must be caught within N seeds\n"
    "       simulation --list                   the safeguards\n";

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size())
        throw std::invalid_argument("expected a number, got '" + std::string(text) + "'");
    return value;
}

Wanted parse(int argc, char** argv) {
    Wanted wanted;
    wanted.program = argv[0];
    const auto value = [&](int& at) -> std::string_view {
        if (at + 1 >= argc) throw std::invalid_argument(std::string(argv[at]) + " needs a value");
        return argv[++at];
    };
    for (int at = 1; at < argc; ++at) {
        const std::string_view word = argv[at];
        if (word == "--seed") {
            wanted.first = wanted.last = number(value(at));
        } else if (word == "--seeds") {
            const std::string_view range = value(at);
            const std::size_t dots = range.find("..");
            if (dots == std::string_view::npos) throw std::invalid_argument("--seeds takes FROM..TO");
            wanted.first = number(range.substr(0, dots));
            wanted.last = number(range.substr(dots + 2));
            if (wanted.last < wanted.first)
                throw std::invalid_argument("--seeds takes FROM..TO, the smaller first");
        } else if (word == "--within") {
            wanted.within = number(value(at));
        } else if (word == "--without") {
            wanted.without = value(at);
        } else if (word == "--trace") {
            wanted.trace = true;
        } else if (word == "--twice") {
            wanted.twice = true;
        } else if (word == "--mutants") {
            wanted.mutants = true;
        } else if (word == "--list") {
            wanted.list = true;
        } else {
            throw std::invalid_argument("there is no option '" + std::string(word) + "'");
        }
    }
    return wanted;
}

void print(const Totals& totals) {
    const auto line = [](const char* name, std::uint64_t count) {
        std::printf("  %-24s %12" PRIu64 "\n", name, count);
    };
    line("seeds", totals.seeds);
    line("things that happened", totals.events);
    line("orders acknowledged", totals.orders);
    line("  confirmed", totals.confirmed);
    line("  failed", totals.failed);
    line("  cancelled", totals.cancelled);
    line("  expired", totals.expired);
    line("attempts opened", totals.attempts);
    line("crashes", totals.crashes);
    line("drains", totals.drains);
    line("pauses", totals.pauses);
    line("takeovers", totals.takeovers);
    line("ambiguous commits", totals.ambiguous);
    line("late writes", totals.late_writes);
    line("stale steps", totals.fenced);
    line("sends", totals.sends);
    line("resends", totals.resends);
    line("expiries proven", totals.expiries);
    line("forks", totals.forks);
    line("landed with an error", totals.landed_err);
    line("replays", totals.replays);
    line("conflicts", totals.conflicts);
    line("cancels", totals.cancels);
    line("streams opened", totals.streams);
}

/// Says what broke and how to see it again.
void report(const Wanted& wanted, std::uint64_t seed, const Violation& broken) {
    std::printf("seed %" PRIu64 " broke %s: %s\n", seed, broken.checker.c_str(), broken.what());
    std::printf("replay: %s --seed %" PRIu64 "%s%s --trace\n", wanted.program.c_str(), seed,
                wanted.without.empty() ? "" : " --without ", wanted.without.c_str());
}

int run_seeds(const Wanted& wanted, Metrics& metrics) {
    remove_safeguard(wanted.without);
    Totals totals;
    std::uint64_t hash = 0;
    std::uint64_t broken = 0;
    const auto started = std::chrono::steady_clock::now();
    for (std::uint64_t seed = wanted.first; seed <= wanted.last; ++seed) {
        const Outcome outcome = run_seed(seed, metrics, wanted.trace);
        totals.add(outcome.totals);
        hash = derive_seed(hash, outcome.trace_hash);
        if (wanted.twice && run_seed(seed, metrics, false).trace_hash != outcome.trace_hash) {
            std::printf("seed %" PRIu64 " did not run twice alike\n", seed);
            return 1;
        }
        if (!outcome.broken) continue;
        report(wanted, seed, *outcome.broken);
        if (++broken == 10) break;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    print(totals);
    std::printf("trace hash %016" PRIx64 "\n", hash);
    std::printf("%.1f s, %.0f seeds/s, %" PRIu64 " broken\n", took.count(),
                static_cast<double>(totals.seeds) / took.count(), broken);
    return broken == 0 ? 0 : 1;
}

int run_mutants(const Wanted& wanted, Metrics& metrics) {
    std::size_t caught = 0;
    for (const Safeguard& one : safeguards()) {
        remove_safeguard(one.name);
        std::optional<Violation> broken;
        std::uint64_t seed = 0;
        while (!broken && seed < wanted.within) broken = run_seed(++seed, metrics, false).broken;
        remove_safeguard({});
        // It is the rule that was missed only when the same seed is fine with it.
        if (broken && run_seed(seed, metrics, false).broken) broken.reset();
        if (broken) {
            ++caught;
            std::printf("caught   %-24s seed %5" PRIu64 "  %-36s %s\n", one.name.data(), seed,
                        broken->checker.c_str(), broken->what());
        } else {
            std::printf("MISSED   %-24s in %" PRIu64 " seeds: %s\n", one.name.data(), wanted.within,
                        one.rule.data());
        }
        std::fflush(stdout);
    }
    std::printf("%zu of %zu caught\n", caught, safeguards().size());
    return caught == safeguards().size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Wanted wanted = parse(argc, argv);
        Metrics metrics;
        if (wanted.list) {
            for (const Safeguard& one : safeguards())
                std::printf("%-24s %s\n", one.name.data(), one.rule.data());
            return 0;
        }
        return wanted.mutants ? run_mutants(wanted, metrics) : run_seeds(wanted, metrics);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "simulation: %s\n%s", error.what(), usage);
        return 2;
    }
}
