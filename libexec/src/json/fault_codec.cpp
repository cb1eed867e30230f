#include "libexec/json/fault_codec.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "field_errors.hpp"
#include "json_value.hpp"
#include "json_writer.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec {
namespace {

using json::FieldErrors;
using json::Value;
using json::Writer;

constexpr std::array<std::string_view, 3> field_names{"mode", "rate", "forMs"};
constexpr std::uint8_t rate_decimals = 6;
constexpr std::uint64_t whole_ppm = 1'000'000;
constexpr std::uint64_t lasts_ms_most = 86'400'000;  // a day

void check_names(const Value& body, FieldErrors& errors) {
    std::set<std::string_view> seen;
    for (const auto& [name, value] : body.members) {
        if (!seen.insert(name).second) {
            errors.add(name, "is given twice: send it once");
        } else if (std::find(field_names.begin(), field_names.end(), name) == field_names.end()) {
            const std::string_view near = nearest_word(name, field_names);
            errors.add(name, near.empty()
                                 ? "is not a field of a fault: send mode, rate and forMs"
                                 : "is not a field of a fault: did you mean " + std::string(near) + "?");
        }
    }
}

/// The member of that name; an explicit null counts as left out.
const Value* given(const Value& body, std::string_view name) {
    const Value* const value = body.find(name);
    return value != nullptr && value->kind != Value::Kind::null ? value : nullptr;
}

std::string list_of(std::span<const std::string_view> words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

void read_mode(const Value& body, std::span<const SimFaultMode> modes, FaultRequest& request,
               FieldErrors& errors) {
    std::vector<std::string_view> words;
    for (const SimFaultMode mode : modes) words.push_back(to_string(mode));
    const Value* const value = given(body, "mode");
    if (value == nullptr) {
        errors.add("mode", "is required: send " + list_of(words));
        return;
    }
    if (value->kind == Value::Kind::text) {
        for (const SimFaultMode mode : modes) {
            if (value->chars != to_string(mode)) continue;
            request.mode = mode;
            return;
        }
    }
    const std::string_view near =
        value->kind == Value::Kind::text ? nearest_word(value->chars, words) : std::string_view();
    errors.add("mode", "must be " + list_of(words) +
                           (near.empty() ? std::string() : ": did you mean " + std::string(near) + "?"));
}

void read_rate(const Value& body, FaultRequest& request, FieldErrors& errors) {
    const Value* const value = given(body, "rate");
    if (value == nullptr) return;
    const bool number = value->kind == Value::Kind::number;
    if (number || value->kind == Value::Kind::text) {
        const Result<Amount> rate = parse_token_units(value->chars, rate_decimals, number);
        if (rate && rate.value().base_units() <= whole_ppm) {
            request.rate_ppm = static_cast<std::uint32_t>(rate.value().base_units());
            if (request.mode == SimFaultMode::stall && request.rate_ppm != whole_ppm)
                errors.add("rate", "must be 1 with stall, which halts the whole chain: leave it out");
            return;
        }
    }
    errors.add("rate",
               "must be a decimal from 0 to 1 with at most 6 digits after the point, such as \"0.3\"");
}

void read_lasts(const Value& body, FaultRequest& request, FieldErrors& errors) {
    const Value* const value = given(body, "forMs");
    if (value == nullptr) return;
    const Result<Amount> number = value->kind == Value::Kind::number
                                      ? parse_token_units(value->chars, 0, true)
                                      : Result<Amount>(reject(Reason::bad_amount, "not a number"));
    if (number && number.value().base_units() >= 1 && number.value().base_units() <= lasts_ms_most) {
        request.lasts = std::chrono::milliseconds(number.value().base_units());
    } else {
        errors.add("forMs",
                   "must be a whole number of milliseconds from 1 to 86400000, without quotes, such as "
                   "60000; leave it out for a fault that lasts until it is cleared");
    }
}

/// As people write it: "0.3", "1".
std::string rate_text(std::uint32_t rate_ppm) {
    std::string text = to_text({Amount(rate_ppm), rate_decimals});
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

void write_fault(Writer& out, const SimFault& fault) {
    out.begin_object();
    out.text("target", fault.target);
    out.text("mode", to_string(fault.mode));
    out.text("rate", rate_text(fault.rate_ppm));
    out.time("until", fault.until);
    out.end_object();
}

}  // namespace

DecodedFault decode_fault_request(std::string_view body, std::span<const SimFaultMode> modes) {
    const std::variant<Value, Problem> read =
        json::read_object(body, R"(send an object such as {"mode":"timeout","rate":"0.3","forMs":60000})");
    if (const Problem* const problem = std::get_if<Problem>(&read)) return *problem;
    const Value& value = std::get<Value>(read);
    FieldErrors errors;
    FaultRequest request;
    check_names(value, errors);
    read_mode(value, modes, request, errors);
    read_rate(value, request, errors);
    read_lasts(value, request, errors);
    if (errors.empty()) return request;
    return std::move(errors).problem();
}

std::string encode_fault(const SimFault& fault) {
    std::string text;
    Writer out(text);
    write_fault(out, fault);
    return text;
}

std::string encode_faults(const std::vector<SimFault>& faults) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.list("faults");
    for (const SimFault& fault : faults) write_fault(out, fault);
    out.end_list();
    out.end_object();
    return text;
}

}  // namespace libexec
