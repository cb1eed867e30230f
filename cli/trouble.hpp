#pragma once

#include <stdexcept>
#include <string>

#include "exit_code.hpp"
#include "wire.hpp"

namespace libexec::cli {

/// Why a command ends without what it was asked for. Every one of them answers four questions.
struct Complaint {
    ExitCode exit = ExitCode::unexpected;
    std::string code;     ///< a short stable word, such as "server_unreachable"
    std::string what;     ///< what happened
    std::string funds;    ///< whether money moved
    std::string repeat;   ///< whether doing it again is safe
    std::string next;     ///< what to do
    std::string order;    ///< the order's id where there is one
    std::string problem;  ///< the server's own problem document, if it gave one
};

/// Thrown by commands, caught once, where a command line is run.
class Trouble : public std::runtime_error {
public:
    explicit Trouble(Complaint complaint)
        : std::runtime_error(complaint.what), complaint_(std::move(complaint)) {}
    const Complaint& complaint() const { return complaint_; }

private:
    Complaint complaint_;
};

/// A mistake on the command line, found before anything was sent.
Complaint usage_complaint(std::string what, std::string next);
/// Throws it as Trouble.
[[noreturn]] void refuse(std::string what, std::string next);

/// A server that could not be asked; nothing was sent.
Complaint unreachable_complaint(const std::string& server, const std::string& why);

/// The server's refusal. `placing` when the request would have placed an order, under `key` if there was one.
Complaint refusal_complaint(const HttpAnswer& answer, bool placing, const std::string& key = "");

/// Standard output took not all of what the command had to say; what it did is done.
Complaint output_complaint();

/// A mistake of execctl itself, or a machine that lets it down.
Complaint unexpected_complaint(const std::string& what);

/// What went wrong once an order was accepted: whatever it was, that order is there and may trade.
Complaint after_acceptance(Complaint complaint, const std::string& order, const std::string& server);

/// For people: `error: ...` and one indented line for each question answered.
std::string complaint_text(const Complaint& complaint);

/// For programs: the server's problem document on one line, or one of our own in the same shape.
std::string complaint_json(const Complaint& complaint);

}  // namespace libexec::cli
