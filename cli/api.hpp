#pragma once

#include <chrono>
#include <string>

#include "libexec/json/value.hpp"
#include "context.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "trade.hpp"
#include "trouble.hpp"
#include "wire.hpp"

namespace libexec::cli {

/// The moment a command gives up.
class Deadline {
public:
    Deadline(const Wire& wire, std::chrono::milliseconds time) : wire_(wire), at_(wire.now() + time) {}
    /// Never negative.
    std::chrono::milliseconds left() const;
    bool passed() const { return left().count() == 0; }
    /// Waits for `time`, at most until the deadline. False when interrupted.
    bool pause(Wire& wire, std::chrono::milliseconds time) const;

private:
    const Wire& wire_;
    std::chrono::steady_clock::time_point at_;
};

/// The pause before repetition `count` (from 1): 200 ms doubled up to 2 s.
std::chrono::milliseconds pause_before_repeat(unsigned count);

/// An accepted order.
struct Accepted {
    std::string order;
    std::string answer;  ///< the server's, on one line
    bool replayed = false;
};

/// The body that asks for an order, or for a quote.
std::string submit_body(const Trade& trade);

/// A request that places an order: a new one, or a failed one once more.
struct Placement {
    std::string path;
    std::string body;
    bool retry = false;    ///< wait and repeat when refused for now
    bool patient = false;  ///< a server that was there before is waited for
};

Placement placement_of(const SubmitOptions& submit);

/// Places the order and returns once it is durable. An answer that got lost is asked for again under the same
/// key until the deadline, telling `console.err`. Throws Trouble.
Accepted place_order(Wire& wire, const Options& options, const Placement& placement, const std::string& key,
                     const Deadline& deadline, Console& console);

/// A document of the server; `path` begins with a slash. Throws Trouble.
std::string fetch(Wire& wire, const Options& options, const std::string& path);
/// The same, read. Throws Trouble also when it is not JSON, or has no `member`: then it is not an execd that
/// answers.
JsonValue fetch_document(const Context& context, const std::string& path, std::string_view member = {});
/// An answer that no execd gives; `what` continues "the server's answer ".
Complaint bad_answer_complaint(const std::string& what);
/// An answer of the server, read. Throws Trouble when it is not JSON.
JsonValue read_document(const std::string& body);
/// The answer, whatever it says, to a request that may be made twice without harm: a lost one is asked for
/// again, three times in all. Throws Trouble without one.
HttpAnswer post(const Context& context, const std::string& path, const std::string& body);
/// The `order` of `GET /api/orders/{id}`, or null when it cannot be had just now. Throws Trouble only when
/// interrupted.
JsonValue try_fetch_order(Wire& wire, const Options& options, const std::string& order);

/// What Ctrl-C means for an order that was accepted.
Complaint interrupted_complaint(const std::string& order, const Options& options);

}  // namespace libexec::cli
