#include <algorithm>
#include <fstream>
#include <iostream>

#include "libexec/json/nearest_word.hpp"
#include "libexec/json/value.hpp"
#include "pool_quote.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::size_t line_size_most = 4'096;

[[noreturn]] void refuse_line(std::string what) {
    throw Trouble(usage_complaint(
        std::move(what), "write an object of JSON such as {\"in\":\"MINT\",\"amount\":\"1000000\"}"));
}

/// A member of a line, or what the options say; empty when neither says anything.
std::string text_of(const JsonValue& line, std::string_view name, const std::string& usual) {
    if (!line.has(name)) return usual;
    const std::string& text = line[name].text();
    if (text.empty()) refuse_line(std::string(name) + " is " + line[name].json() + ", and has to be a text");
    return text;
}

std::optional<std::uint64_t> number_of(const JsonValue& line, std::string_view name,
                                       const std::optional<std::uint64_t>& usual) {
    if (!line.has(name)) return usual;
    const auto number = line[name].whole();
    if (!number)
        refuse_line(std::string(name) + " is " + line[name].json() + ", and has to be a whole number");
    return number;
}

JsonValue read_object(const std::string& text) {
    constexpr std::string_view known[] = {"pool",          "in",   "amount", "exactOut", "slot",
                                          "unixTimestamp", "epoch"};
    if (text.size() > line_size_most) refuse_line("the line is longer than 4096 bytes");
    const Result<JsonValue> parsed = JsonValue::parse(text);
    if (!parsed) refuse_line("the line is no JSON: " + parsed.error().detail);
    if (!parsed.value().is_object()) refuse_line("the line is no object of JSON");
    std::vector<std::string> names = parsed.value().names();
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
        refuse_line(*twice + " is there twice");
    for (const std::string& name : names) {
        if (std::find(std::begin(known), std::end(known), name) != std::end(known)) continue;
        const std::string_view near = nearest_word(name, known);
        refuse_line("there is no field " + name +
                    (near.empty() ? std::string() : ": did you mean " + std::string(near) + "?"));
    }
    return parsed.value();
}

class Batch {
public:
    Batch(const Context& context, PoolSnapshot& snapshot, const PoolQuestionDefaults& usual)
        : context_(context), snapshot_(snapshot), usual_(usual) {}

    ExitCode run(std::istream& in) {
        std::size_t number = 0;
        for (std::string text; std::getline(in, text);) {
            number += 1;
            const std::string line(trim(text));
            if (line.empty() || line.front() == '#') continue;
            answer(number, line);
        }
        if (context_.options.output != Output::ndjson)
            rows_.print(context_, {}, "there is no question in it");
        return exit_;
    }

private:
    void answer(std::size_t number, const std::string& line) {
        const std::string begin = "{\"line\":" + std::to_string(number) + ",";
        try {
            const PoolAnswer answered = ask_pool(snapshot_, question_of(line));
            const PoolTrade& trade = answered.trade;
            row({std::to_string(number), std::to_string(trade.amount_in), std::to_string(trade.amount_out),
                 std::to_string(trade.fee), std::to_string(trade.price_impact_bps), "", "",
                 answered.question.pool.to_string()},
                begin + answered.members() + "}");
        } catch (const Trouble& trouble) {
            const Complaint& complaint = trouble.complaint();
            const bool refused = complaint.exit == ExitCode::order_failed;
            if (!refused) exit_ = ExitCode::usage;
            if (refused && exit_ == ExitCode::done) exit_ = ExitCode::order_failed;
            // A refusal of the pool has its document; the others get one of the same shape.
            const JsonValue error =
                refused ? JsonValue::parse(complaint.problem).value()["error"]
                        : JsonValue::parse("{\"code\":" + to_json_string(complaint.code) + ",\"detail\":" +
                                           to_json_string(complaint.what + ": " + complaint.next) + "}")
                              .value();
            row({std::to_string(number), "", "", "", "", error["code"].text(), error["detail"].text(), ""},
                begin + "\"error\":" + error.json() + "}");
        }
    }

    PoolQuestion question_of(const std::string& text) {
        const JsonValue line = read_object(text);
        PoolQuestion question;
        const auto say = [](const std::string& value, const char* name) {
            if (value.empty())
                refuse_line(std::string(name) + " is missing on the line, and there is no --" + name);
            return value;
        };
        question.pool = address_of("pool", say(text_of(line, "pool", usual_.pool), "pool"));
        question.mint_in = address_of("in", say(text_of(line, "in", usual_.mint_in), "in"));
        const std::string amount = text_of(line, "amount", "");
        if (amount.empty()) refuse_line("amount is missing");
        question.amount = base_units_of("amount", amount);
        question.exact_out = usual_.exact_out;
        if (line.has("exactOut")) {
            const std::string word = line["exactOut"].json();
            if (word != "true" && word != "false")
                refuse_line("exactOut is " + word + ", and has to be true or false");
            question.exact_out = word == "true";
        }
        AskedClock clock;
        clock.slot = number_of(line, "slot", usual_.clock.slot);
        clock.unix_timestamp = number_of(line, "unixTimestamp", usual_.clock.unix_timestamp);
        clock.epoch = number_of(line, "epoch", usual_.clock.epoch);
        if (clock.unix_timestamp.value_or(0) > std::numeric_limits<std::int64_t>::max())
            refuse_line("unixTimestamp is beyond 63 bits");
        bool guessed = false;
        question.clock = clock.resolve(snapshot_.files(), context_.clock.now(), guessed);
        if (guessed && !told_) tell_guessed_clock(context_, question.clock);
        told_ = told_ || guessed;
        return question;
    }

    void row(std::vector<Cell> cells, const std::string& json) {
        if (context_.options.output == Output::ndjson) {
            context_.console.out << json << std::endl;
            return;
        }
        rows_.add(std::move(cells), JsonValue::parse(json).value());
    }

    const Context& context_;
    PoolSnapshot& snapshot_;
    const PoolQuestionDefaults& usual_;
    Sheet rows_{{{"line", "LINE", true},
                 {"amountIn", "IN", true},
                 {"amountOut", "OUT", true},
                 {"feeAmount", "FEE", true},
                 {"priceImpactBps", "IMPACT", true},
                 {"error", "ERROR"},
                 {"detail", "DETAIL", false, true},
                 {"pool", "POOL", false, true}}};
    ExitCode exit_ = ExitCode::done;
    bool told_ = false;
};

}  // namespace

ExitCode answer_pool_batch(const Context& context, PoolSnapshot& snapshot, const PoolQuestionDefaults& usual,
                           const std::string& file) {
    Batch batch(context, snapshot, usual);
    if (file == "-") return batch.run(std::cin);
    std::ifstream in(file);
    if (!in)
        throw Trouble(usage_complaint("the file '" + file + "' cannot be read",
                                      "give a file with a question a line, or - for standard input"));
    return batch.run(in);
}

}  // namespace libexec::cli
