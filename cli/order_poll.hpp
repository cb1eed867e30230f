#pragma once

#include <string>
#include <vector>

#include "api.hpp"

namespace libexec::cli {

/// Follows several orders by asking for each again and again, through lost connections and restarts of the
/// server.
class OrderPoll {
public:
    explicit OrderPoll(const Context& context) : context_(context) {}

    void add(std::string order) { orders_.push_back(std::move(order)); }
    void remove(const std::string& order);
    /// Those that have not ended yet.
    const std::vector<std::string>& orders() const { return orders_; }

    /// Asks for each once; the documents of those that have ended, which are then followed no longer. A
    /// server that is away is told on standard error, once for each try. Throws Trouble when interrupted,
    /// and for an answer that waiting does not mend.
    std::vector<JsonValue> round(const Deadline& deadline);
    /// Whether the server was away in the last round.
    bool lost() const { return lost_ > 0; }
    /// Before the next round. Throws Trouble when interrupted.
    void pause(const Deadline& deadline);

private:
    const Context& context_;
    std::vector<std::string> orders_;
    unsigned lost_ = 0;  ///< rounds in a row
    unsigned quiet_ = 0;
};

/// Whether the status is one of the four an order ends in.
bool has_ended_with(std::string_view status);

/// What Ctrl-C means for these orders.
Complaint interrupted_complaint(const std::vector<std::string>& orders, const Options& options);

/// What Ctrl-C means for those who watch orders; none when none was named.
Complaint stopped_watching(const std::vector<std::string>& orders, const Options& options);

/// These have not ended within the --timeout; `lost` when the server was away at the end of it.
Complaint not_ended_complaint(const std::vector<std::string>& orders, bool lost, const Options& options);

/// What a command that did several things ends with: done only if all are.
ExitCode worst_of(const std::vector<ExitCode>& exits);

}  // namespace libexec::cli
