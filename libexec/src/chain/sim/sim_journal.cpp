#include "libexec/chain/sim/sim_journal.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace libexec {
namespace {

using Outcome = SimJournalLine::Outcome;
using Fate = SimJournalLine::Fate;

constexpr std::array<std::string_view, 6> outcome_words{"start",      "sent",    "landed_ok",
                                                        "landed_err", "dropped", "forked"};
constexpr std::array<std::string_view, 4> fate_words{"lands", "slips", "busy", "drops"};

template <class Words>
std::optional<std::uint8_t> index_of(const Words& words, std::string_view word) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == word) return static_cast<std::uint8_t>(i);
    }
    return std::nullopt;
}

void put_number(std::string& json, std::string_view key, std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    json += json.empty() ? "{\"" : ",\"";
    json.append(key).append("\":").append(digits.data(), end);
}

/// Values are words, ids, base58 and digits: nothing that JSON would have to escape.
void put_text(std::string& json, std::string_view key, std::string_view value) {
    json += json.empty() ? "{\"" : ",\"";
    json.append(key).append("\":\"").append(value).append("\"");
}

void put_amount(std::string& json, std::string_view key, Amount value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.base_units()).ptr;
    put_text(json, key, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

/// Walks `{"key":value,...}` in the order in which `to_json` writes it: no blanks, no escapes.
class Walker {
public:
    explicit Walker(std::string_view line) : rest_(line) {}

    bool number(std::string_view key, std::uint64_t& value) {
        if (!open(key)) return false;
        const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{}) return false;
        rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
        return true;
    }
    bool text(std::string_view key, std::string_view& value) {
        if (!open(key) || !skip("\"")) return false;
        const std::size_t end = rest_.find('"');
        if (end == std::string_view::npos) return false;
        value = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return value.find('\\') == std::string_view::npos;
    }
    bool amount(std::string_view key, Amount& value) {
        std::string_view digits;
        if (!text(key, digits)) return false;
        const Result<Amount> parsed = Amount::parse(digits);
        if (parsed) value = parsed.value();
        return static_cast<bool>(parsed);
    }
    bool end() { return skip("}") && rest_.empty(); }

private:
    bool open(std::string_view key) {
        const bool opened = skip(first_ ? "{\"" : ",\"") && skip(key) && skip("\":");
        first_ = false;
        return opened;
    }
    bool skip(std::string_view expected) {
        if (rest_.substr(0, expected.size()) != expected) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }
    std::string_view rest_;
    bool first_ = true;
};

bool walk_transaction(Walker& walker, SimJournalLine& line) {
    std::string_view signature;
    std::string_view order;
    std::uint64_t attempt = 0;
    if (!walker.text("signature", signature) || !walker.text("orderId", order) ||
        !walker.number("attempt", attempt) || !walker.amount("amountIn", line.amount_in) ||
        !walker.amount("amountOut", line.amount_out)) {
        return false;
    }
    const auto id = Uuid::parse(order);
    if (!id || signature.empty() || attempt > UINT32_MAX) return false;
    line.signature = std::string(signature);
    line.order = *id;
    line.attempt = static_cast<std::uint32_t>(attempt);
    return true;
}

bool walk_start(Walker& walker, SimJournalLine& line) {
    std::uint64_t at_us = 0;
    if (!walker.number("atMicros", at_us) || !walker.number("timeScalePpm", line.time_scale_ppm))
        return false;
    if (at_us > static_cast<std::uint64_t>(INT64_MAX)) return false;
    line.at = Time(std::chrono::microseconds(static_cast<std::int64_t>(at_us)));
    return true;
}

bool walk_fate(Walker& walker, SimJournalLine& line) {
    std::string_view fate;
    if (!walker.text("fate", fate) || !walker.number("dueSlot", line.due_slot)) return false;
    const auto drawn = index_of(fate_words, fate);
    if (drawn) line.fate = static_cast<Fate>(*drawn);
    return drawn.has_value();
}

bool walk_sent(Walker& walker, SimJournalLine& line) {
    return walk_fate(walker, line) && walker.number("lastValidHeight", line.last_valid_height) &&
           walker.amount("executedIn", line.executed_in) && walker.amount("executedOut", line.executed_out) &&
           walker.amount("limit", line.limit);
}

}  // namespace

std::string SimJournalLine::to_json() const {
    std::string json;
    json.reserve(400);
    put_number(json, "slot", slot);
    put_number(json, "height", height);
    put_text(json, "outcome", outcome_words[static_cast<std::size_t>(outcome)]);
    if (outcome == Outcome::start) {
        put_number(json, "atMicros", static_cast<std::uint64_t>(at.time_since_epoch().count()));
        put_number(json, "timeScalePpm", time_scale_ppm);
    } else {
        put_text(json, "signature", signature);
        put_text(json, "orderId", order.to_string());
        put_number(json, "attempt", attempt);
        put_amount(json, "amountIn", amount_in);
        put_amount(json, "amountOut", amount_out);
    }
    if (outcome == Outcome::landed_err) put_text(json, "error", error);
    if (outcome == Outcome::sent || outcome == Outcome::forked) {
        put_text(json, "fate", fate_words[static_cast<std::size_t>(fate)]);
        put_number(json, "dueSlot", due_slot);
    }
    if (outcome == Outcome::sent) {
        put_number(json, "lastValidHeight", last_valid_height);
        put_amount(json, "executedIn", executed_in);
        put_amount(json, "executedOut", executed_out);
        put_amount(json, "limit", limit);
    }
    json += '}';
    return json;
}

std::optional<SimJournalLine> SimJournalLine::parse(std::string_view text) {
    Walker walker(text);
    SimJournalLine line;
    std::string_view word;
    if (!walker.number("slot", line.slot) || !walker.number("height", line.height) ||
        !walker.text("outcome", word)) {
        return std::nullopt;
    }
    const auto outcome = index_of(outcome_words, word);
    if (!outcome) return std::nullopt;
    line.outcome = static_cast<Outcome>(*outcome);
    if (line.outcome == Outcome::start ? !walk_start(walker, line) : !walk_transaction(walker, line))
        return std::nullopt;
    if (line.outcome == Outcome::landed_err) {
        std::string_view error;
        if (!walker.text("error", error) || !parse_reason(error)) return std::nullopt;
        line.error = std::string(error);
    }
    if (line.outcome == Outcome::sent && !walk_sent(walker, line)) return std::nullopt;
    if (line.outcome == Outcome::forked && !walk_fate(walker, line)) return std::nullopt;
    if (!walker.end()) return std::nullopt;
    return line;
}

SimJournalSize read_sim_journal(const std::string& path,
                                const std::function<void(const SimJournalLine&)>& visit) {
    SimJournalSize size;
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        if (errno == ENOENT) return size;
        throw std::runtime_error("cannot read the simulated chain's journal " + path + ": " +
                                 std::generic_category().message(errno));
    }
    std::string text;
    while (std::getline(file, text)) {
        if (file.eof()) {  // no line's end: the writer died in the middle
            size.torn_bytes = text.size();
            break;
        }
        const auto line = SimJournalLine::parse(text);
        if (!line) {
            throw std::runtime_error("line " + std::to_string(size.lines + 1) +
                                     " of the simulated chain's journal " + path +
                                     " is not one of ours: move the file away to start a new chain");
        }
        size.whole_bytes += text.size() + 1;
        ++size.lines;
        visit(*line);
    }
    if (file.bad()) throw std::runtime_error("reading the simulated chain's journal " + path + " failed");
    return size;
}

}  // namespace libexec
