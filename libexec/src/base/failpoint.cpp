#include "libexec/base/failpoint.hpp"

#ifndef LIBEXEC_FAILPOINTS
#error "compiled only where the option LIBEXEC_FAILPOINTS is on"
#endif

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace libexec::failpoint {
namespace {

constexpr int exit_status = 86;  ///< told apart from execd's own

enum class Action : std::uint8_t { kill, stop, exit };

struct Plan {
    std::uint64_t hit = 0;
    Action action = Action::kill;
};
Plan plan;  ///< set before there are threads
std::atomic<std::uint64_t> hits{0};

std::optional<Action> action_of(std::string_view word) {
    if (word == "kill") return Action::kill;
    if (word == "stop") return Action::stop;
    if (word == "exit") return Action::exit;
    return std::nullopt;
}

std::string refusal(std::string_view given) {
    std::string text =
        "LIBEXEC_FAILPOINT is '" + std::string(given) +
        "': must be NAME:HIT:ACTION, with HIT from 1 and kill, stop or exit as ACTION, and NAME one of";
    for (const std::string_view name : names) text += " " + std::string(name);
    return text;
}

}  // namespace

std::string choose() {
    const char* const value =
        std::getenv("LIBEXEC_FAILPOINT");  // NOLINT(concurrency-mt-unsafe): no threads yet
    if (value == nullptr) return {};
    const std::string_view given(value);
    const std::size_t first = given.find(':');
    const std::size_t second = first == std::string_view::npos ? first : given.find(':', first + 1);
    if (second == std::string_view::npos) return refusal(given);
    const std::size_t name = index_of(given.substr(0, first));
    const std::string_view number = given.substr(first + 1, second - first - 1);
    const std::optional<Action> action = action_of(given.substr(second + 1));
    Plan wanted;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), wanted.hit);
    const bool counted = error == std::errc{} && end == number.data() + number.size() && wanted.hit > 0;
    if (name == names.size() || !action || !counted) return refusal(given);
    wanted.action = *action;
    plan = wanted;
    chosen = name;
    return {};
}

void reached(std::size_t name) {
    if (hits.fetch_add(1) + 1 != plan.hit) return;
    const std::string line = "failpoint " + std::string(names.at(name)) + "\n";
    // Nobody can be told when this fails: the process is about to be gone.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    switch (plan.action) {
        case Action::kill:
            ::kill(::getpid(), SIGKILL);
            break;
        case Action::stop:
            ::kill(::getpid(), SIGSTOP);
            break;
        case Action::exit:
            ::_exit(exit_status);
    }
}

}  // namespace libexec::failpoint
