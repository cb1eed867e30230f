#include "libexec/chain/solana/signer_wire.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "libexec/json/value.hpp"
#include "libexec/solana/base64.hpp"

namespace libexec {
namespace {

constexpr std::size_t cosigners_most = 16;

/// "name":value, after a comma where there is something before.
class ObjectText {
public:
    ObjectText& raw(std::string_view name, std::string_view json) {
        text_ += (text_.size() > 1 ? "," : "") + to_json_string(name) + ":" + std::string(json);
        return *this;
    }
    ObjectText& text(std::string_view name, std::string_view value) {
        return raw(name, to_json_string(value));
    }
    ObjectText& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
    std::string end() { return std::move(text_) + "}"; }

private:
    std::string text_ = "{";
};

template <std::size_t size>
std::string base64_of(const std::array<std::uint8_t, size>& bytes) {
    return to_base64(Bytes(bytes.begin(), bytes.end()));
}

Rejection bad(std::string_view field, std::string_view rule) {
    return reject(Reason::invalid_body, std::string(field) + " " + std::string(rule));
}

/// Reads the members of an object one after the other; the first mistake stays.
class ObjectReader {
public:
    explicit ObjectReader(const JsonValue& object) : object_(object) {
        if (!object.is_object()) fail(bad("the frame", "holds no JSON object"));
    }

    std::string text(std::string_view name) {
        const JsonValue value = object_[name];
        if (value.json().front() != '"') fail(bad(name, "is a string"));
        return value.text();
    }
    std::uint64_t whole(std::string_view name, std::uint64_t most) {
        const JsonValue value = object_[name];
        const auto number = value.json().front() == '"' ? std::nullopt : value.whole();
        if (!number || *number > most) fail(bad(name, "is a whole number up to " + std::to_string(most)));
        return number.value_or(0);
    }
    bool flag(std::string_view name) {
        const JsonValue value = object_[name];
        const std::string word = value.json();
        if (word != "true" && word != "false") fail(bad(name, "is true or false"));
        return word == "true";
    }
    /// What `parse` makes of a string.
    template <class Parse>
    auto parsed(std::string_view name, std::string_view rule, Parse parse) {
        auto value = parse(text(name));
        if (!value) fail(bad(name, rule));
        return value ? *value : typename decltype(value)::value_type();
    }
    PublicKey key(std::string_view name) {
        return parsed(name, "is an address of 32 bytes in base58",
                      [](const std::string& word) { return PublicKey::parse(word); });
    }
    Bytes base64(std::string_view name) {
        return parsed(name, "is base64", [](const std::string& word) { return from_base64(word); });
    }
    Amount amount(std::string_view name) {
        return parsed(name, "is a string of digits below 2^63", [](const std::string& word) {
            const auto amount = Amount::parse(word);
            return amount ? std::optional(amount.value()) : std::nullopt;
        });
    }

    /// No member has another name, or the name of another one.
    void names_are(std::initializer_list<std::string_view> known) {
        std::vector<std::string> names = object_.names();
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end())
            fail(bad("the frame", "has a member twice"));
        const bool foreign = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return std::find(known.begin(), known.end(), name) == known.end();
        });
        if (foreign) fail(bad("the frame", "has a member that is not known"));
    }
    void fail(Rejection why) {
        if (!error_) error_ = std::move(why);
    }
    const std::optional<Rejection>& error() const { return error_; }

private:
    const JsonValue object_;
    std::optional<Rejection> error_;
};

CoSignature read_cosignature(ObjectReader& reader) {
    CoSignature made;
    reader.names_are({"signer", "signature"});
    made.signer = reader.key("signer").bytes();
    const Bytes signature = reader.base64("signature");
    if (signature.size() == made.signature.size())
        std::copy(signature.begin(), signature.end(), made.signature.begin());
    else
        reader.fail(bad("signature", "has 64 bytes"));
    return made;
}

void read_cosigned(const JsonValue& list, ObjectReader& reader, std::vector<CoSignature>& cosigned) {
    if (list.json().front() != '[') return reader.fail(bad("cosigned", "is an array"));
    const std::vector<JsonValue> items = list.items();
    if (items.size() > cosigners_most)
        return reader.fail(bad("cosigned", "has at most " + std::to_string(cosigners_most) + " items"));
    for (const JsonValue& item : items) {
        ObjectReader one(item);
        cosigned.push_back(read_cosignature(one));
        if (one.error()) return reader.fail(*one.error());
    }
}

}  // namespace

std::string to_signer_frame(std::string_view body) {
    if (body.empty() || body.size() > signer_frame_bytes_max)
        throw std::length_error("a frame for a signer has 1 to " + std::to_string(signer_frame_bytes_max) +
                                " bytes, not " + std::to_string(body.size()));
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8)
        frame += static_cast<char>(static_cast<unsigned char>(body.size() >> shift & 0xff));
    return frame.append(body);
}

