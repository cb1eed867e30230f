#include "bench_plan.hpp"

#include <charconv>
#include <limits>
#include <numeric>

#include "libexec/base/uuid.hpp"
#include "libexec/json/value.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

using Mode = BenchPlan::Mode;

constexpr std::uint64_t orders_max = 1'000'000'000;

std::optional<std::uint64_t> whole_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

std::uint32_t small(const Arguments& arguments, std::string_view name, std::uint64_t least,
                    std::uint64_t most, std::uint32_t otherwise) {
    return static_cast<std::uint32_t>(arguments.whole(name, least, most).value_or(otherwise));
}

Mode read_mode(const Arguments& arguments) {
    const std::string word = arguments.text("mode", "execute");
    if (word == "accept") return Mode::accept;
    if (word == "mixed") return Mode::mixed;
    return word == "fan-out" ? Mode::fan_out : Mode::execute;
}

std::array<std::uint32_t, bench_kinds> read_mix(const std::string& text) {
    std::array<std::uint32_t, bench_kinds> mix{};
    std::size_t kind = 0;
    for (std::size_t begin = 0; begin <= text.size(); ++kind) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const auto share = whole_of(std::string_view(text).substr(begin, end - begin));
        if (kind == bench_kinds || !share || *share > 1'000'000) break;
        mix[kind] = static_cast<std::uint32_t>(*share);
        begin = end + 1;
        if (begin > text.size() && kind + 1 == bench_kinds &&
            std::accumulate(mix.begin(), mix.end(), std::uint64_t{0}) > 0)
            return mix;
    }
    refuse("--mix '" + text + "' is no mix",
           "write four whole numbers, the shares of submit, get, list and quote, such as 60,25,10,5");
}

BenchLimit read_warmup(const Arguments& arguments) {
    BenchLimit warmup;
    if (!arguments.has("warmup")) return warmup;
    const std::string text = arguments.text("warmup");
    if (const auto turns = whole_of(text); turns && *turns <= orders_max) {
        warmup.turns = *turns;
    } else if (const auto time = parse_duration(text)) {
        warmup.time = time;
    } else {
        refuse("--warmup '" + text + "' is neither a number nor a time",
               "write how many orders, such as 500, or how long, such as 2s");
    }
    return warmup;
}

void check_companions(const Arguments& arguments, const BenchPlan& plan) {
    const auto only_with = [&](const char* option, bool fits, const char* companion) {
        if (arguments.has(option) && !fits)
            refuse("--" + std::string(option) + " has no meaning here",
                   "give it with " + std::string(companion));
    };
    only_with("mix", plan.mode == Mode::mixed, "--mode mixed");
    only_with("followers", plan.mode == Mode::fan_out, "--mode fan-out");
    only_with("arrivals", plan.rate > 0, "--rate R");
    only_with("database", plan.in_process, "--in-process; a server has its own");
    only_with("data-dir", plan.in_process && plan.database.empty(), "--in-process and without --database");
    only_with("workers", plan.in_process, "--in-process; a server has its QUEUE_CONCURRENCY");
    only_with("force", arguments.has("save"), "--save FILE");
    if (arguments.has("orders") && arguments.has("duration"))
        refuse("--orders and --duration are two ways to end a run", "give one of them");
}

std::string quoted(std::string_view text) { return to_json_string(text); }

}  // namespace

BenchPlan read_bench_plan(const Arguments& arguments) {
    BenchPlan plan;
    plan.mode = read_mode(arguments);
    const bool fan_out = plan.mode == Mode::fan_out;
    plan.limit.turns = arguments.whole("orders", 1, orders_max).value_or(fan_out ? 10 : 1'000);
    if (const auto time = arguments.duration("duration")) plan.limit = BenchLimit{0, time};
    plan.warmup = read_warmup(arguments);
    plan.connections = small(arguments, "connections", 1, 4'096, fan_out ? 1 : 64);
    plan.rate = small(arguments, "rate", 0, 1'000'000, 0);
    if (arguments.text("arrivals") == "poisson") plan.arrivals = BenchPlan::Arrivals::poisson;
    if (arguments.has("mix")) plan.mix = read_mix(arguments.text("mix"));
    plan.followers = small(arguments, "followers", 1, 100'000, plan.followers);
    plan.runs = small(arguments, "runs", 1, 1'000, 1);
    plan.in_process = arguments.has("in-process");
    plan.workers = small(arguments, "workers", 1, 100'000, plan.workers);
    plan.database = arguments.text("database");
    plan.data_dir = arguments.text("data-dir");
    check_companions(arguments, plan);
    const auto seed = arguments.whole("seed", 0, std::numeric_limits<std::uint64_t>::max());
    // A drawn one is short: it is copied by people, and read by programs whose numbers end at 2^53.
    plan.seed = seed ? *seed : system_entropy() >> 32;
    return plan;
}

std::string_view to_string(BenchPlan::Mode mode) {
    switch (mode) {
        case Mode::accept:
            return "accept";
        case Mode::execute:
            return "execute";
        case Mode::mixed:
            return "mixed";
        case Mode::fan_out:
            return "fan-out";
    }
    return "";
}

std::string_view to_string(BenchPlan::Arrivals arrivals) {
    return arrivals == BenchPlan::Arrivals::poisson ? "poisson" : "constant";
}

std::vector<std::pair<std::string, std::string>> bench_parameters(const BenchPlan& plan) {
    std::vector<std::pair<std::string, std::string>> list;
    const auto number = [&list](const char* name, std::uint64_t value) {
        list.emplace_back(name, std::to_string(value));
    };
    const auto limit = [&list, &number](const char* turns, const char* time, const BenchLimit& value) {
        if (value.time) {
            number(time, static_cast<std::uint64_t>(value.time->count()));
        } else {
            number(turns, value.turns);
        }
    };
    list.emplace_back("mode", quoted(to_string(plan.mode)));
    list.emplace_back("loop", plan.rate > 0 ? "\"open\"" : "\"closed\"");
    if (plan.rate > 0) {
        number("offeredPerSecond", plan.rate);
        list.emplace_back("arrivals", quoted(to_string(plan.arrivals)));
    }
    limit("orders", "durationMs", plan.limit);
    if (!plan.warmup.is_none()) limit("warmupOrders", "warmupMs", plan.warmup);
    number("connections", plan.connections);
    if (plan.mode == Mode::mixed) {
        std::string mix;
        for (const std::uint32_t share : plan.mix) mix += (mix.empty() ? "" : ",") + std::to_string(share);
        list.emplace_back("mix", quoted(mix));
    }
    if (plan.mode == Mode::fan_out) number("followers", plan.followers);
    if (plan.in_process) number("workers", plan.workers);
    number("runs", plan.runs);
    return list;
}

}  // namespace libexec::cli
