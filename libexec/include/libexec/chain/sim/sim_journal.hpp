#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/model/attempt.hpp"

namespace libexec {

/// One line of the simulated chain's journal: what happened to a transaction, in the order it happened.
/// Shape:  flat JSON, one object a line. `slot`, `height`, `attempt` are numbers; amounts are base units as
/// text.
///         landed_ok carries the executed amounts; landed_err, forked and dropped carry zeros: nothing moved.
///         A forked line takes back the landed line of the same signature before it.
/// Errors: `parse` takes what `to_json` writes and nothing else.
struct SimJournalLine {
    /// What a line tells.
    enum class Outcome : std::uint8_t {
        start,  ///< the chain was opened in this slot, which began at `at`; the clock counts from there
        sent,
        landed_ok,
        landed_err,
        dropped,  ///< it never lands: also written for a signature that never arrived, once it is proven dead
        forked,   ///< the block it had landed in disappeared before it was final: `fate` says what comes now
    };
    /// What the draw has in store for a transaction that was sent.
    enum class Fate : std::uint8_t { lands, slips, busy, drops };

    Outcome outcome = Outcome::start;
    std::uint64_t slot = 0;
    std::uint64_t height = 0;
    std::string signature;
    OrderId order;
    std::uint32_t attempt = 0;
    Amount amount_in;
    Amount amount_out;
    std::string error;  ///< landed_err: the reason word

    // start
    Time at{};
    std::uint64_t time_scale_ppm = 0;

    // sent: all that a chain opened later needs to carry on; of these a forked line has the first two
    Fate fate = Fate::lands;
    std::uint64_t due_slot = 0;
    std::uint64_t last_valid_height = 0;
    Amount executed_in;
    Amount executed_out;
    Amount limit;

    std::string to_json() const;  ///< without the line's end
    /// The line that `line` spells, or nothing.
    static std::optional<SimJournalLine> parse(std::string_view line);

    friend bool operator==(const SimJournalLine&, const SimJournalLine&) = default;
};

/// What was read of a journal.
struct SimJournalSize {
    std::uint64_t whole_bytes = 0;  ///< of the lines that are complete
    std::uint64_t torn_bytes = 0;   ///< of a last line that a crash cut short
    std::uint64_t lines = 0;
};

/// Hands every complete line to `visit`, in order. For judges and for the chain itself.
/// Throws std::runtime_error when the file cannot be read or a complete line is not one of ours; the sentence
/// names the file and the line. A file that does not exist has no lines.
SimJournalSize read_sim_journal(const std::string& path,
                                const std::function<void(const SimJournalLine&)>& visit);

}  // namespace libexec