Result<std::size_t> signer_frame_size(const SignerFrameHead& head) {
    std::size_t size = 0;
    for (const std::uint8_t byte : head) size = size << 8 | byte;
    if (size == 0 || size > signer_frame_bytes_max)
        return bad("a frame", "has 1 to " + std::to_string(signer_frame_bytes_max) + " bytes, not " +
                                  std::to_string(size));
    return size;
}

std::string encode_signer_request(const SignerRequest& request) {
    ObjectText out;
    out.raw("v", std::to_string(signer_wire_version));
    if (request.op == SignerOp::public_key) return out.text("op", "publicKey").end();
    const SwapTerms& terms = request.terms;
    std::string cosigned;
    for (const CoSignature& given : request.transaction.cosigned) {
        ObjectText one;
        one.text("signer", PublicKey(given.signer).to_string()).text("signature", base64_of(given.signature));
        cosigned += (cosigned.empty() ? "" : ",") + one.end();
    }
    return out.text("op", "sign")
        .text("order", terms.order.to_string())
        .raw("attempt", std::to_string(terms.attempt))
        .text("mintIn", terms.mint_in.to_string())
        .text("mintOut", terms.mint_out.to_string())
        .text("mostIn", terms.most_in.to_string())
        .text("leastOut", terms.least_out.to_string())
        .flag("wrapsSol", terms.wraps_sol)
        .flag("unwrapsSol", terms.unwraps_sol)
        .text("message", to_base64(request.transaction.message))
        .raw("cosigned", "[" + cosigned + "]")
        .end();
}

Result<SignerRequest> decode_signer_request(std::string_view body) {
    const auto parsed = JsonValue::parse(body);
    if (!parsed) return parsed.error();
    ObjectReader reader(parsed.value());
    if (reader.error()) return *reader.error();
    if (reader.whole("v", UINT32_MAX) != signer_wire_version)
        return bad("v", "is " + std::to_string(signer_wire_version) + ", the version of this signer");
    const std::string op = reader.text("op");
    if (op == "publicKey") {
        reader.names_are({"v", "op"});
        if (reader.error()) return *reader.error();
        return SignerRequest(SignerOp::public_key);
    }
    if (op != "sign") return bad("op", "is publicKey or sign");
    reader.names_are({"v", "op", "order", "attempt", "mintIn", "mintOut", "mostIn", "leastOut", "wrapsSol",
                      "unwrapsSol", "message", "cosigned"});
    SignerRequest request(SignerOp::sign);
    SwapTerms& terms = request.terms;
    terms.order =
        reader.parsed("order", "is an order's id", [](const std::string& word) { return Uuid::parse(word); });
    terms.attempt = static_cast<std::uint32_t>(reader.whole("attempt", UINT32_MAX));
    terms.mint_in = reader.key("mintIn").mint();
    terms.mint_out = reader.key("mintOut").mint();
    terms.most_in = reader.amount("mostIn");
    terms.least_out = reader.amount("leastOut");
    terms.wraps_sol = reader.flag("wrapsSol");
    terms.unwraps_sol = reader.flag("unwrapsSol");
    request.transaction.message = reader.base64("message");
    read_cosigned(parsed.value()["cosigned"], reader, request.transaction.cosigned);
    if (reader.error()) return *reader.error();
    return request;
}

std::string encode_signer_answer(const SignerAnswer& answer) {
    ObjectText out;
    out.raw("v", std::to_string(signer_wire_version));
    if (answer.wallet) out.text("publicKey", answer.wallet->to_string());
    if (answer.transaction) {
        out.text("signature", answer.transaction->signature);
        out.text("transaction", to_base64(answer.transaction->bytes));
    }
    if (answer.error) {
        ObjectText error;
        error.text("code", to_string(answer.error->reason)).text("detail", answer.error->detail);
        out.raw("error", error.end());
    }
    return out.end();
}

Result<SignerAnswer> decode_signer_answer(std::string_view body) {
    const auto parsed = JsonValue::parse(body);
    if (!parsed) return parsed.error();
    const JsonValue& value = parsed.value();
    ObjectReader reader(value);
    if (reader.error()) return *reader.error();
    if (reader.whole("v", UINT32_MAX) != signer_wire_version)
        reader.fail(bad("v", "is " + std::to_string(signer_wire_version) + ", the version of this client"));
    SignerAnswer answer;
    if (value.has("publicKey")) {
        reader.names_are({"v", "publicKey"});
        answer.wallet = reader.key("publicKey");
    } else if (value.has("transaction")) {
        reader.names_are({"v", "signature", "transaction"});
        answer.transaction.emplace();
        answer.transaction->signature = reader.text("signature");
        answer.transaction->bytes = reader.base64("transaction");
    } else {
        reader.names_are({"v", "error"});
        ObjectReader error(value["error"]);
        if (error.error()) return *error.error();
        error.names_are({"code", "detail"});
        const Reason reason =
            error.parsed("code", "is a reason", [](const std::string& word) { return parse_reason(word); });
        answer.error = reject(reason, error.text("detail"));
        if (error.error()) return *error.error();
    }
    if (reader.error()) return *reader.error();
    return answer;
}

}  // namespace libexec
